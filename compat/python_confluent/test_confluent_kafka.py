"""confluent-kafka (librdkafka): produce, consume by assignment, admin."""

import time

import pytest
from confluent_kafka import (
    TIMESTAMP_CREATE_TIME,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

WAIT_S = 30


def produce(broker, topic, records, **options):
    """Sends (key, value) pairs to partition 0 and returns their offsets, in order."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, **options})
    offsets = []

    def delivered(error, message):
        assert error is None, error
        offsets.append(message.offset())

    for key, value in records:
        producer.produce(topic, value, key, partition=0, on_delivery=delivered)
    assert producer.flush(WAIT_S) == 0
    return offsets


def new_consumer(broker, **options):
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.auto.commit": False}
    return Consumer({**settings, **options})


def consume(broker, topic, count, start=0, **options):
    consumer = new_consumer(broker, **options)
    consumer.assign([TopicPartition(topic, 0, start)])
    records, deadline = [], time.monotonic() + WAIT_S
    while len(records) < count and time.monotonic() < deadline:
        for message in consumer.consume(count - len(records), 0.5):
            assert message.error() is None, message.error()
            records.append(message)
    consumer.close()
    assert len(records) == count, f"{len(records)} of {count} records within {WAIT_S} s"
    return records


@pytest.mark.parametrize("acks", ["1", "all"])
def test_offsets_are_dense_and_values_round_trip(broker, topic, acks):
    sent = [(b"k%d" % i, b"v%d" % i) for i in range(1000)]
    assert produce(broker, topic, sent, acks=acks) == list(range(1000))
    assert [(m.key(), m.value(), m.offset()) for m in consume(broker, topic, 1000)] == [
        (key, value, offset) for offset, (key, value) in enumerate(sent)
    ]


def test_acks_0(broker, topic):
    produce(broker, topic, [(None, b"first")])
    produce(broker, topic, [(None, b"%d" % i) for i in range(10)], acks="0")
    assert [m.value() for m in consume(broker, topic, 11)] == [b"first", *(b"%d" % i for i in range(10))]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_compression_is_stored_as_sent(broker, topic, codec):
    values = [b"the quick brown fox " * 20 + b"%d" % i for i in range(50)]
    options = {"compression.type": codec, "linger.ms": 50}
    produce(broker, topic, [(None, value) for value in values], **options)
    assert [m.value() for m in consume(broker, topic, 50)] == values
    assert set(broker.stored_codecs(topic)) == {codec}


@pytest.mark.parametrize("codec", ["uncompressed", "gzip", "snappy", "lz4", "zstd"])
def test_the_topic_recompresses(broker, topic, codec):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1, config={"compression.type": codec})])[topic].result(WAIT_S)
    values = [b"the quick brown fox " * 20 + b"%d" % i for i in range(50)]
    produce(broker, topic, [(None, value) for value in values], **{"compression.type": "snappy", "linger.ms": 50})
    assert [m.value() for m in consume(broker, topic, 50)] == values
    assert set(broker.stored_codecs(topic)) == {"none" if codec == "uncompressed" else codec}


def test_headers_null_key_null_value_and_timestamp(broker, topic):
    headers = [("a", b"1"), ("a", b""), ("b", None)]
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce(topic, None, b"gone", headers=headers, timestamp=1_700_000_000_123)
    producer.produce(topic, b"value", None)
    assert producer.flush(WAIT_S) == 0
    first, second = consume(broker, topic, 2)
    assert (first.key(), first.value(), first.headers()) == (b"gone", None, headers)
    assert first.timestamp() == (TIMESTAMP_CREATE_TIME, 1_700_000_000_123)
    assert (second.key(), second.value(), second.headers()) == (None, b"value", None)


def test_big_records_and_big_batches(broker, topic):
    values = [bytes([i]) * 200_000 for i in range(40)]
    options = {"batch.size": 1_000_000, "linger.ms": 100}
    produce(broker, topic, [(None, value) for value in values], **options)
    assert [m.value() for m in consume(broker, topic, 40)] == values


def test_a_record_that_is_too_large(broker, topic):
    errors = []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "message.max.bytes": 3_000_000})
    producer.produce(topic, b"x" * 2_000_000, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(WAIT_S) == 0
    assert errors[0].code() == KafkaError.MSG_SIZE_TOO_LARGE


def test_idempotent_producer(broker, topic):
    records = [(None, b"%d" % i) for i in range(2000)]
    assert produce(broker, topic, records, **{"enable.idempotence": True}) == list(range(2000))


def test_seek_by_offset_and_timestamp(broker, topic):
    base_ms = int(time.time() * 1000) - 100_000
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for i in range(100):
        producer.produce(topic, b"%d" % i, partition=0, timestamp=base_ms + i * 1000)
    assert producer.flush(WAIT_S) == 0
    assert consume(broker, topic, 1, start=57)[0].value() == b"57"
    consumer = new_consumer(broker)
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), WAIT_S) == (0, 100)
    (found,) = consumer.offsets_for_times([TopicPartition(topic, 0, base_ms + 41_500)], WAIT_S)
    assert found.offset == 42
    consumer.close()


def test_read_committed(broker, topic):
    produce(broker, topic, [(None, b"%d" % i) for i in range(10)])
    options = {"isolation.level": "read_committed"}
    assert [m.value() for m in consume(broker, topic, 10, **options)] == [b"%d" % i for i in range(10)]


def test_a_transactional_producer_is_told_at_once(broker, topic, request):
    if request.config.getoption("--broker") == "kafka":
        return
    producer = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": "t"})
    started = time.monotonic()
    with pytest.raises(KafkaException):
        producer.init_transactions(WAIT_S)
    assert time.monotonic() - started < 10, "kwire has no transactions yet; the client must not wait for them"


def test_admin(broker, topic):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, 3, 1, config={"retention.ms": "1234567"})])[topic].result(WAIT_S)
    with pytest.raises(KafkaException, match="TOPIC_ALREADY_EXISTS"):
        admin.create_topics([NewTopic(topic, 3, 1)])[topic].result(WAIT_S)
    resource = ConfigResource(ResourceType.TOPIC, topic)
    assert admin.describe_configs([resource])[resource].result(WAIT_S)["retention.ms"].value == "1234567"
    change = ConfigResource(
        ResourceType.TOPIC,
        topic,
        incremental_configs=[ConfigEntry("retention.ms", "7654321", incremental_operation=AlterConfigOpType.SET)],
    )
    admin.incremental_alter_configs([change])[change].result(WAIT_S)
    assert admin.describe_configs([resource])[resource].result(WAIT_S)["retention.ms"].value == "7654321"
    admin.create_partitions([NewPartitions(topic, 5)])[topic].result(WAIT_S)
    assert len(admin.list_topics(topic, WAIT_S).topics[topic].partitions) == 5
    assert admin.describe_cluster(request_timeout=WAIT_S).result(WAIT_S).nodes
    admin.delete_topics([topic])[topic].result(WAIT_S)


def test_list_offsets_and_delete_records(broker, topic):
    produce(broker, topic, [(None, b"%d" % i) for i in range(10)])
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    partition = TopicPartition(topic, 0, 4)
    assert admin.delete_records([partition])[partition].result(WAIT_S).low_watermark == 4
    assert listed_offset(admin, partition, OffsetSpec.earliest()) == 4
    assert listed_offset(admin, partition, OffsetSpec.latest()) == 10


def test_list_the_offset_of_the_newest_timestamp(broker, topic):
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for timestamp_ms in (1000, 5000, 3000, 5000, 2000):
        producer.produce(topic, b"x", partition=0, timestamp=timestamp_ms)
    assert producer.flush(WAIT_S) == 0
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    assert listed_offset(admin, TopicPartition(topic, 0), OffsetSpec.max_timestamp()) == 1


def listed_offset(admin, partition, spec):
    found = admin.list_offsets({partition: spec}, isolation_level=IsolationLevel.READ_COMMITTED)
    return found[partition].result(WAIT_S).offset
