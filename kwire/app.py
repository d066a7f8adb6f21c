"""From settings to a running cluster: store, brokers, servers, background work, and their end in the right order."""

from __future__ import annotations

import base64
import errno
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import trio

from kwire.cluster.cluster import Cluster
from kwire.cluster.endpoints import Endpoint
from kwire.env import Env
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.create_topics import CreatableTopic, CreatableTopicConfig
from kwire.server.brokers import BrokerServers
from kwire.server.listener import backlog, bind_all
from kwire.server.server import Server
from kwire.server.warming import warm
from kwire.settings import Address, CannotStart
from kwire.storage.port import StorageError
from kwire.storage.registry import StoreOptions, make_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from kwire.server.listener import Listener
    from kwire.settings import BrokerSetting, Settings, TopicSetting
    from kwire.storage.port import LogStore

logger = logging.getLogger("kwire")

USE_DEFAULT = -1

FULL: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})

CLOSES_WITHOUT_A_WORD_S = 1.0
"""A stop that takes longer than this logs its progress."""


@dataclass(slots=True, frozen=True)
class Running:
    """A cluster that serves clients.

    brokers: stops and starts each of them. addresses: where clients reach it, one per broker.
    """

    cluster: Cluster
    brokers: BrokerServers
    addresses: tuple[Address, ...]

    @property
    def servers(self) -> Mapping[int, Server]:
        """By broker id."""
        return self.brokers.servers

    @property
    def bootstrap(self) -> str:
        """What a client's bootstrap.servers takes."""
        return ",".join(map(str, self.addresses))


@asynccontextmanager
async def running(
    settings: Settings,
    env: Env | None = None,
    listeners: Sequence[Sequence[Listener]] | None = None,
    store: LogStore | None = None,
    first_leader_epoch: int = 0,
) -> AsyncIterator[Running]:
    """The cluster serves clients while the block runs; afterwards its store is cleanly closed.

    listeners: each broker's, where they are bound already. store: one that was started, instead of the settings'.
    first_leader_epoch: the least that clients of an earlier cluster at these listeners take for news.

    Raises:
        CannotStart: with one sentence for the person who started it.
    """
    env = env or Env(clock_s=trio.current_time)
    listeners = listeners if listeners is not None else bind_all(settings)
    try:
        cluster = await _opened(settings, env) if store is None else _cluster_over(store, settings, env)
        try:
            if settings.data is None:
                cluster.controller.set_apart(first_leader_epoch)
            await _create_topics(cluster, settings.topics)
            if settings.load is not None:
                await _load(cluster, settings.load)
            async with trio.open_nursery() as nursery:
                servers = _servers(cluster, settings, listeners)
                nursery.start_soon(cluster.upkeep.run)
                nursery.start_soon(cluster.groups.run)
                nursery.start_soon(warm, list(servers.values()), env)
                brokers = BrokerServers(cluster, servers, nursery, backlog(settings))
                yield Running(cluster, brokers, tuple(map(_reached_at, settings.brokers, listeners)))
                nursery.cancel_scope.cancel()
        finally:
            with trio.CancelScope(shield=True):
                await _close(cluster)
    finally:
        for listener in (one for several in listeners for one in several):
            listener.close()


async def _opened(settings: Settings, env: Env) -> Cluster:
    """The cluster over its started store; after an unclean stop every stored log is recovered."""
    url = "memory:" if settings.data is None else f"file:{settings.data}"
    options = StoreOptions(memory_bytes=settings.memory_bytes, node_id=settings.brokers[0].node_id)
    store = make_store(url, env, options)

    def open_store() -> Cluster:
        store.start()
        return _cluster_over(store, settings, env)

    try:
        return open_store() if settings.data is None else await env.run_blocking(open_store)
    except StorageError as error:
        raise CannotStart(f"{error}; choose another directory with --data DIR, or {_remedy(error)}") from error


def _remedy(error: StorageError) -> str:
    cause = error.__cause__
    is_full = isinstance(cause, OSError) and cause.errno in FULL
    return "free some space" if is_full else "stop what uses it"


def _cluster_over(store: LogStore, settings: Settings, env: Env) -> Cluster:
    """The cluster over a store that was started, which is closed if there cannot be one. Blocking."""
    try:
        cluster = Cluster(
            env,
            store,
            cluster_id=store.cluster_id or _new_cluster_id(env),
            broker_ids=[broker.node_id for broker in settings.brokers],
            static=settings.config,
            any_may_lead=settings.failover == "any",
        )
        if not store.was_clean:
            cluster.open_stored_logs()
    except BaseException:
        store.close()
        raise
    return cluster


def _new_cluster_id(env: Env) -> str:
    """22 characters in Kafka's form of a uuid, which never begins with a dash."""
    cluster_id = "-"
    while cluster_id.startswith("-"):
        cluster_id = base64.urlsafe_b64encode(env.new_uuid()).decode().rstrip("=")
    return cluster_id


async def _close(cluster: Cluster) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_tell_progress, cluster.store)
        try:
            await cluster.env.run_blocking(cluster.close)
        except StorageError as error:
            logger.error("the logs were not closed cleanly, the next start recovers them: %s", error)  # noqa: TRY400 - it says all
        nursery.cancel_scope.cancel()


async def _tell_progress(store: LogStore) -> NoReturn:
    """Log the progress of closing the store: after a second, then at growing intervals, until cancelled."""
    patience_s = CLOSES_WITHOUT_A_WORD_S
    while True:
        await trio.sleep(patience_s)
        logger.info("closing the logs: %s", store.progress())
        patience_s *= 2


async def _create_topics(cluster: Cluster, topics: Sequence[TopicSetting]) -> None:
    wanted = [
        CreatableTopic(
            name=topic.name,
            num_partitions=USE_DEFAULT if topic.partitions is None else topic.partitions,
            replication_factor=USE_DEFAULT,
            configs=[CreatableTopicConfig(name, value) for name, value in topic.configs.items()],
        )
        for topic in topics
    ]
    if not wanted:
        return
    try:
        outcomes = await cluster.controller.create_topics(wanted)
    except ApiError as error:
        raise CannotStart(f"cannot create the topics: {error.message or error}") from error
    for topic, outcome in zip(topics, outcomes, strict=True):
        if isinstance(outcome, ApiError) and outcome.code != ErrorCode.TOPIC_ALREADY_EXISTS:
            raise CannotStart(f"cannot create the topic {topic.name!r}: {outcome.message or outcome}")


async def _load(cluster: Cluster, directory: str) -> None:
    """The records of the directory's files are in their topics, which are created where they are missing."""
    from kwire.seeding.seed import find, load  # noqa: PLC0415 - only where there is something to load

    seed = await find(directory)
    await _create_topics(cluster, [topic for topic in seed.topics.values() if topic.name not in cluster.image.topics])
    await load(cluster, seed)


def _servers(cluster: Cluster, settings: Settings, listeners: Sequence[Sequence[Listener]]) -> dict[int, Server]:
    servers = {}
    for setting, bound in zip(settings.brokers, listeners, strict=True):
        broker = cluster.brokers[setting.node_id]
        broker.endpoints = _endpoints(setting, bound)
        cluster.configs.own_static[setting.node_id] = _own_static(setting, bound, broker.endpoints, settings.data)
        servers[setting.node_id] = Server(cluster, setting.node_id, bound, settings.advertise_to_gateway)
    return servers


def _endpoints(setting: BrokerSetting, bound: Sequence[Listener]) -> dict[str, Endpoint]:
    if setting.advertise is not None:
        host, port = setting.advertise
        return {listener.name: Endpoint(port, host) for listener in bound}
    return {listener.name: Endpoint(listener.port) for listener in bound}


def _own_static(
    setting: BrokerSetting, bound: Sequence[Listener], endpoints: Mapping[str, Endpoint], data: str | None
) -> dict[str, str]:
    """Return the broker configs of Kafka's that kwire's own settings decide."""
    urls = dict.fromkeys(f"{endpoints[each.name].protocol}://{Address(each.host, each.port)}" for each in bound)
    texts = {"listeners": ",".join(urls)}
    if setting.advertise is not None:
        texts["advertised.listeners"] = f"{endpoints[bound[0].name].protocol}://{setting.advertise}"
    return texts | ({"log.dir": ""} if data is None else {"log.dir": data, "log.dirs": data})


def _reached_at(setting: BrokerSetting, bound: Sequence[Listener]) -> Address:
    """An address that a client on this machine can use."""
    if setting.advertise is not None:
        return setting.advertise
    return Address(bound[0].host, bound[0].port).reached()
