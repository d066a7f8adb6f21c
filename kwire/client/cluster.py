"""A cluster as its clients see it: who its brokers are, who leads what, and requests that find their way there."""

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
"""What a connection is for: who waits for records must not keep a heartbeat waiting."""

GROUP: Final = 0
"""The kind of coordinator that groups have."""

NAMES_BY_KEY_TO: Final = 3
"""FindCoordinator: later versions take several keys."""

_log = logging.getLogger("kwire.client")


class Cluster:
    """Links to the brokers of a cluster. All that is known of it comes from metadata, and is forgotten where it fails.

    patience_s: how long brokers that cannot be reached are tried again. brokers: addresses and racks by id.
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
        """One of the servers has told who the brokers are.

        Raises:
            NoBroker: none of them did.
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
        """All connections are closed."""
        for link in self._links.values():
            await link.aclose()

    # who is asked

    def node(self, node_id: int, purpose: str = FOR_ADMIN) -> Link:
        """The link to that broker.

        Raises:
            Unreachable: the cluster has none of that id, at the moment.
        """
        address = self.brokers.get(node_id)
        if address is None:
            raise Unreachable(f"broker {node_id} is gone")
        return self._link(address, purpose)

    async def ask_any(self, request: Message, highest: int | None = None) -> Any:
        """The response of whichever broker gives one."""
        return await self.retrying(lambda: self._ask_one(request, highest))

    async def ask_node(self, node_id: int, request: Message, highest: int | None = None) -> Any:
        """The response of that broker."""
        return await self.retrying(lambda: self.node(node_id).ask(request, highest=highest))

    async def coordinator(self, group: str) -> int:
        """The id of the broker that coordinates the group.

        Raises:
            ClientError: nobody does, at the moment.
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
        """The response of the group's coordinator. check: raises Refused where the response has an error.

        Raises:
            ClientError: it is refused, or nobody answers.
        """

        async def attempt() -> Any:
            answer = await self.node(await self.coordinator(group), FOR_GROUPS).ask(request, highest=highest)
            check(answer)
            return answer

        return await self.retrying(attempt)

    async def by_leader(self, partitions: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        """The partitions, by the id of the broker that leads them.

        Raises:
            ClientError: a partition is not there, or has no leader at the moment.
        """
        found, leaderless = await self.leaders(partitions)
        for error in leaderless.values():
            raise error
        return found

    async def leaders(
        self, partitions: Iterable[TopicPartition]
    ) -> tuple[dict[int, list[TopicPartition]], dict[TopicPartition, ClientError]]:
        """The partitions, by the id of the broker that leads them; and why the others have none."""
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
        """What the cluster is and what it has of these topics, None for all; who leads them is remembered.

        create: the brokers may create those that are not there.
        """
        rows = None if topics is None else [MetadataRequestTopic(name=name) for name in topics]
        answer = await self._ask_one(MetadataRequest(topics=rows, allow_auto_topic_creation=create))
        self._take(answer)
        return answer  # type: ignore[no-any-return] # the codec gives a MetadataResponse

    def topic_ids(self) -> dict[str, bytes]:
        """The ids of the topics whose metadata was asked for."""
        return self._topic_ids

    # trying again

    async def retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What the attempt gives; it is made again as long as what it fails with may pass.

        Raises:
            ClientError: what the last one failed with.
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
        """Seconds to wait before one more attempt: each longer than the one before, up to a bound."""
        pause_s = self.config.retry_backoff_ms / 1000
        while True:
            yield pause_s * (0.8 + 0.4 * self.env.random.random())
            pause_s = min(2 * pause_s, self.config.retry_backoff_max_ms / 1000)

    async def look_again(self) -> None:
        """What was known of leaders, coordinators and brokers is looked for anew."""
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
        """The response of a broker, of the first that gives one.

        Raises:
            ClientError: why the last one does not.
        """
        failure: ClientError = Unreachable("the cluster has no brokers")
        for address in list(self.brokers.values()):
            try:
                return await self._link(address, FOR_ADMIN).ask(request, highest=highest)
            except Unreachable as error:
                failure = error
        raise failure

    def _take(self, answer: MetadataResponse) -> None:
        """The answer is what is known."""
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
    """A cluster that one of the servers has told of, as long as the block runs.

    Raises:
        NoBroker: none of them did.
    """
    cluster = Cluster(servers, config, patience_s=patience_s, env=env, connect=connect)
    try:
        await cluster.begin()
        yield cluster
    finally:
        with trio.CancelScope(shield=True):
            await cluster.aclose()
