"""A Kafka cluster for tests and programs, in their own process. See docs/testing.md.

    from kwire.testing import Cluster

The names listed here are public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kwire.testing.cluster import Cluster
    from kwire.testing.mixin import KafkaMixin
    from kwire.testing.values import (
        Broker,
        ClusterError,
        Group,
        Member,
        NewRecord,
        Partition,
        Record,
        Snapshot,
        Topic,
        TopicPartition,
    )

__all__ = [
    "Broker",
    "Cluster",
    "ClusterError",
    "Group",
    "KafkaMixin",
    "Member",
    "NewRecord",
    "Partition",
    "Record",
    "Snapshot",
    "Topic",
    "TopicPartition",
]

_ELSEWHERE = {"Cluster": "kwire.testing.cluster", "KafkaMixin": "kwire.testing.mixin"}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, because pytest loads this package in every run."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    from kwire.testing.patched import by_whom  # noqa: PLC0415 - see above

    module = _ELSEWHERE.get(name, "kwire.testing.values")
    if name == "Cluster" and by_whom() is not None:
        module = "kwire.testing.remote"
    return getattr(import_module(module), name)
