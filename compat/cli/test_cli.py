"""kwire's own command line, against kwire and against Apache Kafka: the same commands, the same answers."""

import base64
import json
import subprocess
import sys

import pytest
from confluent_kafka import Consumer

WAIT_S = 60
NUMBERS = "".join(f"{number}\n" for number in range(100))


@pytest.fixture
def cli(broker):
    """Runs a command that must succeed; its output."""

    def run(*arguments, given=""):
        command = [sys.executable, "-m", "kwire", *map(str, arguments)]
        environment = {"KWIRE_BOOTSTRAP_SERVERS": broker.bootstrap}
        done = subprocess.run(
            command, input=given, env=environment, capture_output=True, text=True, timeout=WAIT_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def failing(broker):
    """Runs a command that must fail; the one line that it says."""

    def run(*arguments):
        command = [sys.executable, "-m", "kwire", *arguments, "-b", broker.bootstrap]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
        return done.stderr.removeprefix("kwire: ").strip()

    return run


def test_topics(cli, failing, topic):
    assert cli("topic", "create", topic, "-p", 3, "-c", "retention.ms=60000") == f"created topic {topic}\n"
    assert failing("topic", "create", topic) == (
        f"cannot create topic {topic}: TOPIC_ALREADY_EXISTS: Topic '{topic}' already exists."
    )
    assert [row["partitions"] for row in json.loads(cli("topic", "list", "--json")) if row["topic"] == topic] == [3]
    cli("topic", "alter", topic, "-p", 4, "-c", "segment.ms=90000", "--unset", "retention.ms")
    (described,) = json.loads(cli("topic", "describe", topic, "--json"))
    assert described["configs"] == {"segment.ms": "90000"}
    assert [row["partition"] for row in described["partitions"]] == [0, 1, 2, 3]
    assert {(row["leader"], row["start"], row["end"]) for row in described["partitions"]} == {(1, 0, 0)}
    assert failing("topic", "alter", topic, "-c", "retention.ms=x").startswith(
        f"cannot alter topic {topic}: INVALID_CONFIG: Invalid value x for configuration retention.ms"
    )
    assert failing("topic", "alter", topic, "-p", "2").startswith(f"cannot alter topic {topic}: INVALID_PARTITIONS: ")
    assert cli("topic", "delete", topic) == f"deleted topic {topic}\n"
    assert failing("topic", "describe", topic) == f"there is no topic {topic}; create it: kwire topic create {topic}"


def test_writing_creates_an_absent_topic_and_patterns_find_it(cli, failing, topic):
    assert cli("produce", topic, "--timestamp", "2h", given="1\n") == ""
    assert cli("topic", "list", f"{topic[:-1]}?").splitlines()[1].split()[0] == topic
    assert cli("consume", f"^{topic}$", "--from", "3h", "--format", r"%s\n") == "1\n"
    assert cli("consume", topic, "--from", "@-1h") == ""
    assert failing("topic", "delete", f"{topic}-not") == f"there is no topic {topic}-not; did you mean {topic}?"


def test_records_are_kept_whole(cli, topic, tmp_path):
    records = [
        {"partition": 0, "timestamp": 5, "key": "k", "value": "é", "headers": [{"key": "h", "value": None}]},
        {"partition": 1, "timestamp": 7, "key": None, "value": None, "headers": []},
        {"partition": 1, "timestamp": 9, "key_base64": base64.b64encode(b"\xff").decode(), "value": "", "headers": []},
    ]
    declared = {"topic": topic, "partitions": 2, "configs": {"retention.ms": "-1"}}
    lines = [json.dumps(row) for row in (declared, *({"topic": topic, **record} for record in records))]
    assert cli("load", "-", given="\n".join(lines)) == f"loaded 3 records into topic {topic}\n"
    dumped = [json.loads(line) for line in cli("dump", topic).splitlines()]
    told = {"topic": topic, "timestamp_type": "create"}
    offsets = (0, 0, 1)
    assert dumped == [declared, *({**told, "offset": at, **row} for at, row in zip(offsets, records, strict=True))]
    seed = tmp_path / "seed"
    cli("dump", topic, "-o", seed)
    cli("topic", "delete", topic)
    cli("load", seed)
    assert [json.loads(line) for line in cli("dump", topic).splitlines()] == dumped


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_lines_go_in_and_come_out(cli, broker, topic, codec):
    cli("topic", "create", topic)
    cli("produce", topic, "-X", f"compression.type={codec}", given=NUMBERS)
    assert set(broker.stored_codecs(topic)) == {codec}
    assert cli("consume", topic) == NUMBERS
    assert cli("consume", topic, "--from", 97).split() == ["97", "98", "99"]
    assert cli("consume", topic, "--from", -2, "-n", 1).split() == ["98"]
    assert cli("consume", topic, "--from", "1970-01-01T00:00:00Z", "-n", 1).split() == ["0"]
    assert cli("consume", topic, "--from", "latest") == ""


def test_groups(cli, failing, topic):
    group = f"g-{topic}"
    cli("topic", "create", topic)
    cli("produce", topic, given=NUMBERS)
    assert cli("consume", topic, "-g", group, "-n", 40).split() == [str(one) for one in range(40)]
    (described,) = json.loads(cli("group", "describe", group, "--json"))
    assert (described["state"], described["lag"]) == ("Empty", 60)
    assert f"{group}  classic  consumer  Empty\n" in cli("group", "list")
    cli("group", "reset", group, "--shift-by", -10)
    assert json.loads(cli("group", "describe", group, "--json"))[0]["lag"] == 60
    cli("group", "reset", group, "--shift-by", 50, "--execute")
    assert cli("consume", topic, "-g", group).split() == [str(one) for one in range(90, 100)]
    assert cli("group", "delete", group) == f"deleted group {group}\n"
    assert failing("group", "describe", group) == f"there is no group {group}; see kwire group list"


def test_a_group_of_the_consumer_protocol(cli, broker, topic):
    group = f"g-{topic}"
    cli("topic", "create", topic, "-p", 2)
    cli("produce", topic, "-p", 0, given=NUMBERS)
    configs = {"group.id": group, "group.protocol": "consumer", "client.id": "me", "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "enable.auto.commit": False, **configs})
    try:
        consumer.subscribe([topic])
        consumer.commit(consumer.poll(WAIT_S), asynchronous=False)
        (described,) = json.loads(cli("group", "describe", group, "--json"))
    finally:
        consumer.close()
    assert (described["type"].lower(), described["state"], described["lag"]) == ("consumer", "Stable", 99)
    (member,) = described["members"]
    assert (member["client"], member["host"], member["assigned"]) == ("me", "127.0.0.1", {topic: [0, 1]})
    assert cli("group", "delete", group) == f"deleted group {group}\n"


def test_cluster_configs_and_apis(cli, topic):
    cli("topic", "create", topic)
    state = json.loads(cli("cluster", "describe", "--json"))
    assert [(broker["id"], broker["host"]) for broker in state["brokers"]] == [(1, "127.0.0.1")]
    cli("config", "set", "topic", topic, "retention.ms=5000")
    assert "retention.ms  5000   dynamic-topic-config         no\n" in cli("config", "get", "topic", topic)
    cli("config", "set", "broker", 1, "log.retention.ms=700000000")
    assert "700000000" in cli("config", "get", "broker", 1, "log.retention.ms")
    cli("config", "set", "broker", 1, "--unset", "log.retention.ms")
    rows = {row["api"]: row for row in json.loads(cli("api", "--json"))}
    assert rows["Fetch"]["versions"] == "4-18"
    assert not [name for name in rows if name.startswith("unknown")]


def test_what_the_broker_writes_is_right(cli, broker, topic):
    cli("topic", "create", topic)
    cli("produce", topic, given=NUMBERS)
    cli("consume", topic, "-g", f"g-{topic}")
    directory = broker.data / f"{topic}-0"
    assert " and 100 records; 0 are not\n" in cli("log", "verify", directory)
    batches = map(json.loads, cli("log", "dump", "--json", next(directory.glob("*.log"))).splitlines())
    assert [record["Value"] for batch in batches for record in batch["Records"]] == NUMBERS.split()
    committed = [
        record["Key"]["topic"]
        for path in broker.data.glob("__consumer_offsets-*/*.log")
        if path.stat().st_size
        for line in cli("log", "dump", "--json", path).splitlines()
        for record in json.loads(line)["Records"]
        if record.get("Type") == "OffsetCommit" and record["Value"] is not None
    ]
    assert topic in committed
