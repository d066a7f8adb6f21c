"""What the texts of readers and writers have in common: lines, indentation, names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kwire.protocol import wire

if TYPE_CHECKING:
    from kwire.protocol.schema import Message

RESERVED = {"data", "offset", "size", "left", "n", "t", "tag", "end", "read"} | {
    "message",
    "out",
    "cuts",
    "value",
    "write",
}
"""Names that the emitted text uses itself."""


class FunctionText:
    """The text of one function for one version of a message, growing line by line.

    pending: values of fixed size, (struct format, name or expression), that the next unpack or pack takes together.
    names: what the text refers to.
    """

    def __init__(self, cls: type[Message], version: int, *, keep_unknown_tags: bool, calls: tuple[str, ...]) -> None:
        self.version = version
        self.flexible = version >= cls.FLEXIBLE_VERSION
        self.keep_unknown_tags = keep_unknown_tags
        self.lines: list[str] = []
        self.depth = 1
        self.pending: list[tuple[str, str]] = []
        self.taken = set(RESERVED)
        self.names: dict[str, Any] = {name: value for name, value in vars(wire).items() if name.startswith(calls)}

    def line(self, text: str) -> None:
        """Adds a line at the current depth."""
        self.lines.append("    " * self.depth + text)

    def variable(self, name: str) -> str:
        """A name that the text does not have yet, the given one if it can be."""
        unique, number = name, 2
        while unique in self.taken:
            unique, number = f"{name}_{number}", number + 1
        self.taken.add(unique)
        return unique

    def struct_name(self, verb: str, formats: str) -> str:
        """The name of a bound struct function: unpack_ihq."""
        return f"{verb}_{formats.replace('?', 'z')}"
