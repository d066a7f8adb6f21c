"""Producers, consumers and an admin over the small client; every answer they get goes into the ledger."""

import trio

from kwire.client.connection import Client, ConnectionClosed
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_topics import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kwire.protocol.messages.delete_topics import DeleteTopicsRequest
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.init_producer_id import InitProducerIdRequest
from kwire.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch
from tests.kit.ledger import Violation
from tests.simulation.machine import Refused

TIMEOUT_S = 8
RETRY_S = 0.2
MAX_ATTEMPTS = 8
PRODUCE, FETCH, METADATA, INIT_PRODUCER_ID, LIST_OFFSETS, CREATE_TOPICS, DELETE_TOPICS = 9, 12, 9, 4, 7, 5, 4
"""Versions that name topics by name."""

RETRIABLE = {
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.KAFKA_STORAGE_ERROR,
    ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.LEADER_NOT_AVAILABLE,
    ErrorCode.FENCED_LEADER_EPOCH,
    ErrorCode.UNKNOWN_LEADER_EPOCH,
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,  # an earlier batch of the same flight failed; else given up
}


class Unanswered(Exception):  # noqa: N818 - what happened
    """No answer came: refused, cut, or late."""


class Peer:
    """A client's connections, one per broker, made when they are needed."""

    def __init__(self, world, name):
        self.world = world
        self.name = name
        self.random = world.random_of(name)
        self._clients = {}
        self._leaders = {}

    async def each(self, node_id, messages, version, timeout_s=TIMEOUT_S):
        """The answers to messages that are sent in one flight, as they come."""
        client = None
        try:
            with trio.fail_after(TIMEOUT_S):
                client = self._clients.get(node_id)
                if client is None:
                    client = self._clients[node_id] = Client(self.world.machine.connect(node_id))
                for message in messages:
                    await client.send(message, version)
            for message in messages:
                with trio.fail_after(timeout_s):
                    answer = await client.receive(message, version)
                yield answer
        except (ConnectionClosed, trio.TooSlowError, trio.ClosedResourceError, Refused) as error:
            await self.drop(node_id)
            raise Unanswered(type(error).__name__) from error

    async def ask(self, node_id, message, version, timeout_s=TIMEOUT_S):
        answers = [answer async for answer in self.each(node_id, [message], version, timeout_s)]
        return answers[0]

    async def drop(self, node_id):
        client = self._clients.pop(node_id, None)
        if client is not None:
            await client.aclose()
        self._leaders.clear()

    async def drop_all(self):
        for node_id in list(self._clients):
            await self.drop(node_id)

    def any_broker(self):
        return self.random.choice(self.world.node_ids)

    async def leader(self, topic, index):
        """The broker that leads the partition, as the metadata has it."""
        if (topic, index) not in self._leaders:
            request = MetadataRequest(topics=[MetadataRequestTopic(name=topic)], allow_auto_topic_creation=False)
            answer = await self.ask(self.any_broker(), request, METADATA)
            for partition in answer.topics[0].partitions:
                self._leaders[topic, partition.partition_index] = partition.leader_id
        leader = self._leaders.get((topic, index), -1)
        if leader < 0:
            self._leaders.clear()
            raise Unanswered("no leader")
        return leader

    def forget_leaders(self):
        self._leaders.clear()


def values_of(random, name, first, count):
    """Values that nobody else sends, mostly short."""
    sizes = [random.choice((0, 10, 100, 100, 400)) for _ in range(count)]
    return [b"%s/%d:%s" % (name.encode(), first + at, b"v" * size) for at, size in enumerate(sizes)]


def batch_of(values, now_ms, producer=(-1, -1, -1)):
    records = [Record(0, now_ms, b"k", value) for value in values]
    producer_id, epoch, sequence = producer
    return encode_batch(records, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)


def produce_request(topic, index, batch, acks=-1):
    data = [PartitionProduceData(index=index, records=bytes(batch))]
    return ProduceRequest(acks=acks, timeout_ms=5000, topic_data=[TopicProduceData(name=topic, partition_data=data)])


class IdempotentProducer(Peer):
    """Sends flights of batches with sequence numbers, again and again until each is acknowledged or given up."""

    def __init__(self, world, name):
        super().__init__(world, name)
        self.producer = None
        self.sequences = {}
        self.sent = 0

    async def run(self, flights):
        for _ in range(flights):
            topic, index = self.random.choice(self.world.partitions)
            await self._fly(topic, index)
            await trio.sleep(self.random.random() * 0.3)

    async def _begin(self):
        answer = await self.ask(self.any_broker(), InitProducerIdRequest(transactional_id=None), INIT_PRODUCER_ID)
        if answer.error_code:
            raise Unanswered(ErrorCode(answer.error_code).name)
        self.world.check_new_producer(answer.producer_id, answer.producer_epoch)
        self.producer = answer.producer_id, answer.producer_epoch
        self.sequences.clear()

    async def _fly(self, topic, index):
        ledger = self.world.ledger(topic, index)
        flight = []
        for _ in range(self.random.randint(1, 3)):
            values = values_of(self.random, self.name, self.sent, self.random.randint(1, 4))
            self.sent += len(values)
            ledger.send(values)
            flight.append(values)
        attempts = 0
        made = None
        while flight and attempts < MAX_ATTEMPTS:
            attempts += 1
            try:
                if self.producer is None:
                    made = None
                    await self._begin()
                if made is None:
                    made = self._batches(topic, index, flight)
                await self._try(topic, index, flight, made)
            except Unanswered as why:
                self.world.trace(f"{self.name}: {topic}-{index} {why}")
                await trio.sleep(RETRY_S * attempts)
        if flight:
            self.producer = None  # sequences would have a gap

    def _batches(self, topic, index, flight):
        batches = []
        for values in flight:
            sequence = self.sequences.get((topic, index), 0)
            batches.append(batch_of(values, self.world.machine.wall_ms(), (*self.producer, sequence)))
            self.sequences[topic, index] = sequence + len(values)
        return batches

    async def _try(self, topic, index, flight, batches):
        life = self.world.machine.life
        node_id = await self.leader(topic, index)
        requests = [produce_request(topic, index, batch) for batch in batches]
        errors = set()
        done = 0
        try:
            async for answer in self.each(node_id, requests, PRODUCE):
                row = answer.responses[0].partition_responses[0]
                if errors:
                    errors.add(row.error_code)
                elif row.error_code in {ErrorCode.NONE, ErrorCode.DUPLICATE_SEQUENCE_NUMBER}:
                    if row.error_code == ErrorCode.NONE:
                        self.world.acknowledged(topic, index, row.base_offset, flight[done], life)
                    done += 1
                else:
                    errors.add(row.error_code)
        finally:
            del flight[:done], batches[:done]
        if errors - RETRIABLE:
            self.world.trace(f"{self.name}: {topic}-{index} {sorted(errors)}")
            flight.clear()
            self.producer = None
        elif errors:
            self.forget_leaders()
            raise Unanswered(str(sorted(errors)))


class PlainProducer(Peer):
    """Sends each batch once; what is not acknowledged may be there or not."""

    async def run(self, batches, pause_s=0.3):
        sent = 0
        for _ in range(batches):
            topic, index = self.random.choice(self.world.partitions)
            values = values_of(self.random, self.name, sent, self.random.randint(1, 5))
            sent += len(values)
            life = self.world.machine.life
            acks = self.random.choice((-1, 1, 1, 0))
            try:
                node_id = await self.leader(topic, index)
                self.world.ledger(topic, index).send(values)
                request = produce_request(topic, index, batch_of(values, self.world.machine.wall_ms()), acks)
                if acks == 0:
                    async for _ in self.each(node_id, [], PRODUCE):
                        pass
                    await self._clients[node_id].send(request, PRODUCE)
                else:
                    answer = await self.ask(node_id, request, PRODUCE)
                    row = answer.responses[0].partition_responses[0]
                    if row.error_code == ErrorCode.NONE:
                        self.world.acknowledged(topic, index, row.base_offset, values, life)
                    else:
                        self.forget_leaders()
            except (Unanswered, ConnectionClosed) as why:
                self.world.trace(f"{self.name}: {topic}-{index} {why}")
                await self.drop_all()
            await trio.sleep(self.random.random() * pause_s)


class Consumer(Peer):
    """Reads every partition from its start on, for ever; what it gets must be what was sent."""

    def __init__(self, world, name):
        super().__init__(world, name)
        self.positions = {}
        self.high_watermarks = {}
        self.life = world.machine.life

    async def run(self):
        while True:
            topic, index = self.random.choice(self.world.partitions)
            try:
                await self.fetch(
                    topic, index, self.random.choice((1, 300, 5_000, 1_000_000)), self.random.choice((0, 400))
                )
            except Unanswered:
                await trio.sleep(RETRY_S)
            await trio.sleep(self.random.random() * 0.2)

    def start_over(self, topic, index):
        self.positions.pop((topic, index), None)
        self.high_watermarks.pop((topic, index), None)

    async def fetch(self, topic, index, max_bytes, wait_ms):
        """One fetch; returns (position, log start offset, high watermark, error)."""
        if self.life != self.world.machine.life:
            self.life = self.world.machine.life
            self.positions.clear()
            self.high_watermarks.clear()
        life = self.life
        key = topic, index
        node_id = await self.leader(topic, index)
        if key not in self.positions:
            self.positions[key] = await self._log_start(node_id, topic, index)
        position = self.positions[key]
        partition = FetchPartition(partition=index, fetch_offset=position, partition_max_bytes=max_bytes)
        request = FetchRequest(
            max_wait_ms=wait_ms,
            min_bytes=1,
            max_bytes=1_000_000,
            topics=[FetchTopic(topic=topic, partitions=[partition])],
        )
        answer = await self.ask(node_id, request, FETCH)
        row = answer.responses[0].partitions[0]
        if life != self.world.machine.life:
            raise Unanswered("of an earlier life")
        if row.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            if not self.world.is_trimmed(topic):
                raise Violation(f"{topic}-{index}: offset {position} is out of range")
            self.start_over(topic, index)
            raise Unanswered("out of range")
        if row.error_code:
            self.forget_leaders()
            raise Unanswered(ErrorCode(row.error_code).name)
        if row.high_watermark < self.high_watermarks.get(key, 0):
            raise Violation(
                f"{topic}-{index}: the high watermark fell from {self.high_watermarks[key]} to {row.high_watermark}"
            )
        self.high_watermarks[key] = row.high_watermark
        position = self.world.ledger(topic, index).take(bytes(row.records or b""), position)
        if position > row.high_watermark:
            raise Violation(f"{topic}-{index}: read up to {position}, beyond the high watermark {row.high_watermark}")
        self.positions[key] = position
        return position, row.log_start_offset, row.high_watermark

    async def _log_start(self, node_id, topic, index):
        asked = [ListOffsetsPartition(partition_index=index, timestamp=-2)]
        request = ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name=topic, partitions=asked)])
        answer = await self.ask(node_id, request, LIST_OFFSETS)
        row = answer.topics[0].partitions[0]
        if row.error_code:
            self.forget_leaders()
            raise Unanswered(ErrorCode(row.error_code).name)
        return row.offset


class Admin(Peer):
    """Creates and deletes topics, and knows which of them must be there."""

    async def create(self, topic, partitions, configs):
        """Whether the topic is there: True, or None where nobody knows, as a request without an answer may be late."""
        asked = CreatableTopic(
            name=topic,
            num_partitions=partitions,
            replication_factor=min(2, len(self.world.node_ids)),
            configs=[CreatableTopicConfig(name, value) for name, value in configs.items()],
        )
        try:
            answer = await self.ask(
                self.any_broker(), CreateTopicsRequest(topics=[asked], timeout_ms=5000), CREATE_TOPICS
            )
        except Unanswered:
            return None
        code = answer.topics[0].error_code
        self.world.trace(f"{self.name}: create {topic} {code}")
        return True if code == ErrorCode.NONE else None

    async def delete(self, topic):
        """Whether the topic is there: False, or None where nobody knows."""
        request = DeleteTopicsRequest(topic_names=[topic], timeout_ms=5000)
        try:
            answer = await self.ask(self.any_broker(), request, DELETE_TOPICS)
        except Unanswered:
            return None
        code = answer.responses[0].error_code
        self.world.trace(f"{self.name}: delete {topic} {code}")
        return False if code == ErrorCode.NONE else None

    async def run(self):
        """Topics come and go."""
        while True:
            await trio.sleep(0.2 + self.random.random())
            topic = f"churn-{self.random.randrange(4)}"
            expected = self.world.topics
            life = self.world.machine.life
            if expected.get(topic):
                expected[topic] = None
                outcome = await self.delete(topic)
            else:
                expected[topic] = None
                outcome = await self.create(topic, self.random.randint(1, 3), {"retention.ms": "1000"})
            if life == self.world.machine.life:
                expected[topic] = outcome
