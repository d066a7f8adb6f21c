"""World: one run of the simulation: a machine, its clients, what goes wrong, and the checks that every run needs."""

import hashlib
import logging
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from random import Random
from typing import ClassVar
from unittest import mock

import trio
import trio.testing

from kwire.broker import metadata_log
from kwire.cluster import upkeep as upkeep_module
from kwire.protocol.errors import ApiError
from kwire.storage.segments import store as store_module
from tests.kit.ledger import PartitionLedger, Violation
from tests.simulation.clients import Admin, Unanswered
from tests.simulation.faults import KINDS, Faults
from tests.simulation.machine import BugLog, Machine
from tests.simulation.scheduler import seeded

TIMEOUT_S = 900
"""Virtual seconds after which a run hangs."""


@dataclass
class Outcome:
    """What one seed did: how often each fault fired, figures, a digest of all that happened, and what went wrong."""

    seed: int
    fired: Counter = field(default_factory=Counter)
    figures: Counter = field(default_factory=Counter)
    digest: str = ""
    violation: str | None = None
    trace: list = field(default_factory=list)


class World:
    """One run. A kind of world says what its clients do, and what must be true at the end.

    STATIC: broker configs. TOPICS: name to (partitions, configs). PAUSE_S: the longest time between two faults of the
    machine. MUST_FIRE: what the report of many seeds must show to have happened.
    """

    STATIC: ClassVar = {}
    TOPICS: ClassVar = {}
    PAUSE_S = 1.5
    MUST_FIRE = KINDS

    def __init__(self, seed, clock):
        self.seed = seed
        self.random = Random(f"world {seed}")
        self.clock = clock
        self.events = []
        self.node_ids = list(range(1, self.random.randint(1, 3) + 1))
        enabled = frozenset(kind for kind in KINDS if self.random.random() < 0.6)
        self.faults = Faults(Random(f"faults {seed}"), clock.jump, enabled)
        self.machine = Machine(seed, len(self.node_ids), self.STATIC, self.faults, self.trace)
        self.machine.on_up = self._came_up
        self.partitions = [(topic, index) for topic, (count, _) in self.TOPICS.items() for index in range(count)]
        self.ledgers = {(topic, index): PartitionLedger(f"{topic}-{index}") for topic, index in self.partitions}
        self.topics = {}
        self.figures = Counter()
        self._life = 0

    async def run(self):
        """All that happens, and the checks."""
        raise NotImplementedError

    def patches(self):
        """What is patched in kwire while it runs."""
        return nullcontext()

    def random_of(self, name):
        return Random(f"{name} {self.seed}")

    def trace(self, event):
        self.events.append(f"{trio.current_time():.6f} {event}")

    def ledger(self, topic, index):
        return self.ledgers[topic, index]

    def is_trimmed(self, topic):
        return False

    def outlives_power(self, topic):
        """Whether what was acknowledged there is on the platter."""
        return True

    # What clients tell

    def acknowledged(self, topic, index, base_offset, values, life):
        """The reply to a request that was sent in that life."""
        self.trace(f"ack {topic}-{index} {base_offset} {len(values)} {values[0][:12]!r}")
        if life != self.machine.life and not self.outlives_power(topic):
            return  # the reply of a machine whose unsynced records are gone
        self.figures["records acknowledged"] += len(values)
        self.ledgers[topic, index].acknowledge(base_offset, values)

    # What a start must find

    def _came_up(self, cluster):
        power_was_lost = self._life != self.machine.life
        self._life = self.machine.life
        for topic, expected in self.topics.items():
            is_there = topic in cluster.image.topics
            if expected is not None and expected != is_there:
                raise Violation(f"{topic} should {'' if expected else 'not '}be there after the restart")
            if is_there and power_was_lost and topic in self.TOPICS and not self.outlives_power(topic):
                for index in range(self.TOPICS[topic][0]):
                    end = self.log(cluster, topic, index).log_end_offset
                    lost = self.ledgers[topic, index].forget_from(end)
                    self.figures["of them never synced and lost with the power"] += lost
        self._check_ends(cluster)

    def _check_ends(self, cluster):
        for (topic, index), ledger in self.ledgers.items():
            if ledger.acknowledged and topic in cluster.image.topics:
                end = self.log(cluster, topic, index).log_end_offset
                newest = max(ledger.acknowledged)
                if newest >= end:
                    raise Violation(
                        f"{topic}-{index}: {newest} was acknowledged, after the restart the log ends at {end}"
                    )

    def log(self, cluster, topic, index):
        try:
            return cluster.partition(topic, index).open()
        except ApiError as error:
            raise Unanswered(str(error)) from error

    # What every run does

    async def create_topics(self):
        await self.machine.wait_up()
        admin = Admin(self, "setup")
        for topic, (count, configs) in self.TOPICS.items():
            while not self.topics.get(topic):
                self.topics[topic] = await admin.create(topic, count, configs)
                await self.machine.wait_up()
                if topic in self.machine.cluster.image.topics:
                    self.topics[topic] = True

    async def go_wrong(self):
        machine, faults, random = self.machine, self.faults, self.random
        actions = [kind for kind in KINDS if kind in faults.enabled and kind != "connection cut"]
        while actions:
            await trio.sleep(random.random() * self.PAUSE_S)
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

    async def make_healthy(self, name):
        """Nothing goes wrong any more, and every broker runs. name: of a topic that is created for it."""
        self.faults.heal()
        self.faults.enabled = frozenset()
        await self.machine.wait_up()
        await Admin(self, "last").create(name, 1, {})  # cuts off what a refused decision left
        for node_id in self.node_ids:
            self.machine.start_broker(node_id)


def simulate(make_world, seed, *, keep_trace=False):
    """The outcome of that seed in that kind of world, always the same."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    world = make_world(seed, clock)
    bugs = BugLog()
    outcome = Outcome(seed)
    logger = logging.getLogger("kwire")
    small = replace(metadata_log._CONFIG, segment_bytes=3_000, file_delete_delay_ms=1000)
    with (
        seeded(seed),
        world.patches(),
        mock.patch.object(upkeep_module, "HOUSEKEEPING_INTERVAL_S", 1.0),
        mock.patch.object(store_module, "CHECKPOINT_INTERVAL_MS", 1_000),
        mock.patch.object(metadata_log, "METADATA_CHECKPOINT_RECORDS", 40),
        mock.patch.object(metadata_log, "_CONFIG", small),
        mock.patch.object(logger, "handlers", [bugs]),
        mock.patch.object(logger, "propagate", False),
    ):
        try:
            trio.run(_limited, world, clock=clock)
        except* Exception as group:  # noqa: BLE001 - it is shown with the seed that replays it
            outcome.violation = _said(group)
    if bugs.bugs:
        outcome.violation = "a bug was logged: " + bugs.bugs[0]
    outcome.fired = world.faults.fired + world.machine.disk.fates
    outcome.figures = world.figures
    outcome.digest = hashlib.sha256("\n".join(world.events).encode()).hexdigest()
    outcome.trace = world.events if keep_trace else []
    return outcome


async def _limited(world):
    with trio.move_on_after(TIMEOUT_S) as scope:
        await world.run()
    if scope.cancelled_caught:
        raise Violation(f"not finished after {TIMEOUT_S} virtual seconds")


def _said(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, Violation) else f"{type(error).__name__}: {error}"
