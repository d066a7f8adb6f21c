"""A cluster without sockets, to test handlers: real brokers on the memory engine, and a clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, TypeVar

from kwire.api.context import ConnectionInfo, RequestContext
from kwire.cluster.cluster import Cluster
from kwire.cluster.endpoints import DEFAULT_LISTENER, Endpoint
from kwire.env import Env
from kwire.protocol.errors import ApiError
from kwire.protocol.messages.create_topics import CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig
from kwire.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kwire.broker.metadata import TopicImage
    from kwire.storage.port import LogStore

T = TypeVar("T")

CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAFA"
START_MS = 1_700_000_000_000


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when a test moves it."""

    elapsed_s: float = field(default=0.0)

    def clock_s(self) -> float:
        """Return monotonic seconds."""
        return self.elapsed_s

    def wall_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return START_MS + round(self.elapsed_s * 1000)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.elapsed_s += seconds


async def run_inline(function: Callable[[], T], /) -> T:
    """Call the function here, instead of in a thread; return its result."""
    return function()


def build_env(clock: ManualClock | None = None, seed: int = 0) -> Env:
    """Make an Env that gives the same times, ids and choices in every run."""
    clock = clock or ManualClock()
    return Env(clock_s=clock.clock_s, wall_ms=clock.wall_ms, random=Random(seed), run_blocking=run_inline)


def build_cluster(
    brokers: int = 1,
    *,
    env: Env | None = None,
    store: LogStore | None = None,
    static: Mapping[str, str] | None = None,
) -> Cluster:
    """Make a cluster of brokers 1 to n, which do not listen; ports count up from 9092. store: a started one."""
    env = env or build_env()
    if store is None:
        store = MemoryStore(env)
        store.start()
    ids = range(1, brokers + 1)
    cluster = Cluster(env, store, cluster_id=CLUSTER_ID, broker_ids=ids, static=static)
    for node_id in ids:
        cluster.brokers[node_id].endpoints = {DEFAULT_LISTENER: Endpoint(9091 + node_id)}
    return cluster


async def create_topic(
    cluster: Cluster,
    name: str,
    partitions: int = 1,
    replication_factor: int = 1,
    configs: Mapping[str, str] | None = None,
    assignments: Sequence[Sequence[int]] = (),
) -> TopicImage:
    """Create the topic; return it as it is in the cluster's metadata.

    Raises:
        ApiError: it cannot be created.
    """
    asked = CreatableTopic(
        name=name,
        num_partitions=-1 if assignments else partitions,
        replication_factor=-1 if assignments else replication_factor,
        assignments=[
            CreatableReplicaAssignment(partition_index=index, broker_ids=list(replicas))
            for index, replicas in enumerate(assignments)
        ],
        configs=[CreatableTopicConfig(name=key, value=value) for key, value in (configs or {}).items()],
    )
    (outcome,) = await cluster.controller.create_topics([asked])
    if isinstance(outcome, ApiError):
        raise outcome
    return cluster.image.topics[name]


def context_of(
    cluster: Cluster, api_version: int, *, node_id: int = 1, client_id: str | None = "test"
) -> RequestContext:
    """Make the context of a request from a client on this machine to that broker."""
    broker = cluster.brokers[node_id]
    connection = ConnectionInfo(peer=("127.0.0.1", 50000), local=("127.0.0.1", 9091 + node_id))
    return RequestContext(
        cluster=cluster, broker=broker, connection=connection, api_version=api_version, client_id=client_id
    )
