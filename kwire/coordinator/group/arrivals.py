"""Who is on the way to a group: consumers that start together ask where its coordinator is at about the same time.

Each of them asks on a connection of its own before it joins. So the first one to join need not begin a generation
alone, which the others end at once, and which it would go on with until its next heartbeat, some three seconds later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

TOGETHER_S: Final = 0.03
"""Who asks within this time after another starts together with it. One that asks again elsewhere takes longer."""

REMEMBERED_S: Final = 1.0
"""Who has not joined after this is not waited for."""

MAX_GROUPS: Final = 1000
MAX_CLIENTS: Final = 1000


class _Askers:
    """Clients that asked one after the other, the last one at last_s."""

    __slots__ = ("clients", "last_s")

    def __init__(self, client: Hashable, last_s: float) -> None:
        self.clients = {client}
        self.last_s = last_s


class Arrivals:
    """Who has just asked for a group's coordinator. Times are of any clock that never goes back."""

    __slots__ = ("_askers",)

    def __init__(self) -> None:
        self._askers: dict[str, _Askers] = {}

    def ask(self, group_id: str, client: Hashable, now_s: float) -> None:
        """The client, or connection, has asked."""
        askers = self._askers.get(group_id)
        if askers is None or now_s - askers.last_s > REMEMBERED_S:
            self._askers.pop(group_id, None)
            self._askers[group_id] = _Askers(client, now_s)
            if len(self._askers) > MAX_GROUPS:
                del self._askers[next(iter(self._askers))]
        elif now_s - askers.last_s <= TOGETHER_S and len(askers.clients) < MAX_CLIENTS:
            askers.clients.add(client)
            askers.last_s = now_s

    def expected(self, group_id: str, now_s: float) -> int:
        """How many clients have just asked, one after the other."""
        askers = self._askers.get(group_id)
        return 0 if askers is None or now_s - askers.last_s > REMEMBERED_S else len(askers.clients)
