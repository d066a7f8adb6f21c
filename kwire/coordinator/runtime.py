"""The runtime of coordinators: shards, each a state machine over one partition of an internal topic.

A command is decided, its records appended and replayed, its timers set, in one go that nothing interrupts; its replies
leave when everything appended before them is durable. If an append fails, the shard forgets its state, tells all who
wait, and reads the log again. A shard whose partition gets another leader is unloaded; the next leader loads it.
"""

from __future__ import annotations

import logging
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import trio

from kwire.coordinator.loading import load
from kwire.coordinator.timers import Timers
from kwire.limits import LOADED_AT_ONCE_BYTES
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.records.batch import HEADER_BYTES
from kwire.protocol.records.record import keyed_batch
from kwire.storage.port import StorageError
from kwire.storage.replay import ReadableLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from kwire.coordinator.decision import Command, CoordinatorRecord, Decision, Machine
    from kwire.env import Env
    from kwire.protocol.records.batch import BatchHeader
    from kwire.storage.port import Appended


SEEN_BY_CLIENT = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
}
"""What a coordinator's client is told when the coordinator cannot write its log."""

_log = logging.getLogger(__name__)


class ShardPartition(ReadableLog, Protocol):
    """The partition of an internal topic that holds a shard."""

    index: int

    @property
    def size_bytes(self) -> int:
        """Size of its log.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR.
        """

    def append(self, batch: bytearray | memoryview, header: BatchHeader, now_ms: int) -> Appended:
        """The batch is the log's newest.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR, nothing was appended.
        """

    async def wait_durable(self, appended: Appended) -> None:
        """The append is as durable as it will be.

        Raises:
            ApiError: KAFKA_STORAGE_ERROR, it is not durable.
        """


class Reply:
    """A request that waits: a Waiter. It ends with a value or with an error."""

    __slots__ = ("_done", "_error", "_event", "_value")

    def __init__(self) -> None:
        self._done = False
        self._value: Any = None
        self._error: ErrorCode | None = None
        self._event: trio.Event | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is something to take."""
        return self._done

    def complete(self, value: Any) -> None:
        """The request is answered with the value, unless it has been already."""
        if not self._done:
            self._done, self._value = True, value
            if self._event is not None:
                self._event.set()

    def fail(self, code: ErrorCode) -> None:
        """The request is answered with the error, unless it has been already."""
        if not self._done:
            self._error = code
            self.complete(None)

    async def wait(self) -> Any:
        """The value.

        Raises:
            ApiError: it failed.
        """
        if not self._done:
            self._event = trio.Event()
            await self._event.wait()
        if self._error is not None:
            raise ApiError(self._error)
        return self._value


class _Pending:
    """Appends of one decision that are not durable yet. done is set at their end; failed tells which.

    before: the pending appends that came before. taken: somebody waits for the engine on behalf of all.
    """

    __slots__ = ("appends", "before", "done", "failed", "taken")

    def __init__(self, appends: Sequence[Appended], before: _Pending | None) -> None:
        self.appends = appends
        self.before = before
        self.done = trio.Event()
        self.failed = False
        self.taken = False


class Shard:
    """One partition's state while its broker leads it. machine: None while the log is being read."""

    __slots__ = ("leader", "machine", "partition", "pending", "unloaded", "waiting")

    def __init__(self, partition: ShardPartition, leader: int) -> None:
        self.partition = partition
        self.leader = leader
        self.machine: Machine | None = None
        self.pending: _Pending | None = None
        self.unloaded = False
        self.waiting: set[Reply] = set()


class Runtime:
    """All shards of one internal topic in this process.

    new_machine: an empty machine for a shard. max_batch_bytes: the longest batch that the topic takes. on_loaded: told
    of each shard that has been loaded.
    """

    def __init__(
        self,
        env: Env,
        new_machine: Callable[[], Machine],
        max_batch_bytes: Callable[[], int],
        on_loaded: Callable[[Shard], None] = lambda _shard: None,
    ) -> None:
        self._env = env
        self._new_machine = new_machine
        self._max_batch_bytes = max_batch_bytes
        self._on_loaded = on_loaded
        self._shards: dict[int, Shard] = {}
        self._timers = Timers()
        self._nursery: trio.Nursery | None = None
        self._waiting_for_loads = trio.lowlevel.ParkingLot()
        self._sooner = trio.Event()
        self._sleeping_until_s: float | None = None

    # Shards

    def shard(self, partition: ShardPartition, leader: int) -> Shard:
        """The loaded shard of the partition, which that broker leads.

        Raises:
            ApiError: COORDINATOR_LOAD_IN_PROGRESS; NOT_COORDINATOR, its log cannot be read.
        """
        shard = self._shards.get(partition.index)
        if shard is None or shard.partition is not partition or shard.leader != leader:
            self.unload(partition.index)
            shard = self._load(partition, leader)
        if shard.machine is None:
            raise ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        if shard.unloaded:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        return shard

    @property
    def shards(self) -> list[Shard]:
        """Every shard that is loaded or being loaded."""
        return list(self._shards.values())

    def unload(self, index: int) -> None:
        """The shard's state is forgotten, and whoever waits there is told to look for the coordinator again."""
        shard = self._shards.pop(index, None)
        if shard is None:
            return
        shard.unloaded = True
        self._timers.disarm_all(lambda key: key[0] is shard)
        for reply in shard.waiting:
            reply.fail(ErrorCode.NOT_COORDINATOR)
        shard.waiting.clear()

    def _load(self, partition: ShardPartition, leader: int) -> Shard:
        try:
            size_bytes = partition.size_bytes
        except ApiError as error:
            raise ApiError(ErrorCode.NOT_COORDINATOR, error.message) from error
        shard = self._shards[partition.index] = Shard(partition, leader)
        machine = self._new_machine()
        steps = load(partition, machine)
        if self._nursery is not None and size_bytes > LOADED_AT_ONCE_BYTES:
            self._nursery.start_soon(self._load_in_steps, shard, machine, steps)
            return shard
        try:
            for _ in steps:
                pass
        except (ApiError, StorageError) as error:
            self.unload(partition.index)
            raise ApiError(ErrorCode.NOT_COORDINATOR, str(error)) from error
        self._loaded(shard, machine)
        return shard

    async def _load_in_steps(self, shard: Shard, machine: Machine, steps: Iterator[None]) -> None:
        try:
            for _ in steps:
                await trio.lowlevel.checkpoint()
                if shard.unloaded:
                    return
            self._loaded(shard, machine)
        except (ApiError, StorageError) as error:
            _log.error("cannot load a coordinator's partition %d: %s", shard.partition.index, error)
            self.unload(shard.partition.index)
        finally:
            self._waiting_for_loads.unpark_all()

    async def wait_loaded(self) -> None:
        """No shard is being loaded any more."""
        while any(shard.machine is None for shard in self._shards.values()):
            await self._waiting_for_loads.park()

    def _loaded(self, shard: Shard, machine: Machine) -> None:
        shard.machine = machine
        now_ms = self._env.wall_ms()
        self._carry_out_alone(shard, machine.loaded(now_ms), now_ms)
        if not shard.unloaded:
            self._on_loaded(shard)

    # Commands

    async def execute(self, shard: Shard, command: Command) -> Any:
        """The reply to the command.

        Raises:
            ApiError: the machine's, or what stands in the way: NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE.
        """
        reply = self.execute_at_once(shard, command)
        return await reply if iscoroutine(reply) else reply

    def execute_at_once(self, shard: Shard, command: Command) -> Any:
        """As execute; a coroutine, which has not begun, only where the reply has to be waited for."""
        reply = Reply()
        now_ms = self._env.wall_ms()
        decision = self._decide(shard, command, reply, now_ms)
        pending = self._apply(shard, decision, now_ms)
        if pending is None:
            _deliver(decision)
            if decision.reply is not None:
                return decision.reply
        return self._wait_reply(shard, decision, reply, pending)

    async def _wait_reply(self, shard: Shard, decision: Decision, reply: Reply, pending: _Pending | None) -> Any:
        if shard.unloaded:  # since the decision
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        shard.waiting.add(reply)
        try:
            if pending is not None:
                await self._deliver_durable(shard, decision, reply, pending)
            return await reply.wait()
        finally:
            shard.waiting.discard(reply)

    def fire_due(self) -> None:
        """Every timer that is due by the clock has been decided."""
        for (shard, _), command in self._timers.due(self._env.clock_s()):
            if shard.machine is not None and not shard.unloaded:
                self.execute_alone(shard, command)

    def execute_alone(self, shard: Shard, command: Command) -> None:
        """The command, for whose reply nobody waits, is carried out; a failure is logged."""
        now_ms = self._env.wall_ms()
        try:
            decision = self._decide(shard, command, None, now_ms)
        except ApiError as error:
            _log.error("a coordinator cannot %s: %s", command, error)
        except Exception:  # noqa: BLE001 - all other groups' timers go on
            _log.exception("bug while a coordinator decides %s", command)
        else:
            self._carry_out_alone(shard, decision, now_ms)

    def _decide(self, shard: Shard, command: Command, reply: Reply | None, now_ms: int) -> Decision:
        """The machine's decision. After a bug, which may have left half of one, the log is read again."""
        if shard.machine is None or shard.unloaded:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        try:
            return shard.machine.decide(command, now_ms, reply)
        except ApiError:
            raise
        except Exception:
            self.unload(shard.partition.index)
            raise

    def _carry_out_alone(self, shard: Shard, decision: Decision, now_ms: int) -> None:
        try:
            pending = self._apply(shard, decision, now_ms)
        except ApiError as error:
            _log.error("a coordinator cannot write its partition %d: %s", shard.partition.index, error)
            return
        if pending is None:
            _deliver(decision)
        elif self._nursery is not None:
            self._nursery.start_soon(self._deliver_durable, shard, decision, None, pending)

    def _apply(self, shard: Shard, decision: Decision, now_ms: int) -> _Pending | None:
        """Records are appended and replayed, timers set. What has to become durable before the replies leave."""
        if decision.records:
            assert shard.machine is not None
            try:
                appends = [
                    shard.partition.append(batch, header, now_ms)
                    for batch, header in self._batches(decision.records, now_ms)
                ]
            except ApiError as error:
                self.unload(shard.partition.index)
                raise ApiError(SEEN_BY_CLIENT.get(error.code, error.code), error.message) from error
            for record in decision.records[decision.replayed :]:
                shard.machine.replay(record)
            if appends[-1].durable is not None:
                shard.pending = _Pending(appends, shard.pending)
        for timer in decision.timers:
            key = (shard, timer.key)
            if timer.delay_ms is None:
                self._timers.disarm(key)
            else:
                self._arm(key, timer.delay_ms, timer.command)
        return shard.pending

    def _batches(self, records: Sequence[CoordinatorRecord], now_ms: int) -> Iterator[tuple[bytearray, BatchHeader]]:
        """The records in as few batches as the topic takes."""
        limit = self._max_batch_bytes() - HEADER_BYTES
        rows: list[tuple[bytes, bytes | None]] = []
        batch_bytes = 0
        for record in records:
            size_bytes = record.size_bytes
            if size_bytes > limit:
                raise ApiError(ErrorCode.MESSAGE_TOO_LARGE)
            if batch_bytes + size_bytes > limit:
                yield keyed_batch(rows, now_ms)
                rows, batch_bytes = [], 0
            rows.append((record.key_bytes, record.value_bytes))
            batch_bytes += size_bytes
        yield keyed_batch(rows, now_ms)

    async def _deliver_durable(self, shard: Shard, decision: Decision, own: Reply | None, pending: _Pending) -> None:
        """The replies leave when the appends are durable; if they fail, unload has told everybody.

        Others' replies are among them, so that a client that goes away meanwhile holds none of them up.
        """
        with trio.CancelScope(shield=True):
            await self._wait_durable(shard, pending)
        if not pending.failed:
            _deliver(decision)
            if own is not None and decision.reply is not None:
                own.complete(decision.reply)

    async def _wait_durable(self, shard: Shard, pending: _Pending) -> None:
        if pending.taken:
            await pending.done.wait()
            return
        pending.taken = True
        try:
            for appended in pending.appends:
                await shard.partition.wait_durable(appended)
            if pending.before is not None:
                await self._wait_durable(shard, pending.before)
                pending.failed = pending.before.failed
        except ApiError as error:
            _log.error("a coordinator's partition %d lost an append: %s", shard.partition.index, error)
            pending.failed = True
        pending.before = None
        if pending.failed and not shard.unloaded:
            self.unload(shard.partition.index)
        if shard.pending is pending:
            shard.pending = None
        pending.done.set()

    # Timers

    async def run(self) -> NoReturn:
        """Timers go off when they are due, and long logs are loaded beside the requests, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                while True:
                    self.fire_due()
                    self._sooner = trio.Event()
                    deadline_s = self._sleeping_until_s = self._timers.next_deadline_s
                    timeout_s = float("inf") if deadline_s is None else max(deadline_s - self._env.clock_s(), 0)
                    with trio.move_on_after(timeout_s):
                        await self._sooner.wait()
            finally:
                self._nursery = None
        raise AssertionError("the loop ends by cancellation only")

    def start_soon(self, function: Callable[[], Awaitable[None]]) -> None:
        """The function runs beside the timers; it does not where they do not run."""
        if self._nursery is not None:
            self._nursery.start_soon(function)

    def _arm(self, key: tuple[Shard, Any], delay_ms: int, command: Command) -> None:
        deadline_s = self._env.clock_s() + delay_ms / 1000
        self._timers.arm(key, deadline_s, command)
        if self._sleeping_until_s is None or deadline_s < self._sleeping_until_s:
            self._sooner.set()


def _deliver(decision: Decision) -> None:
    for waiter, value in decision.replies:
        assert isinstance(waiter, Reply)
        waiter.complete(value)
