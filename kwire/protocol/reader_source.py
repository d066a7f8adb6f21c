"""The text of a function that reads one version of a message: see codec.

Fields of fixed size that follow each other, with the length or the tag count after them, are one unpack. A slice
past the end of the data is short and moves the offset past it too, so one comparison at the end finds it.
"""

from __future__ import annotations

import struct
from typing import Any

from kwire.limits import DECODED_BYTES_EXTRA, DECODED_BYTES_MAX, DECODED_BYTES_PER_BYTE
from kwire.protocol import wire
from kwire.protocol.errors import ProtocolError
from kwire.protocol.function_text import FunctionText
from kwire.protocol.schema import (
    DEFAULT,
    INTEGER_FORMATS,
    ZERO_UUID,
    Field,
    Message,
    Struct,
    fields_of,
    has,
    struct_class,
)

STRING_BYTES_PER_BYTE = 28
"""A string of one Cyrillic letter takes 76 bytes (80 with its allocation) for 3 on the wire: the worst there is."""

STRUCTURE_BYTES_PER_BYTE = DECODED_BYTES_PER_BYTE - STRING_BYTES_PER_BYTE
"""What is left of the bound for objects, lists and numbers, which readers count as they go."""

_POINTER_BYTES = 10  # in a list that grows by an eighth
_NUMBER_BYTES = 32
_UUID_BYTES = 64
_LIST_BYTES = 72
_VIEW_BYTES = 208
_OBJECT_BYTES = 40  # garbage collector's and object's header, the slot of unknown tags


def reader_source(cls: type[Message], version: int, keep_unknown_tags: bool = False) -> tuple[str, dict[str, Any]]:
    """The text of `read(data, offset)`, and the names that it needs."""
    builder = _ReaderText(cls, version, keep_unknown_tags)
    return builder.build(cls), builder.names


class _ReaderText(FunctionText):
    """The text of a reader; `pending` names the variables that the next unpack fills."""

    def __init__(self, cls: type[Message], version: int, keep_unknown_tags: bool) -> None:
        calls = ("read_", "refuse_", "skip_")
        super().__init__(cls, version, keep_unknown_tags=keep_unknown_tags, calls=calls)
        self.names |= {"DEFAULT": DEFAULT, "ZERO_UUID": ZERO_UUID, "ProtocolError": ProtocolError}

    def build(self, cls: type[Message]) -> str:
        """The whole text."""
        value = self.read_struct(cls, cls.__name__)
        self.flush()
        budget = f"min({STRUCTURE_BYTES_PER_BYTE} * (size - offset) + {DECODED_BYTES_EXTRA}, {DECODED_BYTES_MAX})"
        counts = any("left -= " in line for line in self.lines)
        return "\n".join(
            [
                "def read(data, offset):",
                "    size = len(data)",
                *([f"    left = {budget}"] if counts else []),
                *self.lines,
                "    if offset > size:",
                "        raise ProtocolError('the bytes end too early')",
                f"    return {value}, offset",
                "",
            ]
        )

    def flush(self) -> None:
        """Emits one unpack of what is pending."""
        if not self.pending:
            return
        formats = "".join(code for code, _ in self.pending)
        targets = [name for _, name in self.pending]
        if formats == "B":
            self.line(f"{targets[0]} = data[offset]")
        else:
            unpack = struct.Struct(">" + formats)
            name = self.struct_name("unpack", formats)
            self.names[name] = unpack.unpack_from
            self.line(f"{', '.join(targets)}{',' if len(targets) == 1 else ''} = {name}(data, offset)")
        self.line(f"offset += {struct.calcsize('>' + formats)}")
        self.pending.clear()

    def read_struct(self, cls: type[Struct], path: str) -> str:
        """Emits the reading of a struct; the expression that makes it, valid once pending is flushed."""
        values: dict[str, str] = {}
        tagged: list[Field] = []
        fields = fields_of(cls)
        for field in fields:
            if not has(field.versions, self.version):
                value = field.default_value()
                values[field.name] = "[]" if value is DEFAULT and field.is_array else _literal(value)
            elif field.tag is not None:
                tagged.append(field)
            else:
                values[field.name] = self.read_field(cls, field, f"{path}.{field.name}")
        self.names[cls.__name__] = cls
        kept = self.read_tags(cls, tagged, values, path) if self.flexible else ""
        made = f"{cls.__name__}({', '.join(values[field.name] for field in fields)})"
        return f"keep_tags({made}, {kept})" if kept else made

    def read_tags(self, cls: type[Struct], tagged: list[Field], values: dict[str, str], path: str) -> str:
        """Emits the section of tagged fields; the name of the list of kept ones, empty where none are kept."""
        for field in tagged:
            values[field.name] = self.variable(field.name)
        self.pending.append(("B", "t"))
        self.flush()
        for field in tagged:
            self.line(f"{values[field.name]} = {_literal(field.default_value())}")
        kept = self.variable("unknown_tags") if self.keep_unknown_tags else ""
        if kept:
            self.line(f"{kept} = []")
            self.names["keep_tags"] = _keep_tags
        self.line("if t:")
        self.depth += 1
        if not tagged and not kept:
            self.line("offset = skip_tags(data, offset - 1)")
            self.depth -= 1
            return ""
        self.line("n, offset = read_uvarint(data, offset - 1)")
        self.line("if 2 * n > size - offset:")
        self.line(f"    refuse_count(n, {path + '.tags'!r})")
        self.line("for _ in range(n):")
        self.depth += 1
        end = self.variable("end")
        self.line(f"tag, offset, {end} = read_tag(data, offset)")
        for number, field in enumerate(tagged):
            self.line(f"{'elif' if number else 'if'} tag == {field.tag}:")
            self.depth += 1
            field_path = f"{path}.{field.name}"
            value = self.read_field(cls, field, field_path)
            self.flush()
            self.line(f"{values[field.name]} = {value}")
            self.line(f"if offset != {end}:")
            self.line(f"    refuse_tag({field_path!r})")
            self.depth -= 1
        if kept:
            self.line("else:" if tagged else "if True:")
            self.line(f"    {kept}.append((tag, bytes(data[offset:{end}])))")
        self.line(f"offset = {end}")
        self.depth -= 2
        return kept

    def read_field(self, owner: type[Struct], field: Field, path: str) -> str:
        """Emits the reading of one value; the expression for it, valid once pending is flushed."""
        nullable = has(field.nullable, self.version)
        if not field.is_array and field.type in INTEGER_FORMATS:
            name = self.variable(field.name)
            self.pending.append((INTEGER_FORMATS[field.type], name))
            return name
        if not field.is_array and field.is_struct:
            return self.read_inner_struct(struct_class(owner, field.type), field, path, nullable)
        name = self.variable(field.name)
        self.read_length(field, path, nullable, name)
        if nullable:
            self.depth += 1
        if field.is_array:
            self.read_elements(owner, field, path, name)
        else:
            self.read_bytes(field, name)
        if nullable:
            self.depth -= 1
        return name

    def read_inner_struct(self, cls: type[Struct], field: Field, path: str, nullable: bool) -> str:
        """Emits the reading of a struct in a field; the expression for it, valid once pending is flushed."""
        if not nullable:
            return self.read_struct(cls, path)
        name = self.variable(field.name)
        self.pending.append(("b", "n"))
        self.flush()
        self.line("if n < 0:" if field.tag is None else "if n <= 0:")
        self.line(f"    {name} = None")
        self.line("else:")
        self.depth += 1
        value = self.read_struct(cls, path)
        self.flush()
        self.line(f"{name} = {value}")
        self.depth -= 1
        return name

    def read_length(self, field: Field, path: str, nullable: bool, name: str) -> None:
        """Emits the length n (plus one where compact), and the branch of null."""
        is_string = field.type == "string" and not field.is_array
        if self.flexible and field.flexible:
            self.pending.append(("B", "n"))
            self.flush()
            self.line("if n > 127:")
            self.line(f"    n, offset = {'read_string_length' if is_string else 'read_uvarint'}(data, offset - 1)")
            null = "not n"
        else:
            self.pending.append(("h" if is_string else "i", "n"))
            self.flush()
            null = "n < 0"
        self.line(f"if {null}:")
        self.line(f"    {name} = None" if nullable else f"    refuse_null({path!r})")
        if nullable:
            self.line("else:")

    def read_bytes(self, field: Field, name: str) -> None:
        """Emits a string, bytes or records value of the length that n says."""
        self.line("end = offset + n - 1" if self.flexible and field.flexible else "end = offset + n")
        if field.type == "string":
            self.line(f"{name} = str(data[offset:end], 'utf-8')")
        elif field.type == "bytes":
            self.line(f"{name} = bytes(data[offset:end])")
        else:
            self.line(f"{name} = memoryview(data)[offset:end]")
        self.line("offset = end")

    def read_elements(self, owner: type[Struct], field: Field, path: str, name: str) -> None:
        """Emits an array: the check of its count n, and its elements."""
        if self.flexible and field.flexible:
            self.line("n -= 1")
        wire_bytes, memory_bytes = self.element_cost(owner, field)
        self.line(f"left -= {memory_bytes} * n")
        self.line(
            f"if left < 0 or {wire_bytes} * n > size - offset:"
            if wire_bytes > 1
            else "if left < 0 or n > size - offset:"
        )
        self.line(f"    refuse_count(n, {path!r})")
        if field.type == "uuid":
            self.line(f"{name} = read_uuids(n, data, offset)")
            self.line("offset += 16 * n")
        elif field.type in INTEGER_FORMATS:
            code = INTEGER_FORMATS[field.type]
            self.names[f"small_{code}"] = wire.unpack_small[code]
            small = f"list(small_{code}[n](data, offset)) if n <= {wire.SMALL_ARRAY}"
            self.line(f"{name} = {small} else read_numbers({code!r}, n, data, offset)")
            self.line(f"offset += {wire_bytes} * n" if wire_bytes > 1 else "offset += n")
        else:
            self.line(f"{name} = []")
            self.line("for _ in range(n):")
            self.depth += 1
            if field.is_struct:
                value = self.read_struct(struct_class(owner, field.type), path)
                self.flush()
            else:
                value = self.variable("element")
                element = Field(field.kafka_name, value, field.type, is_array=False, versions=field.versions)
                value = self.read_field(owner, element, path)
            self.line(f"{name}.append({value})")
            self.depth -= 1

    def element_cost(self, owner: type[Struct], field: Field) -> tuple[int, int]:
        """Of an element of an array: its fewest bytes on the wire, the memory it takes without strings' contents."""
        element = Field(field.kafka_name, field.name, field.type, is_array=False, versions=field.versions)
        wire_bytes, memory_bytes = self.cost(owner, element)
        return max(wire_bytes, 1), memory_bytes + 2 * _POINTER_BYTES

    def cost(self, owner: type[Struct], field: Field) -> tuple[int, int]:
        """The same of a field."""
        nullable = has(field.nullable, self.version)
        present = has(field.versions, self.version) and field.tag is None
        default = field.default_value()
        if field.is_array:
            return self.length_bytes(4) * present, 0 if default is None and not present else _LIST_BYTES
        if field.type == "uuid":
            return 16 * present, _UUID_BYTES * has(field.versions, self.version)
        if field.type in INTEGER_FORMATS:
            size = struct.calcsize(">" + INTEGER_FORMATS[field.type])
            return size * present, _NUMBER_BYTES * has(field.versions, self.version)
        if field.is_struct:
            wire_bytes, memory_bytes = self.struct_cost(struct_class(owner, field.type))
            return (1 if nullable else wire_bytes) * present, 0 if default is None and not present else memory_bytes
        return self.length_bytes(2 if field.type == "string" else 4) * present, _VIEW_BYTES * (field.type == "records")

    def length_bytes(self, plain: int) -> int:
        """The fewest bytes of a length."""
        return 1 if self.flexible else plain

    def struct_cost(self, cls: type[Struct]) -> tuple[int, int]:
        """The same of a struct."""
        costs = [self.cost(cls, field) for field in fields_of(cls)]
        memory_bytes = _OBJECT_BYTES + 8 * len(costs) + sum(memory for _, memory in costs)
        return sum(size for size, _ in costs) + self.flexible, memory_bytes


def _keep_tags(value: Struct, unknown_tags: list[tuple[int, bytes]]) -> Struct:
    if unknown_tags:
        value.unknown_tags = unknown_tags
    return value


def _literal(value: Any) -> str:
    """The expression for a default."""
    return "DEFAULT" if value is DEFAULT else "ZERO_UUID" if value == ZERO_UUID else repr(value)
