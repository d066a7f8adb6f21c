"""NumberForm: bytes that are the same every time but for some numbers, as those of a client's requests often are.

A struct finds or places the numbers, in a fraction of the time that the compiled readers and writers take.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.protocol.wire import Buffer


class NumberForm:
    """What the bytes that encode gives for some numbers have in common.

    formats: the numbers' types, as struct has them, in the order in which they stand in the bytes.

    Raises:
        ValueError: the bytes differ in more than these numbers.
    """

    __slots__ = ("_constants", "_pack", "_size_bytes", "_template", "_unpack")

    def __init__(self, encode: Callable[..., bytes], formats: str) -> None:
        zeros, ones = encode(*[0] * len(formats)), encode(*[-1] * len(formats))
        pattern, position = ">", 0
        constants: list[bytes] = []
        for code in formats:
            start = next((at for at in range(position, len(zeros)) if zeros[at] != ones[at]), len(zeros))
            constants.append(zeros[position:start])
            pattern += f"{start - position}s{code}"
            position = start + struct.calcsize(f">{code}")
        constants.append(zeros[position:])
        layout = struct.Struct(f"{pattern}{len(constants[-1])}s")
        self._size_bytes = layout.size
        self._constants = tuple(constants)
        self._pack = layout.pack
        self._unpack = layout.unpack
        self._template: list[bytes | int] = [0] * (2 * len(formats) + 1)
        self._template[::2] = constants
        if self.pack(*[0] * len(formats)) != zeros or self.pack(*[-1] * len(formats)) != ones:
            raise ValueError(f"the bytes differ in more than the numbers {formats}")

    def pack(self, *numbers: int) -> bytes:
        """The bytes with these numbers."""
        fields = self._template.copy()
        fields[1::2] = numbers
        return self._pack(*fields)

    def unpack(self, data: Buffer) -> tuple[int, ...] | None:
        """The numbers in the data, None where it is not of this form."""
        if len(data) != self._size_bytes:
            return None
        fields = self._unpack(data)
        return fields[1::2] if fields[::2] == self._constants else None
