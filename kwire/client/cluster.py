"""A cluster as its clients see it: its brokers, the leaders of partitions, and requests routed to them."""

from __future__ import annotations

import logging
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import trio

from kwire.client.errors import ClientError, NoBroker, Refused, Unreachable, raise_for
from kwire.client.link import Link, connect_tcp
from kwire.client.values import Address, TopicPartition
from kwire.env import Env
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence

    from kwire.client.link import Connect
    from kwire.client.properties import ClientConfig
    from kwire.protocol.messages.metadata import MetadataResponse, MetadataResponseTopic
    from kwire.protocol.schema import Message

T = TypeVar("T")

FOR_ADMIN: Final = "admin"
FOR_DATA: Final = "data"
FOR_GROUPS: Final = "groups"
"""Uses of a broker's connections: each has its own, so that a Fetch that waits for records delays no heartbeat."""

GROUP: Final = 0
"""The kind of coordinator that groups have."""

NAMES_BY_KEY_TO: Final = 3
"""FindCoordinator: later versions take several keys."""

_log = logging.getLogger("kwire.client")


class Cluster:
    """Links to the brokers of a cluster, found by metadata, which is fetched again after failures.

    patience_s: how long to retry brokers that cannot be reached. brokers: their addresses by id.
    """

    def __init__(
        self,
        servers: Mapping[str, Address],
        config: ClientConfig,
        *,
        patience_s: float = 10.0,
        env: Env | None = None,
        connect: Connect = connect_tcp,
    ) -> None:
        self.servers = servers
        self.config = config
        self.patience_s = patience_s
        self.env = env or Env(clock_s=trio.current_time)
        self.brokers: dict[int, Address] = {}
        self.cluster_id: str | None = None
        self._connect = connect
        self._tls = None
        if config.security_protocol.endswith("SSL"):
            from kwire.client.security import tls_context  # noqa: PLC0415 - ssl, where it is needed

            self._tls = tls_context(config)
        self._links: dict[tuple[Address, str], Link] = {}
        self._leaders: dict[TopicPartition, int] = {}
        self._topic_ids: dict[str, bytes] = {}
        self._coordinators: dict[str, int] = {}

    async def begin(self) -> None:
        """Learn the brokers from the first server that answers.

        Raises:
            NoBroker: no server answered.
        """
        reasons: dict[str, ClientError] = {}
        for written, address in self.servers.items():
            error: ClientError = Unreachable(f"no answer within {self.patience_s:g} s")
            with trio.move_on_after(self.patience_s):
                try:
                    self._take(await self._link(address, FOR_ADMIN).ask(MetadataRequest(topics=[])))
                except ClientError as happened:
                    error = happened
                else:
                    if self.brokers:
                        return
                    error = Unreachable("it knows of no broker yet; it is starting")
            reasons[written] = error
        raise NoBroker(reasons)

    async def aclose(self) -> None:
        """Close all connections."""
        for link in self._links.values():
            await link.aclose()

    # routing

    def node(self, node_id: int, purpose: str = FOR_ADMIN) -> Link:
        """Get the link to that broker.

        Raises:
            Unreachable: the cluster has no broker of that id at the moment.
        """
        address = self.brokers.get(node_id)
        if address is None:
            raise Unreachable(f"broker {node_id} is gone")
        return self._link(address, purpose)

    async def ask_any(self, request: Message, highest: int | None = None) -> Any:
        """Ask any broker, with retries."""
        return await self.retrying(lambda: self._ask_one(request, highest))

    async def ask_node(self, node_id: int, request: Message, highest: int | None = None) -> Any:
        """Ask that broker, with retries."""
        return await self.retrying(lambda: self.node(node_id).ask(request, highest=highest))

    async def coordinator(self, group: str) -> int:
        """Find the id of the broker that coordinates the group.

        Raises:
            ClientError: the group has no coordinator at the moment.
        """
        if group not in self._coordinators:
            answer = await self._ask_one(FindCoordinatorRequest(key=group, key_type=GROUP), NAMES_BY_KEY_TO)
            raise_for(answer.error_code, answer.error_message, f"group {group}")
            self._coordinators[group] = answer.node_id
            self.brokers.setdefault(answer.node_id, Address(answer.host, answer.port))
        return self._coordinators[group]

    async def ask_coordinator(
        self, group: str, request: Message, check: Callable[[Any], object], highest: int | None = None
    ) -> Any:
        """Ask the group's coordinator, with retries. check: raises Refused if the response has an error to retry.

        Raises:
            ClientError: the coordinator refuses the request or does not answer.
        """

        async def attempt() -> Any:
            answer = await self.node(await self.coordinator(group), FOR_GROUPS).ask(request, highest=highest)
            check(answer)
            return answer

        return await self.retrying(attempt)

    async def by_leader(self, partitions: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        """Sort the partitions by the id of their leader.

        Raises:
            ClientError: a partition does not exist, or has no leader at the moment.
        """
        found, leaderless = await self.leaders(partitions)
        for error in leaderless.values():
            raise error
        return found

    async def leaders(
        self, partitions: Iterable[TopicPartition]
    ) -> tuple[dict[int, list[TopicPartition]], dict[TopicPartition, ClientError]]:
        """Sort the partitions by the id of their leader; return the reasons for those without one apart."""
        wanted = list(partitions)
        failures: dict[str, ClientError] = {}
        unknown = sorted({one.topic for one in wanted if one not in self._leaders})
        if unknown:
            try:
                rows = (await self.metadata(unknown)).topics
            except ClientError as error:
                failures = dict.fromkeys(unknown, error)
            else:
                failures = {
                    str(row.name): Refused(row.error_code, about=f"topic {row.name}") for row in rows if row.error_code
                }
        found: dict[int, list[TopicPartition]] = defaultdict(list)
        leaderless: dict[TopicPartition, ClientError] = {}
        for one in wanted:
            leader = self._leaders.get(one)
            if leader is None:
                leaderless[one] = failures.get(one.topic) or Refused(ErrorCode.LEADER_NOT_AVAILABLE, about=str(one))
            else:
                found[leader].append(one)
        return found, leaderless

    async def metadata(self, topics: Sequence[str] | None, *, create: bool = False) -> MetadataResponse:
        """Fetch metadata of the cluster and of these topics, None for all; remember brokers and leaders.

        create: let the brokers create absent topics.
        """
        rows = None if topics is None else [MetadataRequestTopic(name=name) for name in topics]
        answer: MetadataResponse = await self._ask_one(MetadataRequest(topics=rows, allow_auto_topic_creation=create))
        self._take(answer)
        return answer

    def topic_ids(self) -> dict[str, bytes]:
        """Ids of all topics whose metadata was fetched."""
        return self._topic_ids

    # retries

    async def retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Call attempt until it succeeds, its error is permanent, or the time is up; return its result.

        Raises:
            ClientError: the error of the last attempt.
        """
        failing_since: float | None = None
        pauses = self.pauses()
        while True:
            try:
                return await attempt()
            except ClientError as error:
                pause_s = next(pauses)
                patience_s = self.patience_s
                if not isinstance(error, Unreachable):
                    patience_s = self.config.default_api_timeout_ms / 1000
                now = trio.current_time()
                failing_since = now if failing_since is None else failing_since  # an attempt may have waited for long
                if not error.passes or now + pause_s - failing_since > patience_s:
                    raise
                _log.info("%s; trying again in %.1f s", error, pause_s)
                await trio.sleep(pause_s)
                await self.look_again()

    def pauses(self) -> Any:
        """Generate the seconds to wait before each further attempt, longer each time up to retry.backoff.max.ms."""
        pause_s = self.config.retry_backoff_ms / 1000
        while True:
            yield pause_s * (0.8 + 0.4 * self.env.random.random())
            pause_s = min(2 * pause_s, self.config.retry_backoff_max_ms / 1000)

    async def look_again(self) -> None:
        """Forget leaders and coordinators, and fetch the brokers again."""
        self._leaders.clear()
        self._coordinators.clear()
        try:
            self._take(await self._ask_one(MetadataRequest(topics=[])))
        except ClientError as error:
            _log.info("no metadata: %s", error)

    # links

    def _link(self, address: Address, purpose: str) -> Link:
        link = self._links.get((address, purpose))
        if link is None:
            link = Link(address, self.config, self._tls, self.env.random, self._connect)
            self._links[address, purpose] = link
        return link

    async def _ask_one(self, request: Message, highest: int | None = None) -> Any:
        """Ask one broker after another until one answers.

        Raises:
            ClientError: no broker answers; the error of the last one.
        """
        failure: ClientError = Unreachable("the cluster has no brokers")
        for address in list(self.brokers.values()):
            try:
                return await self._link(address, FOR_ADMIN).ask(request, highest=highest)
            except Unreachable as error:
                failure = error
        raise failure

    def _take(self, answer: MetadataResponse) -> None:
        """Remember what the response says."""
        if answer.brokers:
            self.brokers = {row.node_id: Address(row.host, row.port) for row in answer.brokers}
            self.cluster_id = answer.cluster_id
        for topic in answer.topics:
            if topic.name is not None and not topic.error_code:
                self._topic_ids[topic.name] = topic.topic_id
                self._take_leaders(topic)

    def _take_leaders(self, topic: MetadataResponseTopic) -> None:
        for row in topic.partitions:
            partition = TopicPartition(str(topic.name), row.partition_index)
            if row.leader_id >= 0:
                self._leaders[partition] = row.leader_id
            else:
                self._leaders.pop(partition, None)


@asynccontextmanager
async def connected(
    servers: Mapping[str, Address],
    config: ClientConfig,
    *,
    patience_s: float = 10.0,
    env: Env | None = None,
    connect: Connect = connect_tcp,
) -> AsyncIterator[Cluster]:
    """Connect to the cluster of these servers while the block runs.

    Raises:
        NoBroker: no server answered.
    """
    cluster = Cluster(servers, config, patience_s=patience_s, env=env, connect=connect)
    try:
        await cluster.begin()
        yield cluster
    finally:
        with trio.CancelScope(shield=True):
            await cluster.aclose()
