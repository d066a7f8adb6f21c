"""LogWorld: producers, consumers and topics that come and go; no acknowledged record may be lost."""

from typing import ClassVar

import trio

from kwire.broker.metadata_snapshot import records_of
from tests.kit.ledger import Violation
from tests.simulation.clients import Admin, Consumer, IdempotentProducer, PlainProducer, Unanswered
from tests.simulation.faults import DISK_FATES, KINDS
from tests.simulation.world import World

SMALL = {"internal.segment.bytes": "3000", "index.interval.bytes": "200", "file.delete.delay.ms": "1000"}
PARTITIONS = {"synced": 2, "cached": 2, "trimmed": 1}
FLIGHTS = 14
RETRY_S = 0.1


class LogWorld(World):
    """One run."""

    STATIC: ClassVar = {"log.retention.check.interval.ms": "2000", "log.cleaner.enable": "false"}
    TOPICS: ClassVar = {
        "synced": (2, {"flush.messages": "1", "retention.ms": "-1", **SMALL}),
        "cached": (2, {"retention.ms": "-1", **SMALL}),
        "trimmed": (1, {"retention.ms": "-1", "retention.bytes": "6000", **SMALL}),
    }
    MUST_FIRE = KINDS + DISK_FATES

    def __init__(self, seed, clock):
        super().__init__(seed, clock)
        self._producers_seen = set()

    def is_trimmed(self, topic):
        return topic == "trimmed"

    def outlives_power(self, topic):
        return topic == "synced"

    def check_new_producer(self, producer_id, epoch):
        if (producer_id, epoch) in self._producers_seen:
            raise Violation(f"producer id {producer_id} is given out a second time")
        self._producers_seen.add((producer_id, epoch))

    # The run

    async def run(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.machine.run)
            await self.create_topics()
            async with trio.open_nursery() as work:
                work.start_soon(self.go_wrong)
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

    # The checks at the end

    async def _check_everything(self):
        """On a healthy machine, before and after one more kill."""
        for number in range(2):
            await self.make_healthy(f"last-{number}")
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


def _shown(record):
    fields = {
        name: getattr(record, name) for name in record.__slots__ if name not in {"leader_epoch", "partition_epoch"}
    }
    return f"{type(record).__name__} {fields}"
