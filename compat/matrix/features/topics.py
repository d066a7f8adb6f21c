"""Metadata and administration."""

from confluent_kafka.admin import AdminClient, NewPartitions

from compat.matrix.driver import Driver, FailedError, Row
from compat.matrix.features.stage import WAIT_S, Stage, wait_until


def connect(stage: Stage) -> None:
    """The client finds every broker where another client finds it."""
    known = AdminClient({"bootstrap.servers": stage.broker.bootstrap}).list_topics(timeout=WAIT_S).brokers
    expected = {(broker.id, broker.host, broker.port) for broker in known.values()}
    found = stage.driver().ask("metadata")["brokers"]
    assert {(row["id"], row["host"], row["port"]) for row in found} == expected


def metadata(stage: Stage) -> None:
    """Topics and their partitions, and what comes later, to a client that is connected already."""
    driver, topic = stage.driver(), stage.topic(3)
    wait_until("the topic is seen", lambda: driver.ask("metadata")["topics"].get(topic) == 3)
    later = stage.topic(2)
    admin = AdminClient({"bootstrap.servers": stage.broker.bootstrap})
    admin.create_partitions([NewPartitions(topic, 5)])[topic].result(WAIT_S)
    wait_until("the new topic is seen", lambda: driver.ask("metadata")["topics"].get(later) == 2)
    wait_until("the new partitions are seen", lambda: driver.ask("metadata")["topics"].get(topic) == 5)


def admin(stage: Stage) -> None:
    """What an administrator does, as far as the client can."""
    driver, lacks, topic = stage.driver(), stage.client.lacks, stage.new_name()
    other = AdminClient({"bootstrap.servers": stage.broker.bootstrap})
    configs = {"retention.ms": "3600000"}
    driver.ask("create_topic", topic=topic, partitions=2, replication_factor=1, configs=configs)
    wait_until("the topic is there", lambda: topic in other.list_topics(timeout=WAIT_S).topics)
    assert len(other.list_topics(topic, timeout=WAIT_S).topics[topic].partitions) == 2
    if "topic_config" not in lacks:
        assert driver.ask("topic_config", topic=topic)["configs"]["retention.ms"] == "3600000"
    if "alter_topic_config" not in lacks:
        driver.ask("alter_topic_config", topic=topic, name="retention.ms", value="7200000")
        assert driver.ask("topic_config", topic=topic)["configs"]["retention.ms"] == "7200000"
    if "add_partitions" not in lacks:
        driver.ask("add_partitions", topic=topic, count=4)
        assert len(other.list_topics(topic, timeout=WAIT_S).topics[topic].partitions) == 4
    if "groups" not in lacks:
        _groups(stage, topic)
    driver.ask("delete_topic", topic=topic)
    wait_until("the topic is gone", lambda: topic not in other.list_topics(timeout=WAIT_S).topics)


def _groups(stage: Stage, topic: str) -> None:
    driver, member, group = stage.driver(), stage.driver(), stage.new_name("g")
    stage.send(topic, [Row(None, b"x", partition=0)])
    member.ask("open", consumer="c", group=group, topics=[topic], settings={})
    member.poll("c", 1, 30_000)
    member.ask("commit", consumer="c")
    assert group in driver.ask("list_groups")["groups"]
    member.ask("close", consumer="c")
    if "delete_group" in stage.client.lacks:
        return
    wait_until("the group is empty and deleted", lambda: _deleted(driver, group))
    assert group not in driver.ask("list_groups")["groups"]


def _deleted(driver: Driver, group: str) -> bool:
    try:
        driver.ask("delete_group", group=group)
    except FailedError:
        return False
    return True
