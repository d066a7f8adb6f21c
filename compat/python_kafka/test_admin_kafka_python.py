"""Requests of kafka-python's admin client: features, resources, loggers, producers, quorum, directories."""

import contextlib

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition, TopicPartitionReplica
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import LogDirNotFoundError, NoError


@pytest.fixture
def admin(broker):
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as client:
        yield client


def test_features(admin):
    told = admin.describe_features()["group.version"]
    assert (told["supported"], told["finalized"]) == ((0, 1), (1, 1))


def test_resources_that_have_configs(admin, topic):
    admin.create_topics([NewTopic(topic, 1, 1)])
    group = f"g-{topic}"
    admin.alter_configs([ConfigResource(ConfigResourceType.GROUP, group, {"consumer.session.timeout.ms": "46000"})])
    told = admin.list_config_resources()
    assert (told["broker"], told["broker_logger"]) == (["1"], ["1"])
    assert group in told["group"]
    assert topic in told["topic"]
    assert "topic" not in admin.list_config_resources(["GROUP"])


def test_levels_of_loggers(admin):
    def level():
        resource = ConfigResource(ConfigResourceType.BROKER_LOGGER, "1")
        return admin.describe_configs([resource], config_filter="all")["broker_logger"]["1"]["root"]["value"]

    before = level()
    for wanted in ("FATAL", before):
        admin.alter_configs([ConfigResource(ConfigResourceType.BROKER_LOGGER, "1", {"root": wanted})])
        assert level() == wanted


def test_producers_of_a_partition(broker, admin, topic):
    admin.create_topics([NewTopic(topic, 1, 1)])
    with contextlib.closing(KafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=True)) as producer:
        producer.send(topic, b"one").get(10)
        producer.send(topic, b"two").get(10)
    partition = TopicPartition(topic, 0)
    (state,) = admin.describe_producers([partition])[partition].active_producers
    assert (state.producer_epoch, state.last_sequence, state.current_transaction_start_offset) == (0, 1, -1)


def test_the_metadata_quorum(admin):
    told = admin.describe_metadata_quorum()
    (partition,) = told["topics"][0]["partitions"]
    assert partition["leader_id"] == 1
    assert [voter["replica_id"] for voter in partition["current_voters"]] == [1]
    assert partition["current_voters"][0]["log_end_offset"] == partition["high_watermark"] > 0


def test_replicas_are_where_they_are(broker, admin, topic):
    admin.create_topics([NewTopic(topic, 1, 1)])
    replica = TopicPartitionReplica(topic, 0, 1)
    assert admin.alter_replica_log_dirs({replica: str(broker.data)})[replica] is NoError
    assert admin.alter_replica_log_dirs({replica: "/nowhere"})[replica] is LogDirNotFoundError
