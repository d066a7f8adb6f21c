"""What a message declares about itself: its fields, one line each, in the grammar of protocol_specs.

    Name  type  versions  [nullable versions] [tag number] [flexible none] [ignorable] [= default]

The generator parses whole specs of such lines; the codec parses the lines of one class, when it
compiles a reader or a writer for it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

LATEST = 32767
"""Upper end of an open version range (int16)."""

NO_VERSIONS = (0, -1)

ZERO_UUID = bytes(16)

Range: TypeAlias = tuple[int, int]
"""First and last version, both inclusive."""

Records: TypeAlias = Any
"""A records field: a memoryview when decoded; when encoded, anything that has a len()."""

DEFAULT: Any = type("DEFAULT", (), {"__repr__": lambda _: "DEFAULT", "__slots__": ()})()
"""Stands in a constructor for a default that must be made anew: an empty list, a struct of defaults."""

INTEGER_FORMATS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "float64": "d",
    "uuid": "16s",
}
"""Types of fixed size and their struct format, big-endian."""

_PYTHON_NAME = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Struct:
    """A part of a message: slots for the fields of all its versions, the constructor takes them in wire order.

    unknown_tags: the tagged fields that this version of Kafka does not know, set only by a reader
    that was asked to keep them.
    """

    __slots__ = ("unknown_tags",)

    FIELDS: ClassVar[tuple[str, ...]] = ()
    unknown_tags: list[tuple[int, bytes]]

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class Message(Struct):
    """A whole message.

    API_KEY: the API's key; of a record format its type in the log; -1 where neither exists.
    MIN_VERSION, MAX_VERSION: the versions that exist, the last of which may be unstable.
    FLEXIBLE_VERSION: the first version with compact lengths and tagged fields.
    """

    __slots__ = ()

    API_KEY: ClassVar[int] = -1
    MIN_VERSION: ClassVar[int] = 0
    MAX_VERSION: ClassVar[int] = -1
    FLEXIBLE_VERSION: ClassVar[int] = LATEST


@dataclass(slots=True)
class Field:
    """One field of a struct.

    kafka_name: as Kafka spells it; name: the attribute. type: without the [] of an array. tag: None for an
    ordinary field. default: as the spec writes it, None where it is the type's zero. ignorable: a value
    may be lost in a version that lacks the field.
    """

    kafka_name: str
    name: str
    type: str
    is_array: bool
    versions: Range
    nullable: Range = NO_VERSIONS
    tag: int | None = None
    default: str | None = None
    ignorable: bool = False
    flexible: bool = True

    @property
    def is_struct(self) -> bool:
        """Whether the type (of an element) is a struct."""
        return self.type[0].isupper()

    def default_value(self) -> Any:
        """The value of a fresh object; None for null; DEFAULT for an empty array or a struct of defaults."""
        if self.default == "null" or (self.type == "records" and not self.is_array):
            return None
        if self.is_array or self.is_struct:
            return DEFAULT
        if self.type == "string":
            return self.default or ""
        if self.type == "bytes":
            return b""
        if self.type == "uuid":
            return ZERO_UUID
        if self.type == "bool":
            return self.default == "true"
        return float(self.default or 0) if self.type == "float64" else int(self.default or 0)


def python_name(kafka_name: str) -> str:
    """PartitionMaxBytes as partition_max_bytes."""
    return _PYTHON_NAME.sub("_", kafka_name.replace("KRaft", "Kraft").replace("2Pc", "_2pc")).lower()


def parse_range(text: str) -> Range:
    """Of `4-11`, `4+`, `4` or `none`."""
    if text == "none":
        return NO_VERSIONS
    if text.endswith("+"):
        return int(text[:-1]), LATEST
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def parse_field(line: str) -> Field:
    """Of one line of a spec, without its comment."""
    kafka_name, type_name, versions, *words = line.split()
    is_array = type_name.startswith("[]")
    field = Field(kafka_name, python_name(kafka_name), type_name.removeprefix("[]"), is_array, parse_range(versions))
    rest = iter(words)
    for word in rest:
        if word == "nullable":
            field.nullable = parse_range(next(rest))
        elif word == "tag":
            field.tag = int(next(rest))
        elif word == "flexible":
            field.flexible = parse_range(next(rest)) != NO_VERSIONS
        elif word == "ignorable":
            field.ignorable = True
        elif word == "=":
            field.default = next(rest)
        else:
            raise ValueError(f"unknown word {word!r} in {line!r}")
    return field


def fields_of(cls: type[Struct]) -> list[Field]:
    """The parsed declarations of a class, in wire order."""
    return [parse_field(line) for line in cls.FIELDS]


def struct_class(owner: type[Struct], name: str) -> type[Struct]:
    """The nested class of that name, which its owner's module declares."""
    found: type[Struct] = getattr(sys.modules[owner.__module__], name)
    return found


def has(versions: Range, version: int) -> bool:
    """Whether the range holds the version."""
    return versions[0] <= version <= versions[1]
