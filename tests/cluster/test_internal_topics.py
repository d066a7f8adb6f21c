import pytest

from kwire.cluster.internal_topics import java_hash, partition_for
from tests.kit.cluster import build_cluster


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", 0),
        ("a", 97),
        ("hello", 99162322),
        ("polygenelubricants", -(2**31)),
        ("aß", 97 * 31 + 0xDF),
        ("\U0001f600", 0xD83D * 31 + 0xDE00),
    ],
)
def test_the_hash_is_javas(text, value):
    assert java_hash(text) == value


def test_the_partition_is_the_hash_without_its_sign():
    assert partition_for("hello", 50) == 99162322 % 50
    assert partition_for("zzzzzz", 50) == abs(java_hash("zzzzzz")) % 50
    assert java_hash("zzzzzz") < 0
    assert partition_for("polygenelubricants", 50) == 0


@pytest.mark.parametrize(("brokers", "replicas"), [(1, 1), (2, 2), (4, 3)])
@pytest.mark.parametrize("name", ["__consumer_offsets", "__transaction_state", "__share_group_state"])
async def test_an_internal_topic_has_50_partitions_on_at_most_three_brokers(name, brokers, replicas):
    cluster = build_cluster(brokers)
    topic = await cluster.ensure_internal_topic(name)
    assert topic.is_internal
    assert [len(partition.replicas) for partition in topic.partitions] == [replicas] * 50
    assert await cluster.ensure_internal_topic(name) is topic
    config = cluster.configs.topic(name)
    assert config.segment_bytes == 4 * 1024 * 1024
    assert config.compact is (name != "__share_group_state")


async def test_its_logs_appear_with_their_first_record():
    cluster = build_cluster()
    await cluster.ensure_internal_topic("__consumer_offsets")
    assert [stored.topic for stored in cluster.store.list()] == ["__cluster_metadata"]
