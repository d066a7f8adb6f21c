"""Cluster: a whole Kafka cluster in memory, in this process, for a test or a program."""

from __future__ import annotations

import threading
import warnings
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar

from kwire.broker.config_effects import say_what_has_no_effect
from kwire.env import wall_clock_ms
from kwire.testing import actions, groups, report, snapshots, waiting
from kwire.testing.arguments import check_snapshot, committed_only, config_text, settings_of
from kwire.testing.host import Host
from kwire.testing.patched import by_whom
from kwire.testing.values import ClusterError, NewRecord, Snapshot

__tracebackhide__ = True
"""Make pytest show the line of the test, not the frames of this module."""

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType

    from kwire.testing.values import Broker, Group, Record, Topic, TopicPartition

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
        """Stop the cluster: close its ports, cut its connections, end its thread. A second call does nothing.

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
        """As start(), without blocking asyncio or trio."""
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
        """As close(), without blocking asyncio or trio."""
        host = self._stop()
        if host is not None:
            await waiting.completed(host.ended)
            host.join()
            self.check()

    def check(self) -> None:
        """Check that the brokers met no bug in kwire since the last check. close() and the pytest fixtures call this.

        Raises:
            ClusterError: they met one, which is the cause of this error.
        """
        bugs = self._host.take_bugs() if self._host is not None else []
        if bugs:
            cause = bugs[0] if len(bugs) == 1 else BaseExceptionGroup("bugs of kwire", bugs)
            raise ClusterError("the broker met a bug in kwire, which is shown above; please report it") from cause

    def _serves(self) -> bool:
        return self._host is not None and not self._closed

    def _begin(self) -> Host:
        with self._changing:
            if self._closed or self._host is not None:
                raise ClusterError("a cluster starts once; make another one with Cluster(...)")
            patcher = by_whom()
            if patcher is not None:
                raise ClusterError(f"{patcher} patches this program too late; patch before you import kwire.testing")
            host = self._host = Host(self._settings, self._snapshot)
            self._at_exit = weakref.finalize(self, _end, host)
            host.start()
        return host

    def _stop(self) -> Host | None:
        """Tell the host to end, and return it; None if it never started, or is ending already."""
        with self._changing:
            host = None if self._closed else self._host
            self._closed = True
        if host is not None:
            if self._at_exit is not None:
                self._at_exit.detach()
            host.stop()
        return host

    def _abandon(self) -> None:
        """End a cluster that could not start, or whose start was cancelled."""
        host = self._stop()
        if host is not None:
            host.join()

    def __del__(self) -> None:
        """Warn about a forgotten close(); the finalizer stops the cluster."""
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
        """The value for a client's bootstrap.servers: "127.0.0.1:40123", several brokers separated by commas.

        Raises:
            ClusterError: it is not started.
        """
        if self._host is None:
            raise ClusterError("this cluster is not started; use it in a with block: with Cluster(...) as kafka")
        return waiting.result_of(self._host.started).bootstrap

    # Brokers

    def brokers(self) -> tuple[Broker, ...]:
        """Return each broker's address, and whether it runs."""
        return self._done(actions.brokers)

    def stop_broker(self, broker_id: int) -> None:
        """Stop the broker if it runs: others lead its partitions, its port closes, its connections are cut."""
        self._done(actions.change_broker, broker_id, start=False)

    def start_broker(self, broker_id: int) -> None:
        """Start the broker again at its address. It leads again the partitions whose preferred leader it is."""
        self._done(actions.change_broker, broker_id, start=True)

    def move_leader(self, topic: str, partition: int, broker_id: int) -> None:
        """Make that broker the partition's leader. If it has no replica, it replaces the last one."""
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
        """Create a topic and return it. Defaults: num.partitions and default.replication.factor.

        config: Kafka's topic configs by name, such as {"cleanup.policy": "compact"}.
        """
        texts = {key: config_text(value) for key, value in (config or {}).items()}
        return self._done(actions.create_topic, name, partitions, replication_factor, texts)

    def delete_topic(self, name: str) -> None:
        """Delete the topic and its records."""
        self._done(actions.delete_topic, name)

    def topics(self) -> list[Topic]:
        """Return all topics with their partitions and offsets, sorted by name, without Kafka's internal ones."""
        return self._done(actions.topics)

    def topic(self, name: str) -> Topic:
        """Return the topic of that name, also an internal one."""
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
            raise ClusterError(f"extend takes a list of records; use append({topic!r}, ...) for one")
        new = [each if isinstance(each, NewRecord) else NewRecord(value=each) for each in records]
        return self._done(actions.extend, topic, new, dated_ms=wall_clock_ms())

    def records(
        self, topic: str, partition: int | None = None, *, isolation_level: IsolationLevel = "read_uncommitted"
    ) -> list[Record]:
        """Return all records of that partition, or of all partitions, one partition after the other.

        isolation_level: "read_committed" leaves out records of open and aborted transactions.
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
        """Wait for at least this many records, and return them as records() does. The topic need not exist yet.

        Raises:
            TimeoutError: there are fewer; the message says how many.
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
        """Return all groups with members, committed offsets and lag, sorted by id."""
        return self._done(groups.groups)

    def group(self, group_id: str) -> Group:
        """Return the group of that id."""
        return self._done(groups.group, group_id)

    def lag(self, group_id: str) -> dict[TopicPartition, int]:
        """Return the group's lag in each of its partitions, see Group.lag."""
        return dict(self.group(group_id).lag)

    def wait_until_consumed(self, group_id: str, *topics: str, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until the group has committed past every record of these topics, or of all topics that it consumes.

        Name the topics if the group may not have joined yet. Records of open and aborted transactions do not count.

        Raises:
            TimeoutError: records are left; the message says which.
        """
        self._waited("wait_until_consumed", timeout_s, waiting.consumed, group_id, topics, timeout_s)

    async def wait_until_consumed_async(self, group_id: str, *topics: str, timeout_s: float = TIMEOUT_S) -> None:
        """As wait_until_consumed(), awaited with asyncio or trio."""
        await waiting.completed(self._call(waiting.consumed, group_id, topics, timeout_s))

    # All of it

    def reset(self) -> None:
        """Restore the state at the start, at the same addresses: no records, no groups, all brokers running.

        Topics and snapshot given to Cluster are restored, too. Connected clients are cut off, and connect again.
        """
        waiting.result_of(self._in_memory("reset").restart(None))

    def snapshot(self) -> Snapshot:
        """Return all topics, records, groups and offsets, for restore() or another Cluster(snapshot=...).

        Groups keep their members, as when a broker restarts: close consumers first, or later ones have to wait until
        the sessions time out.
        """
        return self._done(snapshots.taken)

    def restore(self, snapshot: Snapshot) -> None:
        """Restore the snapshot's state, at the same addresses. Clients are cut off, and connect again."""
        check_snapshot(snapshot)
        waiting.result_of(self._in_memory("restore").restart(snapshot))

    def describe(self) -> str:
        """Describe in text what the brokers have and saw: clients, topics, groups, the last errors."""
        return self._done(report.described, self._started().activity)

    # How it is asked

    def _started(self) -> Host:
        if self._host is None:
            raise ClusterError("this cluster is not started; use it in a with block: with Cluster(...) as kafka")
        return self._host

    def _in_memory(self, name: str) -> Host:
        if self._settings.data is not None:
            raise ClusterError(
                f"{name}() would delete what {self._settings.data} keeps; close this cluster, and start another one"
                " with a new directory, such as pytest's tmp_path"
            )
        return self._started()

    def _call(self, work: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> Future[T]:
        return self._started().call(lambda running: work(running, *args, **options))

    def _done(self, work: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
        return waiting.result_of(self._call(work, *args, **options))

    def _waited(self, name: str, timeout_s: float, work: Callable[..., Awaitable[T]], *args: Any) -> T:
        if waiting.in_event_loop():
            raise ClusterError(f"{name} would block this thread's event loop; use await {name}_async(...)")
        return waiting.result_of(self._call(work, *args), timeout_s + waiting.ANSWER_S)


def _end(host: Host) -> None:
    """Stop the host at the interpreter's exit, or when the cluster is garbage."""
    host.stop()
    host.join(waiting.ANSWER_S)
