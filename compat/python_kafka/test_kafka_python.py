"""kafka-python: produce, consume by assignment, admin."""

import contextlib
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

WAIT_S = 30


def produce(broker, topic, records, **options):
    """Sends (key, value) pairs and returns their metadata, in order."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, **options)
    with contextlib.closing(producer):
        futures = [producer.send(topic, key=key, value=value, partition=0) for key, value in records]
        producer.flush(WAIT_S)
        return [future.get(WAIT_S) for future in futures]


def consume(broker, topic, count, partition=0, start=0, **options):
    """The partition's first count records from an offset on."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None, **options)
    records = []
    with contextlib.closing(consumer):
        assigned = TopicPartition(topic, partition)
        consumer.assign([assigned])
        consumer.seek(assigned, start)
        deadline = time.monotonic() + WAIT_S
        while len(records) < count and time.monotonic() < deadline:
            for rows in consumer.poll(timeout_ms=500).values():
                records += rows
    assert len(records) >= count, f"{len(records)} of {count} records within {WAIT_S} s"
    return records


@pytest.mark.parametrize("acks", [1, "all"])
def test_offsets_are_dense_and_values_round_trip(broker, topic, acks):
    sent = [(b"k%d" % i, b"v%d" % i) for i in range(200)]
    metadata = produce(broker, topic, sent, acks=acks)
    assert [m.offset for m in metadata] == list(range(200))
    assert [(r.key, r.value, r.offset) for r in consume(broker, topic, 200)] == [
        (key, value, offset) for offset, (key, value) in enumerate(sent)
    ]


def test_acks_0(broker, topic):
    produce(broker, topic, [(None, b"first")], acks="all")
    produce(broker, topic, [(None, b"%d" % i) for i in range(10)], acks=0, enable_idempotence=False)
    assert [r.value for r in consume(broker, topic, 11)] == [b"first", *(b"%d" % i for i in range(10))]


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_compression_is_stored_as_sent(broker, topic, codec):
    from kafka import codec as kafka_codec

    if codec in {"snappy", "lz4", "zstd"} and not getattr(kafka_codec, f"has_{codec}")():
        pytest.fail(f"kafka-python has no {codec} here: install its library in the compat group")
    values = [b"the quick brown fox " * 20 + b"%d" % i for i in range(50)]
    produce(broker, topic, [(None, value) for value in values], compression_type=codec, linger_ms=50)
    assert [r.value for r in consume(broker, topic, 50)] == values
    assert set(broker.stored_codecs(topic)) == {codec or "none"}


def test_headers_null_key_and_null_value(broker, topic):
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    with contextlib.closing(producer):
        producer.send(topic, key=b"gone", value=None, headers=[("a", b"1"), ("a", b""), ("ü", b"\x00\xff")])
        producer.flush(WAIT_S)
    (record,) = consume(broker, topic, 1)
    assert (record.key, record.value) == (b"gone", None)
    assert list(record.headers) == [("a", b"1"), ("a", b""), ("ü", b"\x00\xff")]


def test_a_big_record(broker, topic):
    value = bytes(range(256)) * 3600
    produce(broker, topic, [(None, value)], max_request_size=2_000_000)
    assert consume(broker, topic, 1)[0].value == value


def test_seek_by_offset_and_timestamp(broker, topic):
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    base_ms = int(time.time() * 1000) - 100_000
    with contextlib.closing(producer):
        for i in range(100):
            producer.send(topic, value=b"%d" % i, partition=0, timestamp_ms=base_ms + i * 1000)
        producer.flush(WAIT_S)
    assert consume(broker, topic, 1, start=57)[0].value == b"57"
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    with contextlib.closing(consumer):
        partition = TopicPartition(topic, 0)
        assert consumer.beginning_offsets([partition]) == {partition: 0}
        assert consumer.end_offsets([partition]) == {partition: 100}
        found = consumer.offsets_for_times({partition: base_ms + 41_500})[partition]
        assert (found.offset, found.timestamp) == (42, base_ms + 42_000)


def test_a_waiting_consumer_gets_a_new_record_at_once(broker, topic):
    produce(broker, topic, [(None, b"first")])
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, fetch_max_wait_ms=20_000)
    with contextlib.closing(consumer):
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 1)
        assert consumer.poll(timeout_ms=300) == {}
        produce(broker, topic, [(None, b"second")])
        started = time.monotonic()
        rows = consumer.poll(timeout_ms=20_000)
        assert [r.value for r in rows[partition]] == [b"second"]
        assert time.monotonic() - started < 10


def test_idempotent_producer(broker, topic):
    metadata = produce(broker, topic, [(None, b"%d" % i) for i in range(500)], enable_idempotence=True, acks="all")
    assert [m.offset for m in metadata] == list(range(500))


def test_admin_topics(broker, topic):
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    with contextlib.closing(admin):
        admin.create_topics([NewTopic(topic, 3, 1, topic_configs={"retention.ms": "1234567"})])
        with pytest.raises(TopicAlreadyExistsError):
            admin.create_topics([NewTopic(topic, 3, 1)])
        assert topic in admin.list_topics()
        assert len(admin.describe_topics([topic])[0]["partitions"]) == 3
        admin.create_partitions({topic: NewPartitions(5)})
        assert len(admin.describe_topics([topic])[0]["partitions"]) == 5
        admin.delete_topics([topic])
        with pytest.raises(UnknownTopicOrPartitionError):
            admin.delete_topics([topic])


def test_admin_configs(broker, topic):
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    with contextlib.closing(admin):
        admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"retention.ms": "1234567"})])
        text = str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
        assert "1234567" in text
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": "7654321"})])
        text = str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
        assert "7654321" in text


def test_delete_records(broker, topic):
    produce(broker, topic, [(None, b"%d" % i) for i in range(10)])
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    with contextlib.closing(admin):
        admin.delete_records({TopicPartition(topic, 0): 4})
    assert consume(broker, topic, 6, start=4)[0].value == b"4"
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    with contextlib.closing(consumer):
        assert consumer.beginning_offsets([TopicPartition(topic, 0)]) == {TopicPartition(topic, 0): 4}
