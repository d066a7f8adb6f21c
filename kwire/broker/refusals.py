"""Refusals: log what is refused to clients, each reason once a minute for each host, with a count of repetitions.

A refused client tries again, some of them many times a second, and its requests do not always say who it is.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final, NoReturn

import trio

from kwire.limits import MAX_REFUSAL_CHARACTERS, MAX_REFUSAL_REASONS, MAX_TRACKED_HOSTS

logger = logging.getLogger("kwire.server")

INTERVAL_S: Final = 60.0

CLOSED: Final = "closed the connection from"
REFUSED: Final = "refused a request from"
UNHEARD: Final = "kept clients waiting at"

Line = tuple[str, str]
"""An action, such as REFUSED, and its reason."""


class Refusals:
    """One broker's refusals. Keep run() running: it logs the counts of repetitions."""

    __slots__ = ("_hosts", "_others")

    def __init__(self) -> None:
        self._hosts: dict[str, Counter[Line]] = {}
        """By host, how often each line was left out since it was logged."""
        self._others = 0

    def tell(self, done: str, address: tuple[str, int], reason: str) -> None:
        """Log one line, or count it if the host had the same one less than a minute ago.

        done: CLOSED, REFUSED or UNHEARD. reason: why, and what to do in the client if that helps.
        """
        host = address[0]
        lines = self._hosts.get(host)
        if lines is None:
            if len(self._hosts) >= MAX_TRACKED_HOSTS:
                self._others += 1
                return
            lines = self._hosts[host] = Counter()
        line = done, reason[:MAX_REFUSAL_CHARACTERS]
        if line not in lines and len(lines) < MAX_REFUSAL_REASONS:
            lines[line] = 0
            logger.warning("%s %s: %s", done, shown(address), line[1])
            return
        if line not in lines:
            line = done, "reasons that change each time"
        lines[line] += 1

    async def run(self) -> NoReturn:
        """Call sum_up() each minute, and once more at the end."""
        try:
            while True:
                await trio.sleep(INTERVAL_S)
                self.sum_up()
        finally:
            self.sum_up()

    def sum_up(self) -> None:
        """Log the count of each repeated line; forget lines without repetitions, so that they are logged anew."""
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
            logger.warning("%d more requests and connections were refused, of hosts too many to list", self._others)
            self._others = 0


def shown(address: tuple[str, int]) -> str:
    """Write an address as host:port, an IPv6 host in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
