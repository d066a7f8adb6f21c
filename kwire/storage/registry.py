"""The storage engines by URL scheme, "memory:" and "file:/var/lib/kwire"; imported when they are asked for."""
# ruff: noqa: PLC0415 - that is what this module is for

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwire.limits import MEMORY_STORE_BYTES
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.env import Env
    from kwire.storage.port import LogStore


@dataclass(slots=True, frozen=True)
class StoreOptions:
    """What engines are told besides their URL; each takes what concerns it.

    cluster_id and node_id: what a new data directory is marked with.
    """

    memory_bytes: int = MEMORY_STORE_BYTES
    cluster_id: str | None = None
    node_id: int = 0


def make_store(url: str, env: Env, options: StoreOptions | None = None) -> LogStore:
    """The store of that URL, not started yet.

    Raises:
        StorageError: the scheme is unknown, or what follows it is not what the engine needs.
    """
    scheme, _, rest = url.partition(":")
    factory = ENGINES.get(scheme)
    if factory is None:
        raise StorageError(f"no storage engine is called {scheme!r}; there are {', '.join(sorted(ENGINES))}")
    return factory(rest, env, options or StoreOptions())


def _make_memory_store(rest: str, env: Env, options: StoreOptions) -> LogStore:
    if rest:
        raise StorageError(f"memory: stands alone, {rest!r} follows it")
    from kwire.storage.memory import MemoryStore

    return MemoryStore(env, options.memory_bytes)


def _make_segment_store(rest: str, env: Env, options: StoreOptions) -> LogStore:
    if not rest:
        raise StorageError("file: needs a directory, as in file:/var/lib/kwire")
    from kwire.storage.segments.store import SegmentStore

    return SegmentStore(rest, env, cluster_id=options.cluster_id, node_id=options.node_id)


ENGINES: dict[str, Callable[[str, Env, StoreOptions], LogStore]] = {
    "memory": _make_memory_store,
    "file": _make_segment_store,
}
"""Factories by scheme; each gets what follows the scheme's colon."""
