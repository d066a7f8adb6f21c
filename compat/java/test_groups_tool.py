"""Apache Kafka's kafka-consumer-groups tool on a group of confluent-kafka: lists, lag, resets, deletions."""

import contextlib
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from compat import apache_kafka

WAIT_S = 60
PARTITIONS = 2
RECORDS = 30
START_MS = (int(time.time()) - 3600) * 1000
"""The first record's time; the others follow by a second each."""

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


class Group:
    """A group with its topic, and the tool to look at both."""

    def __init__(self, broker, topic, **options):
        self.broker, self.topic, self.group_id, self.options = broker, topic, f"g-{topic}", options

    def tool(self, *arguments, fails=False):
        """What the tool prints."""
        main_class = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
        command = apache_kafka.java(main_class, "--bootstrap-server", self.broker.bootstrap, *arguments)
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WAIT_S)
        said = done.stdout + done.stderr
        assert fails or (done.returncode == 0 and "Error:" not in said), said
        return said

    def fill(self):
        """The topic has its records, every other one in each partition."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        admin.create_topics([NewTopic(self.topic, PARTITIONS, 1)])[self.topic].result(WAIT_S)
        producer = Producer({"bootstrap.servers": self.broker.bootstrap})
        for number in range(RECORDS):
            partition = number % PARTITIONS
            producer.produce(self.topic, b"%d" % number, partition=partition, timestamp=START_MS + number * 1000)
        assert producer.flush(WAIT_S) == 0

    @contextlib.contextmanager
    def member(self):
        """A member that has read and committed everything."""
        settings = {"bootstrap.servers": self.broker.bootstrap, "group.id": self.group_id, "client.id": "reader"}
        settings |= {"auto.offset.reset": "earliest", "enable.auto.commit": False}
        with contextlib.closing(Consumer(settings | self.options)) as consumer:
            consumer.subscribe([self.topic])
            assert len(consumer.consume(RECORDS, WAIT_S)) == RECORDS
            consumer.commit(asynchronous=False)
            yield consumer

    def rows(self, *arguments):
        """The rows of the group that the tool prints, after the group's id."""
        lines = (line.split() for line in self.tool("--group", self.group_id, *arguments).splitlines())
        return [row[1:] for row in lines if row and row[0] == self.group_id]

    def offsets(self):
        """Partition to (committed offset, lag)."""
        rows = self.rows("--describe")
        assert {(row[0], row[3]) for row in rows} <= {(self.topic, str(RECORDS // PARTITIONS))}
        return {int(row[1]): (int(row[2]), int(row[4])) for row in rows}

    def reset(self, *arguments):
        """Partition to the offset that the tool says is the new one."""
        rows = self.rows("--reset-offsets", *arguments)
        return {int(row[1]): int(row[2]) for row in rows}


@pytest.fixture
def group(broker, topic):
    made = Group(broker, topic)
    made.fill()
    return made


def test_a_consumer_group_with_a_member(broker, topic):
    group = Group(broker, topic, **{"group.protocol": "consumer"})
    group.fill()
    with group.member():
        assert re.search(rf"^{group.group_id} +Consumer *$", group.tool("--list", "--type"), re.MULTILINE)
        assert group.group_id in group.tool("--list", "--type", "consumer", "--state", "stable").split()
        assert group.offsets() == {0: (15, 0), 1: (15, 0)}
        (state,) = group.rows("--describe", "--state", "--verbose")
        assert state[-5:-3] == ["uniform", "Stable"]
        assert state[-3] == state[-2], "the group's epoch and its assignment's"
        (member,) = group.rows("--describe", "--members", "--verbose")
        assert member[2:4] == ["reader", "2"]
        assert f"{group.topic}:0,1" in " ".join(member)
        said = group.tool("--reset-offsets", "--group", group.group_id, "--all-topics", "--to-earliest", fails=True)
        assert f"Assignments can only be reset if the group '{group.group_id}' is inactive" in said
        assert "GroupNotEmptyException" in group.tool("--delete", "--group", group.group_id, fails=True)
    assert group.reset("--all-topics", "--to-earliest", "--execute") == {0: 0, 1: 0}
    assert group.offsets() == {0: (0, 15), 1: (0, 15)}
    assert "successful" in group.tool("--delete", "--group", group.group_id)


def test_a_group_with_a_member(group):
    with group.member():
        assert re.search(rf"^{group.group_id} +Stable *$", group.tool("--list", "--state"), re.MULTILINE)
        assert group.group_id in group.tool("--list", "--state", "stable").split()
        assert group.group_id not in group.tool("--list", "--state", "empty,preparingrebalance").split()
        assert re.search(rf"^{group.group_id} +Classic *$", group.tool("--list", "--type"), re.MULTILINE)
        assert group.group_id in group.tool("--list", "--type", "classic").split()
        assert group.group_id not in group.tool("--list", "--type", "consumer").split()
        assert group.offsets() == {0: (15, 0), 1: (15, 0)}
        (state,) = group.rows("--describe", "--state")
        assert state[-3:] == ["range", "Stable", "1"]
        (member,) = group.rows("--describe", "--members", "--verbose")
        assert member[0].startswith("reader-")
        assert member[2:4] == ["reader", "2"]
        assert f"{group.topic}:0,1" in " ".join(member)
        said = group.tool("--reset-offsets", "--group", group.group_id, "--all-topics", "--to-earliest", fails=True)
        assert f"Assignments can only be reset if the group '{group.group_id}' is inactive" in said
        assert "GroupNotEmptyException" in group.tool("--delete", "--group", group.group_id, fails=True)
        told = ["--delete-offsets", "--group", group.group_id, "--topic", group.topic]
        assert "GroupSubscribedToTopicException" in group.tool(*told, fails=True)
    assert group.group_id in group.tool("--list", "--state", "empty").split()


def test_offsets_are_reset(group, tmp_path):
    with group.member():
        pass
    one = ["--topic", group.topic]
    assert group.reset(*one, "--to-earliest", "--dry-run") == {0: 0, 1: 0}
    assert group.offsets() == {0: (15, 0), 1: (15, 0)}
    assert group.reset(*one, "--to-earliest", "--execute") == {0: 0, 1: 0}
    assert group.offsets() == {0: (0, 15), 1: (0, 15)}
    assert group.reset("--topic", f"{group.topic}:1", "--to-offset", "6", "--execute") == {1: 6}
    assert group.reset("--all-topics", "--shift-by", "4", "--execute") == {0: 4, 1: 10}
    assert group.reset("--all-topics", "--shift-by", "-7", "--execute") == {0: 0, 1: 3}
    plan = tmp_path / "plan.csv"
    told = ["--group", group.group_id, "--reset-offsets", *one, "--to-current", "--dry-run", "--export"]
    plan.write_text(group.tool(*told))
    asked = datetime.fromtimestamp(START_MS / 1000 + 10.5, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    assert group.reset(*one, "--to-datetime", asked, "--execute") == {0: 6, 1: 5}  # records 12 and 11
    assert group.offsets() == {0: (6, 9), 1: (5, 10)}
    assert group.reset(*one, "--by-duration", "P7D", "--dry-run") == {0: 0, 1: 0}
    assert group.reset("--from-file", str(plan), "--execute") == {0: 0, 1: 3}
    assert group.offsets() == {0: (0, 15), 1: (3, 12)}
    assert group.reset(*one, "--to-latest", "--execute") == {0: 15, 1: 15}


def test_offsets_and_groups_are_deleted(group):
    with group.member():
        pass
    group.tool("--delete-offsets", "--group", group.group_id, "--topic", f"{group.topic}:0")
    assert group.offsets() == {1: (15, 0)}
    assert "successful" in group.tool("--delete", "--group", group.group_id)
    assert group.group_id not in group.tool("--list").split()
    said = group.tool("--describe", "--group", group.group_id, fails=True)
    assert f"Group {group.group_id} not found" in said
    assert "GroupIdNotFoundException" in group.tool("--delete", "--group", group.group_id, fails=True)
