"""World: one run of the simulation: a machine, its clients, what goes wrong, and the checks."""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from unittest import mock

import trio
import trio.testing

from kwire.broker import cluster as cluster_module
from kwire.broker import metadata_log
from kwire.broker.metadata_snapshot import records_of
from kwire.protocol.errors import ApiError
from kwire.storage.segments import store as store_module
from kwire.testing.ledger import PartitionLedger, Violation
from tests.simulation.clients import Admin, Consumer, IdempotentProducer, PlainProducer, Unanswered
from tests.simulation.faults import KINDS, Faults
from tests.simulation.machine import BugLog, Machine
from tests.simulation.scheduler import seeded

STATIC = {"log.retention.check.interval.ms": "2000", "log.cleaner.enable": "false"}
SMALL = {"internal.segment.bytes": "3000", "index.interval.bytes": "200", "file.delete.delay.ms": "1000"}
TOPICS = {
    "synced": {"flush.messages": "1", "retention.ms": "-1", **SMALL},
    "cached": {"retention.ms": "-1", **SMALL},
    "trimmed": {"retention.ms": "-1", "retention.bytes": "6000", **SMALL},
}
PARTITIONS = {"synced": 2, "cached": 2, "trimmed": 1}
FLIGHTS = 14
TIMEOUT_S = 900
"""Virtual seconds after which a run hangs."""


@dataclass
class Outcome:
    """What one seed did: how often each fault fired, a digest of all that happened, and what went wrong."""

    seed: int
    fired: Counter = field(default_factory=Counter)
    acknowledged: int = 0
    lost: int = 0
    digest: str = ""
    violation: str | None = None
    trace: list = field(default_factory=list)


class World:
    """One run."""

    def __init__(self, seed, clock):
        self.seed = seed
        self.random = Random(f"world {seed}")
        self.clock = clock
        self.events = []
        self.node_ids = list(range(1, self.random.randint(1, 3) + 1))
        enabled = frozenset(kind for kind in KINDS if self.random.random() < 0.6)
        self.faults = Faults(Random(f"faults {seed}"), clock.jump, enabled)
        self.machine = Machine(seed, len(self.node_ids), STATIC, self.faults, self.trace)
        self.machine.on_up = self._came_up
        self.partitions = [(topic, index) for topic, count in PARTITIONS.items() for index in range(count)]
        self.ledgers = {(topic, index): PartitionLedger(f"{topic}-{index}") for topic, index in self.partitions}
        self.topics = {}
        self.lost = 0
        self.total_acknowledged = 0
        self._producers_seen = set()
        self._life = 0

    def random_of(self, name):
        return Random(f"{name} {self.seed}")

    def trace(self, event):
        self.events.append(f"{trio.current_time():.6f} {event}")

    def ledger(self, topic, index):
        return self.ledgers[topic, index]

    def is_trimmed(self, topic):
        return topic == "trimmed"

    # What clients tell

    def acknowledged(self, topic, index, base_offset, values, life):
        """The reply to a request that was sent in that life."""
        self.trace(f"ack {topic}-{index} {base_offset} {len(values)} {values[0][:12]!r}")
        if life != self.machine.life and topic != "synced":
            return  # the reply of a machine whose unsynced records are gone
        self.total_acknowledged += len(values)
        self.ledgers[topic, index].acknowledge(base_offset, values)

    def check_new_producer(self, producer_id, epoch):
        if (producer_id, epoch) in self._producers_seen:
            raise Violation(f"producer id {producer_id} is given out a second time")
        self._producers_seen.add((producer_id, epoch))

    # What a start must find

    def _came_up(self, cluster):
        power_was_lost = self._life != self.machine.life
        self._life = self.machine.life
        for topic, expected in self.topics.items():
            is_there = topic in cluster.image.topics
            if expected is not None and expected != is_there:
                raise Violation(f"{topic} should {'' if expected else 'not '}be there after the restart")
            if is_there and power_was_lost and topic in PARTITIONS and topic != "synced":
                for index in range(PARTITIONS[topic]):
                    end = self._log(cluster, topic, index).log_end_offset
                    self.lost += self.ledgers[topic, index].forget_from(end)
        self._check_ends(cluster)

    def _check_ends(self, cluster):
        for (topic, index), ledger in self.ledgers.items():
            if ledger.acknowledged and topic in cluster.image.topics:
                end = self._log(cluster, topic, index).log_end_offset
                newest = max(ledger.acknowledged)
                if newest >= end:
                    raise Violation(
                        f"{topic}-{index}: {newest} was acknowledged, after the restart the log ends at {end}"
                    )

    def _log(self, cluster, topic, index):
        try:
            return cluster.partition(topic, index).log
        except ApiError as error:
            raise Unanswered(str(error)) from error

    # The run

    async def run(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.machine.run)
            await self._create_topics()
            async with trio.open_nursery() as work:
                work.start_soon(self._go_wrong)
                work.start_soon(Admin(self, "admin").run)
                for number in range(2):
                    work.start_soon(Consumer(self, f"c{number}").run)
                async with trio.open_nursery() as producers:
                    producers.start_soon(IdempotentProducer(self, "i0").run, FLIGHTS)
                    producers.start_soon(IdempotentProducer(self, "i1").run, FLIGHTS)
                    producers.start_soon(PlainProducer(self, "p0").run, FLIGHTS * 2)
                work.cancel_scope.cancel()
            await self._check_everything()
            nursery.cancel_scope.cancel()

    async def _create_topics(self):
        await self.machine.wait_up()
        admin = Admin(self, "setup")
        for topic, count in PARTITIONS.items():
            while not self.topics.get(topic):
                self.topics[topic] = await admin.create(topic, count, TOPICS[topic])
                await self.machine.wait_up()
                if topic in self.machine.cluster.image.topics:
                    self.topics[topic] = True

    async def _go_wrong(self):
        machine, faults, random = self.machine, self.faults, self.random
        actions = [kind for kind in KINDS if kind in faults.enabled and kind != "connection cut"]
        while actions:
            await trio.sleep(random.random() * 1.5)
            await machine.wait_up()
            await self._do(random.choice(actions), machine, faults, random)

    async def _do(self, kind, machine, faults, random):
        if kind in {"killed at a write", "killed while starting"}:
            faults.kill_kind = "killed at a write"
            faults.kill_in_writes = random.randint(1, 25)
            await trio.sleep(1)
            if kind == "killed while starting" and machine.cluster is not None:
                machine.kill("killed at rest")
            if kind == "killed while starting":
                faults.kill_kind = kind
                faults.kill_in_writes = random.randint(1, 12)
                await machine.wait_up()
            faults.kill_in_writes = None
            faults.kill_kind = "killed at a write"
        elif kind == "killed at rest":
            machine.kill(kind)
        elif kind == "power lost":
            machine.lose_power()
        elif kind == "stopped cleanly":
            machine.stop()
        elif kind == "broker stopped":
            await self._stop_a_broker(machine, random)
        elif kind == "clock jump":
            faults.fired[kind] += 1
            machine.skew_ms += random.randint(-3_600_000, 3_600_000)
        else:
            attribute = {"disk full": "is_full", "I/O error": "is_failing", "slow disk": "is_slow"}[kind]
            setattr(faults, attribute, True)
            await trio.sleep(random.random() * 3)
            setattr(faults, attribute, False)

    async def _stop_a_broker(self, machine, random):
        node_id = random.choice(self.node_ids)
        try:
            machine.stop_broker(node_id)
            await trio.sleep(random.random() * 2)
            if machine.cluster is not None:
                machine.start_broker(node_id)
        except ApiError as error:  # the disk: it is as it was
            self.trace(f"broker {node_id}: {error}")

    # The checks at the end

    async def _check_everything(self):
        """On a healthy machine, before and after one more kill."""
        self.faults.heal()
        self.faults.enabled = frozenset()
        for number in range(2):
            await self.machine.wait_up()
            await Admin(self, "last").create(f"last-{number}", 1, {})  # cuts off what a refused decision left
            for node_id in self.node_ids:
                self.machine.start_broker(node_id)
            await self._read_everything()
            image = self._image()
            self.machine.kill("killed at rest")
            await self.machine.wait_up()
            replayed = self._image()
            if replayed != image:
                differing = sorted({*replayed} ^ {*image})
                raise Violation(f"the replayed metadata log is not the live image: {differing}")

    def _image(self):
        """The image's records, but for the epochs, which a start raises where it cut a log."""
        return sorted(map(_shown, records_of(self.machine.cluster.image)))

    async def _read_everything(self):
        reader = Consumer(self, "reader")
        for topic, index in self.partitions:
            if topic not in self.machine.cluster.image.topics:
                continue
            for _ in range(200):
                try:
                    position, log_start_offset, high_watermark = await reader.fetch(topic, index, 100_000, 0)
                except Unanswered as why:
                    self.trace(f"reader: {topic}-{index} {why}")
                    await trio.sleep(RETRY_S)
                    continue
                if position >= high_watermark:
                    self.ledgers[topic, index].check_whole(log_start_offset, high_watermark)
                    break
            else:
                raise Violation(f"{topic}-{index} cannot be read on a healthy disk")


RETRY_S = 0.1


def _shown(record):
    fields = {
        name: getattr(record, name) for name in record.__slots__ if name not in {"leader_epoch", "partition_epoch"}
    }
    return f"{type(record).__name__} {fields}"


def simulate(seed, *, keep_trace=False):
    """The outcome of that seed, always the same."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    world = World(seed, clock)
    bugs = BugLog()
    outcome = Outcome(seed)
    logger = logging.getLogger("kwire")
    small = replace(metadata_log._CONFIG, segment_bytes=3_000, file_delete_delay_ms=1000)
    with (
        seeded(seed),
        mock.patch.object(cluster_module, "HOUSEKEEPING_INTERVAL_S", 1.0),
        mock.patch.object(store_module, "CHECKPOINT_INTERVAL_MS", 1_000),
        mock.patch.object(metadata_log, "METADATA_CHECKPOINT_RECORDS", 40),
        mock.patch.object(metadata_log, "_CONFIG", small),
        mock.patch.object(logger, "handlers", [bugs]),
        mock.patch.object(logger, "propagate", False),
    ):
        try:
            trio.run(_limited, world, clock=clock)
        except* Violation as group:
            outcome.violation = str(_first(group))
    if bugs.bugs:
        outcome.violation = "a bug was logged: " + bugs.bugs[0]
    outcome.fired = world.faults.fired + world.machine.disk.fates
    outcome.acknowledged, outcome.lost = world.total_acknowledged, world.lost
    outcome.digest = hashlib.sha256("\n".join(world.events).encode()).hexdigest()
    outcome.trace = world.events if keep_trace else []
    return outcome


async def _limited(world):
    with trio.move_on_after(TIMEOUT_S) as scope:
        await world.run()
    if scope.cancelled_caught:
        raise Violation(f"not finished after {TIMEOUT_S} virtual seconds")


def _first(group):
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
