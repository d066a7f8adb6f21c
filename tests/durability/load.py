"""A write load on a real broker process that is killed: what it was told goes into ledgers, kept over all restarts."""

import os
import random
import re
import signal
import subprocess
import sys
import time

import trio

from kwire.client.connection import Client, ConnectionClosed, connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_topics import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.init_producer_id import InitProducerIdRequest
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kwire.protocol.messages.metadata import MetadataRequest
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch
from tests.kit.ledger import PartitionLedger, Violation

START_S = 20
PRODUCE, FETCH, METADATA, INIT_PRODUCER_ID, LIST_OFFSETS, CREATE_TOPICS, DELETE_TOPICS = 9, 12, 9, 4, 7, 5, 4
SMALL = {"internal.segment.bytes": "20000", "index.interval.bytes": "500", "file.delete.delay.ms": "100"}
TOPICS = {"kept": (3, {**SMALL, "retention.ms": "-1"}), "trimmed": (2, {**SMALL, "retention.bytes": "60000"})}
CONFIG = ("--config", "log.retention.check.interval.ms=50", "--config", "log.flush.scheduler.interval.ms=50")


def now_ms():
    """Producers whose newest record is old are forgotten, so the time must be right."""
    return time.time_ns() // 1_000_000


class Broker:
    """One `kwire serve` process on the data directory."""

    def __init__(self, data):
        command = [sys.executable, "-m", "kwire", "serve", "--data", data, "--listen", "127.0.0.1:0", *CONFIG]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.search(r"listens on (\S+):(\d+) ", line)
        if match is None:
            raise Violation(f"the broker does not start: {line} {self.process.stderr.read()}")
        self.host, self.port = match[1], int(match[2])

    def kill(self):
        """The process is gone, as by kill -9."""
        os.kill(self.process.pid, signal.SIGKILL)
        self._wait()

    def stop(self):
        """The process has ended cleanly."""
        self.process.send_signal(signal.SIGTERM)
        self._wait()
        assert self.process.returncode == 0

    def _wait(self):
        _, errors = self.process.communicate(timeout=START_S)
        if "Traceback" in errors:
            raise Violation(errors)


class Load:
    """Producers, topics that come and go, and ledgers. Each run lasts until the broker is killed under it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.ledgers = {
            (topic, index): PartitionLedger(f"{topic}-{index}")
            for topic, (count, _) in TOPICS.items()
            for index in range(count)
        }
        self.topics = {}
        self.acknowledged = 0
        self._names = 0
        self._unfinished = []

    def _values(self):
        self._names += 1
        return [
            b"%d/%d:" % (self._names, at) + b"v" * self.random.choice((0, 50, 900))
            for at in range(self.random.randint(1, 5))
        ]

    async def create_topics(self, broker):
        """The topics of the ledgers are there."""
        async with connected(broker.host, broker.port) as client:
            for topic, (partitions, configs) in TOPICS.items():
                await self._create(client, topic, partitions, configs)

    async def _create(self, client, topic, partitions, configs):
        self.topics[topic] = None
        asked = CreatableTopic(
            name=topic,
            num_partitions=partitions,
            replication_factor=1,
            configs=[CreatableTopicConfig(name, value) for name, value in configs.items()],
        )
        answer = await client.request(CreateTopicsRequest(topics=[asked], timeout_ms=5000), CREATE_TOPICS)
        assert answer.topics[0].error_code in {ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS}
        self.topics[topic] = True

    async def run_until_killed(self, broker, after_s):
        """Writes until the broker is killed, after_s seconds from now."""
        async with trio.open_nursery() as nursery:
            for work in (self._produce_plain, self._produce_idempotent, self._produce_idempotent, self._change_topics):
                nursery.start_soon(self._until_closed, work, broker)
            await trio.sleep(after_s)
            broker.process.kill()
        await trio.to_thread.run_sync(broker.kill)

    async def _until_closed(self, work, broker):
        try:
            async with connected(broker.host, broker.port) as client:
                await work(client)
        except (ConnectionClosed, OSError):
            return

    async def _produce_plain(self, client):
        while True:
            key = self.random.choice(list(self.ledgers))
            values = self._values()
            self.ledgers[key].send(values)
            await self._send(
                client, [(key, values, encode_batch([Record(0, now_ms(), None, value) for value in values]))]
            )

    async def _produce_idempotent(self, client):
        """First what the last broker did not answer, byte for byte; then a flight of batches at a time."""
        while self._unfinished:
            await self._send_surely(client, self._unfinished.pop())
        answer = await client.request(InitProducerIdRequest(transactional_id=None), INIT_PRODUCER_ID)
        sequences = dict.fromkeys(self.ledgers, 0)
        while True:
            flight = []
            for _ in range(self.random.randint(1, 4)):
                key = self.random.choice(list(self.ledgers))
                values = self._values()
                self.ledgers[key].send(values)
                records = [Record(0, now_ms(), None, value) for value in values]
                batch = encode_batch(
                    records, producer_id=answer.producer_id, producer_epoch=0, base_sequence=sequences[key]
                )
                sequences[key] += len(values)
                flight.append((key, values, batch))
            await self._send_surely(client, flight)

    async def _send_surely(self, client, flight):
        try:
            await self._send(client, flight)
        except (ConnectionClosed, OSError):
            self._unfinished.append(flight)
            raise

    async def _send(self, client, flight):
        """All batches leave at once; each answer goes into the ledger."""
        requests = []
        for (topic, index), _, batch in flight:
            data = [PartitionProduceData(index=index, records=bytes(batch))]
            requests.append(ProduceRequest(acks=-1, topic_data=[TopicProduceData(name=topic, partition_data=data)]))
            await client.send(requests[-1], PRODUCE)
        for request, (key, values, _) in zip(requests, flight, strict=True):
            row = (await client.receive(request, PRODUCE)).responses[0].partition_responses[0]
            if row.error_code != ErrorCode.NONE:
                raise Violation(f"{key}: {ErrorCode(row.error_code).name}")
            self.ledgers[key].acknowledge(row.base_offset, values)
            self.acknowledged += len(values)

    async def _change_topics(self, client):
        while True:
            topic = f"churn-{self.random.randrange(3)}"
            if self.topics.get(topic):
                self.topics[topic] = None
                await client.request(DeleteTopicsRequest(topic_names=[topic], timeout_ms=5000), DELETE_TOPICS)
                self.topics[topic] = False
            else:
                await self._create(client, topic, 2, {})
            await trio.sleep(0.01)

    async def check(self, broker):
        """Everything that was acknowledged is there, and nothing but what was sent.

        Raises:
            Violation.
        """
        async with connected(broker.host, broker.port) as client:
            answer = await client.request(MetadataRequest(topics=None), METADATA)
            there = {topic.name for topic in answer.topics}
            for topic, expected in self.topics.items():
                if expected is not None and expected != (topic in there):
                    raise Violation(f"{topic} should {'' if expected else 'not '}be there")
            for (topic, index), ledger in self.ledgers.items():
                ledger.read.clear()
                await self._read(client, topic, index, ledger)

    async def _read(self, client: Client, topic, index, ledger):
        while True:
            request = ListOffsetsRequest(
                replica_id=-1,
                topics=[ListOffsetsTopic(topic, [ListOffsetsPartition(partition_index=index, timestamp=-2)])],
            )
            position = start = (await client.request(request, LIST_OFFSETS)).topics[0].partitions[0].offset
            if topic == "kept" and start:
                raise Violation(f"{ledger.name} starts at {start}")
            while True:
                partition = FetchPartition(partition=index, fetch_offset=position, partition_max_bytes=1_000_000)
                request = FetchRequest(max_bytes=1_000_000, topics=[FetchTopic(topic=topic, partitions=[partition])])
                row = (await client.request(request, FETCH)).responses[0].partitions[0]
                if row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE and topic == "trimmed":
                    break  # retention is at work: once more
                if row.error_code:
                    raise Violation(f"{ledger.name} at {position}: {ErrorCode(row.error_code).name}")
                position = ledger.take(bytes(row.records or b""), position)
                if position >= row.high_watermark:
                    ledger.check_whole(max(start, row.log_start_offset), row.high_watermark)
                    return
