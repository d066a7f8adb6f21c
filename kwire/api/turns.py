"""Bounds of one request that can ask for much: turns for other requests, and the length of the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from kwire.api.context import CloseConnection
from kwire.limits import MAX_REPEATS, MAX_TOLD_ROWS, TURN_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.env import Env


class Turn:
    """Measures how long a request has kept others waiting."""

    __slots__ = ("_clock_s", "_until_s")

    def __init__(self, env: Env) -> None:
        self._clock_s = env.clock_s
        self.begin()

    def begin(self) -> None:
        """Begin a turn: others had theirs."""
        self._until_s = self._clock_s() + TURN_S

    @property
    def is_over(self) -> bool:
        """Whether it is time for others."""
        return self._clock_s() > self._until_s


class LongReply:
    """A reply with as many rows as requested: others get turns while it is made, and its length is bounded."""

    __slots__ = ("_api", "_rows", "_turn")

    def __init__(self, api: str, env: Env) -> None:
        self._api = api
        self._rows = 0
        self._turn = Turn(env)

    async def add(self, rows: int) -> None:
        """Count rows of the reply.

        Raises:
            CloseConnection: they are too many.
        """
        self._rows += rows
        if self._rows > MAX_TOLD_ROWS:
            raise CloseConnection(f"{self._api} asks for more than {MAX_TOLD_ROWS} rows; ask in several requests")
        if self._turn.is_over:
            await trio.lowlevel.checkpoint()
            self._turn.begin()


def refuse_repeats(api: str, group_ids: Sequence[str]) -> None:
    """Refuse a request that names many groups twice: clients hardly ever do, and one row may have megabytes.

    Raises:
        CloseConnection: too many are repeated.
    """
    if len(group_ids) - len(set(group_ids)) > MAX_REPEATS:
        raise CloseConnection(f"{api} asks for the same groups again and again")
