"""ProducerIds: ids for idempotent producers, out of blocks that the controller persists before they are used.

Source: KIP-730.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class ProducerIds:
    """The producer ids of one broker.

    allocate_block: a range of ids that nobody was given and nobody else will be, restarts included; it raises
    ApiError where it cannot be persisted.
    """

    __slots__ = ("_allocate_block", "_block")

    def __init__(self, allocate_block: Callable[[], range]) -> None:
        self._allocate_block = allocate_block
        self._block = iter(range(0))

    def next(self) -> int:
        """An id that was never handed out.

        Raises:
            ApiError: no block could be had.
        """
        for producer_id in self._block:
            return producer_id
        self._block = iter(self._allocate_block())
        return next(self._block)
