from kwire.broker.metadata import BrokerImage, MetadataImage, PartitionImage
from kwire.broker.metadata_snapshot import records_of
from kwire.protocol.messages.records.cluster_metadata import (
    BrokerRegistrationChangeRecord,
    ConfigRecord,
    FeatureLevelRecord,
    NoOpRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RemoveTopicRecord,
    TopicRecord,
    UnregisterBrokerRecord,
)

TOPIC_ID = bytes(range(16))


def replayed(*records):
    image = MetadataImage()
    for record in records:
        image.replay(record)
    return image


def topic_records():
    return [
        TopicRecord(name="t", topic_id=TOPIC_ID),
        PartitionRecord(0, TOPIC_ID, [1, 2], [1, 2], leader=1, leader_epoch=0, partition_epoch=0),
    ]


def test_a_topic_is_found_by_name_and_by_id():
    image = replayed(*topic_records())
    assert image.topic("t") is image.topic_by_id(TOPIC_ID)
    assert image.topic("t").partitions == [PartitionImage(0, [1, 2], [1, 2], 1, 0, 0)]


def test_a_new_leader_raises_the_leader_epoch_and_every_change_the_partition_epoch():
    image = replayed(*topic_records())
    partition = image.topics["t"].partitions[0]
    image.replay(PartitionChangeRecord(0, TOPIC_ID, isr=[1]))
    assert (partition.leader, partition.leader_epoch, partition.partition_epoch, partition.isr) == (1, 0, 1, [1])
    image.replay(PartitionChangeRecord(0, TOPIC_ID, leader=2, isr=[2]))
    assert (partition.leader, partition.leader_epoch, partition.partition_epoch, partition.isr) == (2, 1, 2, [2])
    image.replay(PartitionChangeRecord(0, TOPIC_ID, leader=2, replicas=[2, 3]))
    assert (partition.leader_epoch, partition.replicas) == (2, [2, 3])
    assert image.topics["t"].partitions[0] is partition


def test_a_removed_topic_takes_its_configs_along():
    image = replayed(
        *topic_records(),
        ConfigRecord(2, "t", "retention.ms", "1"),
        ConfigRecord(4, "t", "retention.ms", "1"),
        RemoveTopicRecord(TOPIC_ID),
    )
    assert not image.topics
    assert not image.topics_by_id
    assert image.configs == {(4, "t"): {"retention.ms": "1"}}


def test_a_config_without_a_value_is_gone():
    image = replayed(ConfigRecord(2, "t", "a", "1"), ConfigRecord(2, "t", "b", "2"), ConfigRecord(2, "t", "a", None))
    assert image.configs == {(2, "t"): {"b": "2"}}
    image.replay(ConfigRecord(2, "t", "b", None))
    image.replay(ConfigRecord(2, "t", "never", None))
    assert image.configs == {}


def test_brokers_come_are_fenced_and_go():
    image = replayed(
        RegisterBrokerRecord(broker_id=2, broker_epoch=5, rack=None, fenced=False),
        RegisterBrokerRecord(broker_id=1, broker_epoch=6, rack="r", fenced=True),
    )
    assert list(image.brokers.values()) == [BrokerImage(1, 6, "r", fenced=True), BrokerImage(2, 5, None, fenced=False)]
    assert image.running == [2]
    image.replay(BrokerRegistrationChangeRecord(1, 6, fenced=-1))
    image.replay(BrokerRegistrationChangeRecord(2, 5, fenced=1))
    image.replay(BrokerRegistrationChangeRecord(2, 5))
    assert image.running == [1]
    image.replay(UnregisterBrokerRecord(2, 5))
    assert list(image.brokers) == [1]


def test_features_and_producer_ids():
    image = replayed(
        FeatureLevelRecord("a", 3),
        FeatureLevelRecord("b", 1),
        FeatureLevelRecord("b", 0),
        ProducerIdsRecord(1, 0, 4000),
    )
    assert (image.features, image.next_producer_id) == ({"a": 3}, 4000)


def test_every_record_raises_the_version_known_or_not():
    assert replayed(NoOpRecord(), NoOpRecord()).version == 2


def test_the_records_of_an_image_build_it():
    image = replayed(
        RegisterBrokerRecord(broker_id=1, broker_epoch=1, rack="r", fenced=True),
        *topic_records(),
        PartitionChangeRecord(0, TOPIC_ID, leader=-1),
        ConfigRecord(2, "t", "a", "1"),
        FeatureLevelRecord("f", 2),
        ProducerIdsRecord(1, 0, 7),
    )
    built = replayed(*records_of(image))
    built.version = image.version
    assert built == image
