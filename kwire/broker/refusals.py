"""Refusals: what clients are refused, in the log; the same is said to one host once a minute, with how often it was.

A client that is refused tries again, some of them many times a second, and none of them says on this side who it is.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final, NoReturn

import trio

logger = logging.getLogger("kwire.server")

INTERVAL_S: Final = 60.0

HOSTS_MAX: Final = 1000
"""More are not kept in mind, only counted."""

REASONS_MAX: Final = 10
"""As many of one host; what a broken client is told has numbers in it that change each time."""

REASON_LENGTH_MAX: Final = 300
"""A reason may have a client's own text in it."""

CLOSED: Final = "closed the connection from"
REFUSED: Final = "refused a request from"
UNHEARD: Final = "kept clients waiting at"

Line = tuple[str, str]
"""What was done, and why."""


class Refusals:
    """One broker's refusals. run() sums up; without it, what came again is not said."""

    __slots__ = ("_hosts", "_others")

    def __init__(self) -> None:
        self._hosts: dict[str, Counter[Line]] = {}
        """How often each line was not written, by host; 0 for one that was, once."""
        self._others = 0

    def tell(self, done: str, address: tuple[str, int], reason: str) -> None:
        """One line, unless that host had the same one less than a minute ago.

        done: CLOSED, REFUSED or UNHEARD. reason: where the client can do something about it, it says what.
        """
        host = address[0]
        lines = self._hosts.get(host)
        if lines is None:
            if len(self._hosts) >= HOSTS_MAX:
                self._others += 1
                return
            lines = self._hosts[host] = Counter()
        line = done, reason[:REASON_LENGTH_MAX]
        if line not in lines and len(lines) < REASONS_MAX:
            lines[line] = 0
            logger.warning("%s %s: %s", done, shown(address), line[1])
            return
        if line not in lines:
            line = done, "reasons that change each time"
        lines[line] += 1

    async def run(self) -> NoReturn:
        """Each minute, what came again is summed up, and what did not may be said anew."""
        try:
            while True:
                await trio.sleep(INTERVAL_S)
                self.sum_up()
        finally:
            self.sum_up()

    def sum_up(self) -> None:
        """One line for each that came again since the last time."""
        for host, lines in [*self._hosts.items()]:
            for (done, reason), times in [*lines.items()]:
                if times:
                    logger.warning("%s %s %d times more: %s", done, host, times, reason)
                    lines[done, reason] = 0
                else:
                    del lines[done, reason]
            if not lines:
                del self._hosts[host]
        if self._others:
            logger.warning("%d more requests and connections were refused, of more hosts than are told", self._others)
            self._others = 0


def shown(address: tuple[str, int]) -> str:
    """host:port, an IPv6 host in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
