"""Cluster: a whole Kafka cluster in memory, in this process, for a test or a program."""

from __future__ import annotations

import threading
import warnings
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar

from kwire.broker.config_effects import say_what_has_no_effect
from kwire.embedded import actions, groups, report, snapshots, waiting
from kwire.embedded.arguments import check_snapshot, committed_only, config_text, settings_of
from kwire.embedded.host import Host
from kwire.embedded.patched import by_whom
from kwire.embedded.values import ClusterError, NewRecord, Snapshot
from kwire.env import wall_clock_ms

__tracebackhide__ = True
"""Make pytest show the line of the test, not the frames of this module."""

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType

    from kwire.embedded.values import Broker, Group, Record, Topic, TopicPartition

T = TypeVar("T")

IsolationLevel = Literal["read_uncommitted", "read_committed"]

TIMEOUT_S = 10.0
"""How long the wait_… methods wait where nothing else is said."""


class Cluster:
    """A Kafka cluster at real ports of this machine, in memory unless `data` names a directory.

        with Cluster(topics={"orders": 6}) as kafka:
            producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)

    brokers: the number of brokers; their ids are 1 to n. topics: the topics to begin with, names with numbers of
    partitions, or only names (num.partitions applies then). config: Kafka's broker configs by name. snapshot: the
    state to begin with, see snapshot(); its number of brokers is the default. port: the first broker's port at
    127.0.0.1, the others' follow; by default any free ones. listen: "HOST:PORT" instead, such as "0.0.0.0:9092", which
    containers can reach. data: a directory that keeps everything for another start.

    The cluster runs in a thread of its own. Call its methods from any thread, also within an event loop: they take a
    few milliseconds at most. Only the methods called wait_… wait for clients; in an event loop, await their twins
    wait_…_async, with asyncio or trio. A method that fails, or is called after close(), raises ClusterError with one
    sentence that says what to do. Copying a cluster gives the same one.
    """

    _host: Host | None = None
    _at_exit: weakref.finalize[Any, Any] | None = None

    def __init__(
        self,
        *,
        brokers: int | None = None,
        topics: Mapping[str, int | None] | Iterable[str] = (),
        config: Mapping[str, str | float | bool] | None = None,
        snapshot: Snapshot | None = None,
        port: int | None = None,
        listen: str | None = None,
        data: str | os.PathLike[str] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._settings = settings_of(
            brokers=brokers,
            topics=topics,
            config={} if config is None else config,
            snapshot=snapshot,
            port=port,
            listen=listen,
            data=data,
        )
        say_what_has_no_effect(self._settings.config)
        self._changing = threading.Lock()
        self._closed = False

    # Start and end

    def start(self) -> Self:
        """Start serving clients, until close(); return the cluster. `with` does both.

        Raises:
            ClusterError: it cannot start.
        """
        try:
            waiting.result_of(self._begin().started)
        except BaseException:
            self._abandon()
            raise
        return self

    def close(self) -> None:
        """The cluster is gone: its ports are closed, its connections cut, its thread has ended. Idempotent.

        Raises:
            ClusterError: as check().
        """
        host = self._stop()
        if host is not None:
            host.join()
            self.check()

    def __enter__(self) -> Self:
        """Start the cluster unless it is running."""
        return self if self._serves() else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """As close()."""
        self.close()

    async def __aenter__(self) -> Self:
        """As start(), while asyncio or trio goes on."""
        if self._serves():
            return self
        try:
            await waiting.completed(self._begin().started)
        except BaseException:
            self._abandon()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """As close(), while asyncio or trio goes on."""
        host = self._stop()
        if host is not None:
            await waiting.completed(host.ended)
            host.join()
            self.check()

    def check(self) -> None:
        """Nothing has gone wrong inside the broker since the last check. close() and the pytest fixtures call it.

        Raises:
            ClusterError: it met a bug of kwire, which is the cause of this error.
        """
        bugs = self._host.take_bugs() if self._host is not None else []
        if bugs:
            cause = bugs[0] if len(bugs) == 1 else BaseExceptionGroup("bugs of kwire", bugs)
            raise ClusterError("the broker met a bug of kwire, which is shown above; please report it") from cause

    def _serves(self) -> bool:
        return self._host is not None and not self._closed

    def _begin(self) -> Host:
        with self._changing:
            if self._closed or self._host is not None:
                raise ClusterError("a cluster starts once; make another one with Cluster(...)")
            patcher = by_whom()
            if patcher is not None:
                raise ClusterError(
                    f"{patcher} patches this program too late; let it do so before kwire.testing is imported"
                )
            host = self._host = Host(self._settings, self._snapshot)
            self._at_exit = weakref.finalize(self, _end, host)
            host.start()
        return host

    def _stop(self) -> Host | None:
        """The host, which is about to end; None where it never began, or is ended by somebody else."""
        with self._changing:
            host = None if self._closed else self._host
            self._closed = True
        if host is not None:
            if self._at_exit is not None:
                self._at_exit.detach()
            host.stop()
        return host

    def _abandon(self) -> None:
        """It could not start, or nobody waits for it any more."""
        host = self._stop()
        if host is not None:
            host.join()

    def __del__(self) -> None:
        """Somebody forgot close(): its finalizer stops it."""
        if self._at_exit is not None and self._at_exit.alive:
            warnings.warn(f"{self!r} was not closed; use it in a with block", ResourceWarning, stacklevel=2)

    def __copy__(self) -> Self:
        """Return the cluster itself: like a connection, it cannot be duplicated."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """As __copy__. Django copies the attributes that setUpTestData sets, for each test."""
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Cluster cannot be pickled; another process reaches it by its bootstrap_servers")

    def __repr__(self) -> str:
        host = self._host
        state = "not started" if host is None else "closed" if self._closed else self.bootstrap_servers
        return f"<kwire.testing.Cluster {state}>"

    # What clients need

    @property
    def bootstrap_servers(self) -> str:
        """What a client's bootstrap.servers takes: "127.0.0.1:40123", with several brokers separated by commas.

        Raises:
            ClusterError: it is not started.
        """
        if self._host is None:
            raise ClusterError("this cluster is not started; use it in a with block: with Cluster(...) as kafka")
        return waiting.result_of(self._host.started).bootstrap

    # Brokers

    def brokers(self) -> tuple[Broker, ...]:
        """Each broker: where it is, whether it runs."""
        return self._done(actions.brokers)

    def stop_broker(self, broker_id: int) -> None:
        """The broker is stopped: others lead its partitions, its port is closed, its connections are cut.

        A broker that is stopped already stays so.
        """
        self._done(actions.change_broker, broker_id, start=False)

    def start_broker(self, broker_id: int) -> None:
        """The broker serves again at the address that it had, and leads again what it led by preference."""
        self._done(actions.change_broker, broker_id, start=True)

    def move_leader(self, topic: str, partition: int, broker_id: int) -> None:
        """The partition is led by that broker from now on; where it held no replica, it takes over the last one."""
        self._done(actions.move_leader, topic, partition, broker_id)

    # Topics

    def create_topic(
        self,
        name: str,
        partitions: int | None = None,
        *,
        replication_factor: int | None = None,
        config: Mapping[str, str | float | bool] | None = None,
    ) -> Topic:
        """The topic, which was not there before. None: what num.partitions and default.replication.factor say.

        config: Kafka's topic configs by their names, as in {"cleanup.policy": "compact"}.
        """
        texts = {key: config_text(value) for key, value in (config or {}).items()}
        return self._done(actions.create_topic, name, partitions, replication_factor, texts)

    def delete_topic(self, name: str) -> None:
        """The topic and its records are gone."""
        self._done(actions.delete_topic, name)

    def topics(self) -> list[Topic]:
        """All topics with their partitions and offsets, by name; without Kafka's internal ones."""
        return self._done(actions.topics)

    def topic(self, name: str) -> Topic:
        """The topic of that name, which may be an internal one."""
        return self._done(actions.topic, name)

    # Records

    def append(
        self,
        topic: str,
        value: bytes | str | None,
        *,
        key: bytes | str | None = None,
        headers: Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] = (),
        timestamp_ms: int | None = None,
        partition: int | None = None,
    ) -> Record:
        """Append a record; return it as stored. The arguments are those of NewRecord.

        An absent topic is created, as for a producer, if auto.create.topics.enable is true.
        """
        record = NewRecord(value=value, key=key, headers=headers, timestamp_ms=timestamp_ms, partition=partition)
        return self.extend(topic, [record])[0]

    def extend(self, topic: str, records: Iterable[NewRecord | bytes | str]) -> list[Record]:
        """Append records; return them as stored, in the order given. Bytes or text alone are a record's value.

        An absent topic is created, as by append().
        """
        if isinstance(records, bytes | str):
            raise ClusterError(f"extend takes several records; append({topic!r}, ...) takes one")
        new = [each if isinstance(each, NewRecord) else NewRecord(value=each) for each in records]
        return self._done(actions.extend, topic, new, dated_ms=wall_clock_ms())

    def records(
        self, topic: str, partition: int | None = None, *, isolation_level: IsolationLevel = "read_uncommitted"
    ) -> list[Record]:
        """What a consumer would read from the beginning of that partition, or of all, one partition after the other.

        isolation_level: with "read_committed", no records of transactions that are open or aborted.
        """
        return self._done(actions.records, topic, partition, committed_only=committed_only(isolation_level))

    def wait_for_records(
        self,
        topic: str,
        count: int = 1,
        *,
        partition: int | None = None,
        isolation_level: IsolationLevel = "read_uncommitted",
        timeout_s: float = TIMEOUT_S,
    ) -> list[Record]:
        """As records(), once there are as many as count or more; the topic may appear meanwhile.

        Raises:
            TimeoutError: it tells how many there are.
        """
        work = partial(waiting.records, committed_only=committed_only(isolation_level))
        return self._waited("wait_for_records", timeout_s, work, topic, count, partition, timeout_s)

    async def wait_for_records_async(
        self,
        topic: str,
        count: int = 1,
        *,
        partition: int | None = None,
        isolation_level: IsolationLevel = "read_uncommitted",
        timeout_s: float = TIMEOUT_S,
    ) -> list[Record]:
        """As wait_for_records(), awaited with asyncio or trio."""
        work = partial(waiting.records, committed_only=committed_only(isolation_level))
        return await waiting.completed(self._call(work, topic, count, partition, timeout_s))

    # Groups

    def groups(self) -> list[Group]:
        """All groups, by id: their members, committed offsets and lag."""
        return self._done(groups.groups)

    def group(self, group_id: str) -> Group:
        """The group of that id."""
        return self._done(groups.group, group_id)

    def lag(self, group_id: str) -> dict[TopicPartition, int]:
        """For each partition that concerns the group, how far it is behind the log's end."""
        return dict(self.group(group_id).lag)

    def wait_until_consumed(self, group_id: str, *topics: str, timeout_s: float = TIMEOUT_S) -> None:
        """The group has committed offsets behind every record of these topics, or of all that it has to do with.

        Name the topics where the group may not have joined yet. Records of transactions that are open or aborted do not
        count.

        Raises:
            TimeoutError: it tells what is left.
        """
        self._waited("wait_until_consumed", timeout_s, waiting.consumed, group_id, topics, timeout_s)

    async def wait_until_consumed_async(self, group_id: str, *topics: str, timeout_s: float = TIMEOUT_S) -> None:
        """As wait_until_consumed(), awaited with asyncio or trio."""
        await waiting.completed(self._call(waiting.consumed, group_id, topics, timeout_s))

    # All of it

    def reset(self) -> None:
        """Everything is as at the start, at the same addresses: no records, no groups, all brokers running.

        The topics and the snapshot that it was made with are there again. Clients that are connected are cut off, and
        connect again.
        """
        waiting.result_of(self._in_memory("reset").restart(None))

    def snapshot(self) -> Snapshot:
        """All topics, records, groups and offsets of now: for restore(), or for another Cluster(snapshot=...).

        A group's members are part of it, as in a broker that is restarted: close consumers before, or the next ones
        wait until their sessions time out.
        """
        return self._done(snapshots.taken)

    def restore(self, snapshot: Snapshot) -> None:
        """Everything is as it was in the snapshot, at the same addresses. Clients are cut off, and connect again."""
        check_snapshot(snapshot)
        waiting.result_of(self._in_memory("restore").restart(snapshot))

    def describe(self) -> str:
        """What the brokers have and what they saw, for people: clients, topics, groups, the last errors."""
        return self._done(report.described, self._started().observed)

    # How it is asked

    def _started(self) -> Host:
        if self._host is None:
            raise ClusterError("this cluster is not started; use it in a with block: with Cluster(...) as kafka")
        return self._host

    def _in_memory(self, name: str) -> Host:
        if self._settings.data is not None:
            raise ClusterError(
                f"{name}() would delete what {self._settings.data} keeps; close this cluster, and start another one"
                " over a new directory, such as pytest's tmp_path"
            )
        return self._started()

    def _call(self, work: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> Future[T]:
        return self._started().call(lambda running: work(running, *args, **options))

    def _done(self, work: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
        return waiting.result_of(self._call(work, *args, **options))

    def _waited(self, name: str, timeout_s: float, work: Callable[..., Awaitable[T]], *args: Any) -> T:
        if waiting.in_event_loop():
            raise ClusterError(f"{name} would stop this thread's event loop; use await {name}_async(...)")
        return waiting.result_of(self._call(work, *args), timeout_s + waiting.ANSWER_S)


def _end(host: Host) -> None:
    """At the interpreter's exit, or when nobody has the cluster any more."""
    host.stop()
    host.join(waiting.ANSWER_S)
