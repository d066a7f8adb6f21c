"""Writes kwire/protocol/messages/ from the specs in this directory; docs/protocol.md has their grammar.

python protocol_specs/generate.py          writes
python protocol_specs/generate.py --check  exits with 1 when what is committed is stale
"""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

SPECS = Path(__file__).resolve().parent
sys.path.insert(0, str(SPECS.parent))

from kwire.protocol.schema import (  # noqa: E402 - the path comes first
    DEFAULT,
    LATEST,
    NO_VERSIONS,
    ZERO_UUID,
    Field,
    Range,
    parse_field,
    parse_range,
    python_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTPUT = SPECS.parent / "kwire" / "protocol" / "messages"
INDENT = "    "
LINE_LENGTH = 120
PYTHON_TYPES = {
    "bool": "bool",
    "float64": "float",
    "string": "str",
    "bytes": "bytes",
    "uuid": "bytes",
    "records": "Records",
}


@dataclass(slots=True)
class SpecField:
    """One line: the field, its comment, and the fields of the struct that it declares by indentation."""

    line: str
    field: Field
    comment: str
    children: list[SpecField] = dataclasses.field(default_factory=list)


@dataclass(slots=True)
class SpecMessage:
    """One block of a spec: a message with its shared structs and its fields."""

    kind: str
    name: str
    key: int
    versions: Range
    flexible: int
    comment: str
    unstable: bool = False
    structs: list[tuple[str, str, list[SpecField]]] = dataclasses.field(default_factory=list)
    fields: list[SpecField] = dataclasses.field(default_factory=list)

    def declared(self) -> Iterator[tuple[str, str, list[SpecField]]]:
        """Each nested struct before what uses it: its name, what it is, its fields."""
        for name, comment, fields in self.structs:
            yield from _declared_in(f"{self.name} {name}", fields)
            yield name, comment or f"Shared by the structs of {self.name}.", fields
        yield from _declared_in(self.name, self.fields)


@dataclass(slots=True)
class SpecFile:
    """A whole spec: its messages, and for an API what its first lines say about it."""

    path: Path
    api: tuple[int, str, str] | None = None
    listeners: list[str] = dataclasses.field(default_factory=list)
    announced: Range = NO_VERSIONS
    messages: list[SpecMessage] = dataclasses.field(default_factory=list)


def _declared_in(path: str, fields: list[SpecField]) -> Iterator[tuple[str, str, list[SpecField]]]:
    for row in fields:
        if row.children:
            yield from _declared_in(f"{path}.{row.field.kafka_name}", row.children)
            article = "An element" if row.field.is_array else "The value"
            yield row.field.type, f"{article} of {path}.{row.field.kafka_name}.", row.children


def read_spec(path: Path) -> SpecFile:
    """The parsed spec; ValueError names the line that is wrong."""
    spec = SpecFile(path)
    levels: list[list[SpecField]] = []
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        text, _, comment = (part.strip() for part in raw.partition("#"))
        if not text:
            continue
        depth = (len(raw) - len(raw.lstrip())) // len(INDENT)
        try:
            if depth == 0:
                _read_head(spec, text.split(), comment, levels)
            else:
                _read_row(spec.messages[-1], text, comment, levels[:depth], levels)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{path.name}:{number}: {raw.strip()!r}: {error}") from error
    return spec


def _read_head(spec: SpecFile, words: list[str], comment: str, levels: list[list[SpecField]]) -> None:
    kind, *rest = words
    if kind == "api":
        spec.api = int(rest[0]), rest[1], rest[2]
    elif kind == "listeners":
        spec.listeners = rest
    elif kind == "announced":
        spec.announced = parse_range(rest[0])
    else:
        name, *options = rest
        key = spec.api[0] if spec.api else int(options.pop(0)) if options[0] != "versions" else -1
        message = SpecMessage(kind, name, key, parse_range(options[1]), LATEST, comment)
        if "flexible" in options:
            message.flexible = parse_range(options[options.index("flexible") + 1])[0]
        message.unstable = "unstable" in options
        spec.messages.append(message)
        levels[:] = [message.fields]


def _read_row(
    message: SpecMessage, text: str, comment: str, above: list[list[SpecField]], levels: list[list[SpecField]]
) -> None:
    if text.startswith("struct "):
        _, name, _ = text.split()
        fields: list[SpecField] = []
        message.structs.append((name, comment, fields))
        levels[:] = [message.fields, fields]
        return
    line = " ".join(text.split())
    row = SpecField(line, parse_field(line), comment)
    above[-1].append(row)
    levels[:] = [*above, row.children]


def class_names(messages: list[SpecMessage]) -> dict[tuple[str, str], str]:
    """(message, struct) to the class's name: Kafka's, qualified by the message's where the module has it twice."""
    pairs = [(message.name, name) for message in messages for name, _, _ in message.declared()]
    count = Counter(name for _, name in pairs)
    count.update(message.name for message in messages)
    return {(owner, name): name if count[name] == 1 else owner + name for owner, name in pairs}


def _python_type(row: Field, struct_names: dict[str, str]) -> str:
    name = PYTHON_TYPES.get(row.type) or struct_names.get(row.type) or "int"
    if row.is_array:
        name = f"list[{name}]"
    return f"{name} | None" if row.nullable != NO_VERSIONS or row.default_value() is None else name


def _python_default(row: Field) -> str:
    value = row.default_value()
    if value is DEFAULT:
        return "DEFAULT"
    if value == ZERO_UUID:
        return "ZERO_UUID"
    return 'b""' if value == b"" else f'"{value}"' if isinstance(value, str) else repr(value)


def _qualified(row: SpecField, struct_names: dict[str, str]) -> str:
    """The field's line with the class's name in place of the struct's."""
    name, type_name, rest = row.line.split(" ", 2)
    return f"{name} {type_name.replace(row.field.type, struct_names.get(row.field.type, row.field.type))} {rest}"


def _tuple_lines(name: str, values: list[str]) -> list[str]:
    one_line = f'    {name} = ("{values[0]}",)' if len(values) == 1 else ""
    if not values:
        return [f"    {name} = ()"]
    if one_line and len(one_line) <= LINE_LENGTH:
        return [one_line]
    return [f"    {name} = (", *(f'        "{value}",' for value in values), "    )"]


def _wrapped(start: str, parts: list[str]) -> list[str]:
    """The expression on one line, or wrapped as the formatter does."""
    one_line = start + " ".join(parts)
    if len(one_line) <= LINE_LENGTH:
        return [one_line]
    inner = " " * 12
    if len(inner + " ".join(parts)) <= LINE_LENGTH:
        return [start + "(", inner + " ".join(parts), " " * 8 + ")"]
    return [start + "(", *(inner + part for part in parts), " " * 8 + ")"]


def _class_lines(
    name: str, base: str, doc: str, fields: list[SpecField], struct_names: dict[str, str], attributes: list[str]
) -> list[str]:
    lines = ["", "", f"class {name}({base}):", f'    """{doc}"""', ""]
    lines += _tuple_lines("__slots__", [row.field.name for row in fields])
    lines += [f"    {attribute}" for attribute in attributes]
    if not fields:
        return lines
    lines += _tuple_lines("FIELDS", [_qualified(row, struct_names) for row in fields])
    lines += ["", "    def __init__(", "        self,"]
    for row in fields:
        lines.append(
            f"        {row.field.name}: {_python_type(row.field, struct_names)} = {_python_default(row.field)},"
        )
    lines.append("    ) -> None:")
    for row in fields:
        target, value = row.field.name, row.field.name
        if row.field.default_value() is DEFAULT:
            fresh = "[]" if row.field.is_array else f"{struct_names[row.field.type]}()"
            parts = [fresh, f"if {value} is DEFAULT", f"else {value}"]
        else:
            parts = [value]
        if row.comment:
            lines.append(f"        # {row.comment}")
        lines += _wrapped(f"        self.{target} = ", parts)
    return lines


def messages_module(spec: SpecFile) -> str:
    """The text of the module that declares a spec's messages."""
    names = class_names(spec.messages)
    lines: list[str] = []
    for message in spec.messages:
        own = {struct: name for (owner, struct), name in names.items() if owner == message.name}
        for struct, doc, fields in message.declared():
            lines += _class_lines(own[struct], "Struct", doc, fields, own, [])
        low, high = message.versions
        doc = f"{message.kind.capitalize()}, " + (f"versions {low} to {high}." if high >= low else "no longer in use.")
        if message.unstable:
            doc = f"{doc[:-1]}, of which the last is not stable."
        attributes = [f"API_KEY = {message.key}", f"MIN_VERSION = {low}", f"MAX_VERSION = {high}"]
        if message.flexible != LATEST:
            attributes.append(f"FLEXIBLE_VERSION = {message.flexible}")
        doc = f"{doc[:-1]}: {message.comment}." if message.comment else doc
        lines += _class_lines(message.name, "Message", doc, message.fields, own, attributes)
    body = "\n".join(lines) + "\n"
    wanted = [
        name
        for name in ("DEFAULT", "ZERO_UUID", "Message", "Records", "Struct")
        if f" {name}" in body or f"({name}" in body
    ]
    title = f"{spec.api[1]}, API key {spec.api[0]}" if spec.api else f"Messages of {spec.path.stem}"
    head = [
        f'"""{title}.',
        "",
        f"Generated from {spec.path.relative_to(SPECS.parent).as_posix()}, do not edit.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        f"from kwire.protocol.schema import {', '.join(wanted)}",
    ]
    return "\n".join(head) + "\n" + body


def apis_module(specs: list[SpecFile]) -> str:
    """The text of the table of all APIs."""
    apis = sorted(((spec.api, spec) for spec in specs if spec.api), key=lambda pair: pair[0])
    lines = [
        '"""The APIs of Kafka. Generated from protocol_specs, do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "from enum import IntEnum",
        "",
        "",
        "class ApiKey(IntEnum):",
        '    """What a request asks for: the first int16 of its header."""',
        "",
        *(f"    {enum_name} = {key}" for (key, _, enum_name), _ in apis),
        "",
        "",
        "ROWS: dict[int, tuple[str, int, int, int, int, int, tuple[str, ...]]] = {",
    ]
    for (key, name, _), spec in apis:
        message = spec.messages[0]
        low, high = message.versions
        listeners = "".join(f'"{listener}", ' for listener in spec.listeners)
        row = f'"{python_name(name)}", {low}, {high - message.unstable}, {message.flexible}'
        announced = f"{spec.announced[0]}, {spec.announced[1]}"
        listeners = f"({listeners.strip()})" if len(spec.listeners) < 2 else f"({listeners[:-2]})"
        lines.append(f"    {key}: ({row}, {announced}, {listeners}),")
    lines += [
        "}",
        '"""By key: stem, name, first and last stable version, first flexible version, first and last version that',
        'Kafka announces to clients, listeners."""',
    ]
    return "\n".join(lines) + "\n"


def error_codes_module(path: Path) -> str:
    """The text of the table of error codes."""
    rows = [text.split() for raw in path.read_text().splitlines() if (text := raw.partition("#")[0].strip())]
    retriable = [name for _, name, *words in rows if "retriable" in words]
    stale = [name for _, name, *words in rows if "stale-metadata" in words]
    lines = [
        f'"""Kafka\'s error codes. Generated from protocol_specs/{path.name}, do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "from enum import IntEnum",
        "",
        "",
        "class ErrorCode(IntEnum):",
        '    """What went wrong, as the int16 in a reply says it."""',
        "",
        *(f"    {name} = {code}" for code, name, *_ in rows),
        "",
        "",
    ]
    for constant, names, doc in (
        ("RETRIABLE", retriable, "The same request may succeed later."),
        ("STALE_METADATA", stale, "The client should refresh its metadata before it tries again."),
    ):
        members = [f"        ErrorCode.{name}," for name in names]
        lines += [f"{constant} = frozenset(", "    {", *members, "    }", ")", f'"""{doc}"""']
    return "\n".join(lines) + "\n"


def outputs() -> dict[Path, str]:
    """Every generated file with its text."""
    specs = [read_spec(path) for path in sorted(SPECS.glob("[0-9]*.spec"))]
    texts = {OUTPUT / f"{python_name(spec.api[1])}.py": messages_module(spec) for spec in specs if spec.api}
    texts[OUTPUT / "headers.py"] = messages_module(read_spec(SPECS / "headers.spec"))
    for path in sorted((SPECS / "records").glob("*.spec")):
        texts[OUTPUT / "records" / f"{path.stem}.py"] = messages_module(read_spec(path))
    texts[OUTPUT / "apis.py"] = apis_module(specs)
    texts[OUTPUT / "error_codes.py"] = error_codes_module(SPECS / "errors.spec")
    return texts


def main(check: bool) -> int:
    """Writes what changed, or with check only reports it; the exit code."""
    texts = outputs()
    existing = {path for path in OUTPUT.rglob("*.py") if path.name != "__init__.py"}
    stale = [path for path, text in texts.items() if path not in existing or path.read_text() != text]
    superfluous = sorted(existing - texts.keys())
    for path in [*stale, *superfluous]:
        print(f"stale: {path.relative_to(OUTPUT.parents[2])}")
    if check:
        return 1 if stale or superfluous else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path])
    for path in superfluous:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
