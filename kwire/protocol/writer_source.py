"""The text of a function that writes one version of a message: see codec.

Values of fixed size that follow each other, with the length after them and empty sections of tagged fields between
them, are one pack.
"""

from __future__ import annotations

import struct
from typing import Any

from kwire.protocol import wire
from kwire.protocol.function_text import FunctionText
from kwire.protocol.schema import (
    INTEGER_FORMATS,
    ZERO_UUID,
    Field,
    Message,
    Struct,
    fields_of,
    has,
    struct_class,
)

ZERO_BYTE = ("x", "")
"""A byte 0 that the pack writes by itself: an empty section of tagged fields, the length of a compact null."""


def writer_source(cls: type[Message], version: int, keep_unknown_tags: bool = False) -> tuple[str, dict[str, Any]]:
    """The text of `write(message, out, cuts)`, and the names that it needs."""
    builder = _WriterText(cls, version, keep_unknown_tags)
    return builder.build(cls), builder.names


class _WriterText(FunctionText):
    """The text of a writer; `pending` holds the expressions that the next pack writes."""

    def __init__(self, cls: type[Message], version: int, keep_unknown_tags: bool) -> None:
        calls = ("write_", "encode_", "refuse_")
        super().__init__(cls, version, keep_unknown_tags=keep_unknown_tags, calls=calls)
        self.names["ZERO_UUID"] = ZERO_UUID
        self.refuses_lost_values = not cls.__name__.endswith("Response")
        self.out = "out"

    def build(self, cls: type[Message]) -> str:
        """The whole text."""
        self.write_struct(cls, "message", cls.__name__)
        self.flush()
        return "\n".join(["def write(message, out, cuts):", *(self.lines or ["    pass"]), ""])

    def take_pending(self) -> list[tuple[str, str]]:
        """What is pending, which then is not any more."""
        taken, self.pending = self.pending, []
        return taken

    def flush(self) -> None:
        """Emits one pack of what is pending."""
        self.emit(self.take_pending())

    def emit(self, values: list[tuple[str, str]]) -> None:
        """Emits one pack of values."""
        formats = "".join(code for code, _ in values)
        arguments = ", ".join(expression for code, expression in values if code != "x")
        if not values:
            return
        if formats == "B":
            self.line(f"{self.out}.append({arguments})")
        elif not arguments:
            self.line(f"{self.out} += {bytes(len(formats))!r}")
        else:
            name = self.struct_name("pack", formats)
            self.names[name] = struct.Struct(">" + formats).pack
            self.line(f"{self.out} += {name}({arguments})")

    def write_struct(self, cls: type[Struct], value: str, path: str) -> None:
        """Emits the writing of the struct that the expression names."""
        tagged = []
        fields = fields_of(cls)
        for field in fields:
            if self.refuses_lost_values and not field.ignorable and not has(field.versions, self.version):
                self.line(f"if {self.differs(cls, field, f'{value}.{field.name}')}:")
                self.line(f"    refuse_value({f'{path}.{field.name}'!r})")
        for field in fields:
            if not has(field.versions, self.version):
                continue
            if field.tag is not None:
                tagged.append(field)
            else:
                self.write_field(cls, field, f"{value}.{field.name}", f"{path}.{field.name}")
        if self.flexible:
            self.write_tagged(cls, tagged, value, path)

    def write_tagged(self, cls: type[Struct], tagged: list[Field], value: str, path: str) -> None:
        """Emits the section of tagged fields: those that differ from their defaults."""
        if not tagged and not self.keep_unknown_tags:
            self.pending.append(ZERO_BYTE)
            return
        self.flush()
        tags = self.variable("tags_of_" + value.replace(".", "_"))
        self.line(f"{tags} = [*getattr({value}, 'unknown_tags', ())]" if self.keep_unknown_tags else f"{tags} = []")
        outer = self.out
        for field in tagged:
            name = f"{value}.{field.name}"
            self.line(f"if {self.differs(cls, field, name)}:")
            self.depth += 1
            self.out = self.variable("value_of_" + field.name)
            self.line(f"{self.out} = bytearray()")
            self.write_field(cls, field, name, f"{path}.{field.name}")
            self.flush()
            self.line(f"{tags}.append(({field.tag}, {self.out}))")
            self.depth -= 1
            self.out = outer
        self.line(f"if {tags}:")
        self.line(f"    write_tags({self.out}, {tags})")
        self.line("else:")
        self.line(f"    {self.out}.append(0)")

    def differs(self, owner: type[Struct], field: Field, value: str) -> str:
        """The condition that the value is not the field's default."""
        default = field.default_value()
        if default is None:
            return f"{value} is not None"
        if field.is_array:
            return f"{value} is None or {value}" if field.nullable[1] >= 0 else value
        if field.is_struct:
            cls = struct_class(owner, field.type)
            parts = [self.differs(cls, inner, f"{value}.{inner.name}") for inner in fields_of(cls)]
            if self.keep_unknown_tags:
                parts.append(f"getattr({value}, 'unknown_tags', ())")
            return " or ".join([f"{value} is None"] * (field.nullable[1] >= 0) + parts)
        return f"{value} != {'ZERO_UUID' if default == ZERO_UUID else repr(default)}"

    def write_field(self, owner: type[Struct], field: Field, value: str, path: str) -> None:
        """Emits the writing of one value."""
        if not field.is_array and field.type in INTEGER_FORMATS:
            self.pending.append((INTEGER_FORMATS[field.type], value))
            return
        nullable = has(field.nullable, self.version)
        if not field.is_array and field.is_struct and not nullable:
            self.write_struct(struct_class(owner, field.type), value, path)
            return
        name = self.variable(field.name)
        before = self.take_pending()
        self.line(f"{name} = {value}")
        if nullable:
            self.line(f"if {name} is None:")
            self.depth += 1
            self.emit([*before, self.null(field)])
            self.depth -= 1
            self.line("else:")
            self.depth += 1
        if field.is_array:
            self.write_array(owner, field, name, path, before)
        elif field.is_struct:
            self.pending = [*before, ("b", "1")]
            self.write_struct(struct_class(owner, field.type), name, path)
            self.flush()
        elif field.type == "string":
            self.line(f"value = {name}.encode()")
            self.write_length(field, "value", before)
            self.line(f"{self.out} += value")
        else:
            self.write_length(field, name, before)
            self.write_bytes(field, name)
        if nullable:
            self.depth -= 1

    def null(self, field: Field) -> tuple[str, str]:
        """What stands for null."""
        if field.is_struct and not field.is_array:
            return ("b", "-1") if field.tag is None else ZERO_BYTE
        if self.flexible and field.flexible:
            return ZERO_BYTE
        return ("h" if field.type == "string" and not field.is_array else "i"), "-1"

    def write_length(self, field: Field, name: str, before: list[tuple[str, str]]) -> None:
        """Emits what is before, and the length of the value."""
        is_string = field.type == "string" and not field.is_array
        if not (self.flexible and field.flexible):
            self.emit([*before, ("h" if is_string else "i", f"len({name})")])
            return
        self.line(f"n = len({name}) + 1")
        self.line("if n < 128:")
        self.depth += 1
        self.emit([*before, ("B", "n")])
        self.depth -= 1
        self.line("else:")
        self.depth += 1
        self.emit(before)
        self.line(f"{self.out} += encode_{'string_length' if is_string else 'uvarint'}(n)")
        self.depth -= 1

    def write_bytes(self, field: Field, name: str) -> None:
        """Emits a bytes value, or a records value that may stay outside."""
        if field.type != "records" or self.out != "out":
            self.line(f"{self.out} += {name}")
            return
        self.line(f"if cuts is None or isinstance({name}, (memoryview, bytes, bytearray)):")
        self.line(f"    out += {name}")
        self.line("else:")
        self.line(f"    cuts.append((len(out), {name}))")

    def write_array(
        self, owner: type[Struct], field: Field, name: str, path: str, before: list[tuple[str, str]]
    ) -> None:
        """Emits an array: its length and its elements."""
        self.write_length(field, name, before)
        if field.type == "uuid":
            self.line(f"{self.out} += encode_uuids({name})")
        elif field.type in INTEGER_FORMATS:
            code = INTEGER_FORMATS[field.type]
            self.names[f"small_{code}"] = wire.pack_small[code]
            small = f"small_{code}[len({name})](*{name}) if len({name}) <= {wire.SMALL_ARRAY}"
            self.line(f"{self.out} += {small} else encode_numbers({code!r}, {name})")
        else:
            element = self.variable("element_of_" + field.name)
            self.line(f"for {element} in {name}:")
            self.depth += 1
            if field.is_struct:
                self.write_struct(struct_class(owner, field.type), element, path)
            else:
                row = Field(field.kafka_name, element, field.type, is_array=False, versions=field.versions)
                self.write_field(owner, row, element, path)
            self.flush()
            self.depth -= 1
