"""Apache Kafka's Java consumer in classic groups (console consumer), and its kafka-consumer-groups tool."""

import re
import shutil
import subprocess

import pytest

from compat import apache_kafka

WAIT_S = 120

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
ASSIGNORS = ["Range", "RoundRobin", "Sticky", "CooperativeSticky"]
SERVER_ASSIGNORS = ["uniform", "range"]
"""Of the consumer protocol (KIP-848)."""


def run(main_class, *arguments, text=""):
    command = apache_kafka.java(main_class, *arguments)
    done = subprocess.run(command, check=False, input=text, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def filled(broker, topic):
    """The topic has two partitions with 30 records."""
    servers = ["--bootstrap-server", broker.bootstrap]
    run("org.apache.kafka.tools.TopicCommand", *servers, "--create", "--topic", topic, "--partitions", "2")
    lines = "".join(f"{index}:{index}\n" for index in range(30))
    keyed = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
    run("org.apache.kafka.tools.ConsoleProducer", *servers, "--topic", topic, *keyed, text=lines)
    return topic


def consumer(broker, topic, count, assignor="Range"):
    properties = {
        "auto.offset.reset": "earliest",
        "max.poll.records": "1",
    }
    if assignor in SERVER_ASSIGNORS:
        properties |= {"group.protocol": "consumer", "group.remote.assignor": assignor}
    else:
        properties |= {
            "partition.assignment.strategy": f"org.apache.kafka.clients.consumer.{assignor}Assignor",
            "session.timeout.ms": "6000",
            "heartbeat.interval.ms": "500",
        }
    told = [part for name, value in properties.items() for part in ("--command-property", f"{name}={value}")]
    options = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--group", f"g-{topic}"]
    return [CONSUMER, *options, "--max-messages", str(count), "--timeout-ms", "60000", *told]


def groups(broker, *arguments):
    return run(GROUPS, "--bootstrap-server", broker.bootstrap, *arguments)


def described(broker, topic):
    """Partition to (committed offset, lag)."""
    rows = [line.split() for line in groups(broker, "--describe", "--group", f"g-{topic}").splitlines()]
    return {int(row[2]): (row[3], row[5]) for row in rows if len(row) > 5 and row[1] == topic}


@pytest.mark.parametrize("assignor", ASSIGNORS + SERVER_ASSIGNORS)
def test_a_group_resumes_where_it_was(broker, filled, assignor):
    first = run(*consumer(broker, filled, 12, assignor)).split()
    second = run(*consumer(broker, filled, 18, assignor)).split()
    assert sorted(map(int, first + second)) == list(range(30))


def test_two_share_and_a_killed_ones_partition_is_taken_over(broker, filled):
    stays = apache_kafka.java(*consumer(broker, filled, 40))
    with subprocess.Popen(stays, stdout=subprocess.PIPE, text=True) as survivor:
        read = [survivor.stdout.readline() for _ in range(30)]
        assert sorted(map(int, read)) == list(range(30))
        dies = apache_kafka.java(*consumer(broker, filled, 40))
        with subprocess.Popen(dies, stdout=subprocess.DEVNULL) as killed:
            for _ in range(20):
                if len(groups(broker, "--describe", "--members", "--group", f"g-{filled}").split(f"g-{filled}")) > 2:
                    break
            killed.kill()
        lines = "".join(f"{index}:{index}\n" for index in range(30, 40))
        keyed = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
        servers = ["--bootstrap-server", broker.bootstrap]
        run("org.apache.kafka.tools.ConsoleProducer", *servers, "--topic", filled, *keyed, text=lines)
        more = [survivor.stdout.readline() for _ in range(10)]
        assert sorted(map(int, more)) == list(range(30, 40))


def test_two_consumers_of_the_new_protocol_share_and_one_leaves(broker, filled):
    stays = apache_kafka.java(*consumer(broker, filled, 40, "uniform"))
    servers = ["--bootstrap-server", broker.bootstrap]
    with subprocess.Popen(stays, stdout=subprocess.PIPE, text=True) as survivor:
        read = [survivor.stdout.readline() for _ in range(30)]
        assert sorted(map(int, read)) == list(range(30))
        leaves = apache_kafka.java(*consumer(broker, filled, 40, "uniform"))
        with subprocess.Popen(leaves, stdout=subprocess.DEVNULL) as other:
            for _ in range(20):
                members = groups(broker, "--describe", "--members", "--group", f"g-{filled}").splitlines()
                if len([row for row in members if row.startswith(f"g-{filled}") and row.split()[-1] == "1"]) == 2:
                    break
            else:
                raise AssertionError(members)
            assert re.search(r"uniform\s+Stable\s+2", groups(broker, "--describe", "--state", "--group", f"g-{filled}"))
            assert re.search(rf"g-{filled}\s+Consumer", groups(broker, "--list", "--type"))
            other.terminate()
        lines = "".join(f"{index}:{index}\n" for index in range(30, 40))
        keyed = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
        run("org.apache.kafka.tools.ConsoleProducer", *servers, "--topic", filled, *keyed, text=lines)
        more = [survivor.stdout.readline() for _ in range(10)]
        assert sorted(map(int, more)) == list(range(30, 40))


def test_the_groups_tool(broker, filled):
    group_id = f"g-{filled}"
    run(*consumer(broker, filled, 30))
    assert group_id in groups(broker, "--list").split()
    assert re.search(rf"{group_id}\s+Classic", groups(broker, "--list", "--type"))
    ends = described(broker, filled)
    assert {lag for _, lag in ends.values()} == {"0"}
    assert sum(int(offset) for offset, _ in ends.values()) == 30
    assert re.search(r"Empty\s+0", groups(broker, "--describe", "--state", "--group", group_id))
    reset = ["--reset-offsets", "--group", group_id, "--topic", filled]
    groups(broker, *reset, "--to-earliest", "--execute")
    assert {offset for offset, _ in described(broker, filled).values()} == {"0"}
    assert sum(int(lag) for _, lag in described(broker, filled).values()) == 30
    groups(broker, *reset, "--shift-by", "3", "--execute")
    assert {offset for offset, _ in described(broker, filled).values()} == {"3"}
    groups(broker, "--delete-offsets", "--group", group_id, "--topic", f"{filled}:0")
    assert set(described(broker, filled)) == {1}
    assert "successful" in groups(broker, "--delete", "--group", group_id)
    assert group_id not in groups(broker, "--list").split()


def test_the_dump_tool_reads_groups_and_offsets(broker, filled):
    run(*consumer(broker, filled, 30))
    text = ""
    for path in sorted(broker.data.glob("__consumer_offsets-*/*.log")):
        text += run("org.apache.kafka.tools.DumpLogSegments", "--offsets-decoder", "--files", str(path))
    rows = [line for line in text.splitlines() if f"g-{filled}" in line]
    assert any('"type":"2"' in row and '"protocolType":"consumer"' in row and '"members":[{' in row for row in rows)
    assert any('"type":"1"' in row and f'"topic":"{filled}"' in row and '"version":"4"' in row for row in rows)


def test_the_dump_tool_reads_consumer_groups(broker, filled):
    run(*consumer(broker, filled, 30, "uniform"))
    text = ""
    for path in sorted(broker.data.glob("__consumer_offsets-*/*.log")):
        text += run("org.apache.kafka.tools.DumpLogSegments", "--offsets-decoder", "--files", str(path))
    rows = [line for line in text.splitlines() if f"g-{filled}" in line]
    for number in (3, 5, 6, 7, 8):
        assert any(f'"type":"{number}"' in row for row in rows), number
    assert any('"type":"8"' in row and '"memberEpoch":2' in row and '"assignmentEpochs":[2' in row for row in rows)
