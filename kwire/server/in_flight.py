"""InFlight: how many bytes of requests the broker holds at once, over all its connections."""

from __future__ import annotations

import trio

from kwire.limits import MAX_IN_FLIGHT_BYTES


class InFlight:
    """A budget of bytes; whoever finds too little left waits.

    A request longer than the whole budget gets it when nothing else is in flight.
    """

    __slots__ = ("_lot", "limit_bytes", "used_bytes")

    def __init__(self, limit_bytes: int = MAX_IN_FLIGHT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self._lot = trio.lowlevel.ParkingLot()

    @property
    def is_wanted(self) -> bool:
        """Whether a request waits for bytes to be released."""
        return len(self._lot) > 0

    async def reserve(self, size_bytes: int) -> None:
        """The bytes are taken; it waits until they are free."""
        while self.used_bytes and self.used_bytes + size_bytes > self.limit_bytes:
            await self._lot.park()
        self.used_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """The bytes are free again."""
        self.used_bytes -= size_bytes
        self._lot.unpark_all()
