"""`kwire serve` as a process: stock clients, signals, exit codes, kill -9."""

import json
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from kwire.protocol.api_keys import ApiKey
from kwire.protocol.frames import encode_request
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.metadata import MetadataRequest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # kafka-python's own, as are those while it works
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

kcat_is_there = pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (apt-get install kcat)")


def failing(*arguments, **options):
    done = subprocess.run(
        [sys.executable, "-m", "kwire", *arguments], capture_output=True, text=True, timeout=30, check=False, **options
    )
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


def test_kafka_python_finds_the_broker_and_its_topics(serve):
    broker = serve("--topic", "truck_gps:10", "--topic", "events:3:retention.ms=3600000", "--broker-id", "7")
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        topics = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}
        cluster = admin.describe_cluster()
    finally:
        admin.close()
    assert topics == {"truck_gps": 10, "events": 3}
    assert [node["broker_id"] for node in cluster["brokers"]] == [7]
    code, output, errors = broker.stop()
    assert code == 0
    assert output == ""
    assert "stopped" in errors


def test_the_start_line_offers_a_command_that_works(serve):
    line = serve("--topic", "truck_gps").start_line
    offered = re.search(r" Try: kwire (.+)\n", line)[1]
    done = subprocess.run([sys.executable, "-m", "kwire", *offered.split()], capture_output=True, text=True, check=True)
    assert re.search(r"\n *1 +127\.0\.0\.1 ", done.stdout), done.stdout


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_it_tells_an_ipv6_address_where_it_has_no_other(serve):
    command = [sys.executable, "-m", "kwire", "serve", "--listen", "[::]:0", "--log-format", "json"]
    with subprocess.Popen(command, text=True, stderr=subprocess.PIPE) as process:
        said = re.search(r"listens on (\S+) ", process.stderr.readline())[1]
        assert said.startswith("[::1]:")
        with socket.create_connection(("::1", int(said.rpartition(":")[2])), 10):
            process.terminate()


@kcat_is_there
def test_kcat_finds_the_broker(serve):
    broker = serve("--topic", "truck_gps:10", "--config", "auto.create.topics.enable=false")
    listed = subprocess.run(
        ["kcat", "-b", broker.bootstrap, "-L"], capture_output=True, text=True, timeout=20, check=True
    )
    assert f"broker 1 at {broker.bootstrap}" in listed.stdout
    assert 'topic "truck_gps" with 10 partitions' in listed.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_with_clients_connected(serve, tmp_path, number):
    broker = serve("--data", str(tmp_path / "data"))
    with socket.create_connection((broker.host, broker.port)):
        code, _, errors = broker.stop(number)
    assert code == 0
    assert "Traceback" not in errors
    assert (tmp_path / "data" / ".kafka_cleanshutdown").exists()


def ask_in_vain(broker):
    """A connection with a long poll that nothing will end."""
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
    poll = FetchRequest(
        topics=[FetchTopic(topic="truck_gps", partitions=[partition])],
        max_wait_ms=60_000,
        min_bytes=1,
        session_epoch=-1,
    )
    connection = socket.create_connection((broker.host, broker.port), 10)
    connection.sendall(encode_request(ApiKey.FETCH, 12, 1, "test", poll))
    return connection


@pytest.mark.parametrize("kept", ["in memory", "in a directory"])
def test_a_signal_stops_it_whatever_its_clients_did(serve, tmp_path, kept):
    options = ["--data", str(tmp_path / "data")] if kept == "in a directory" else []
    broker = serve("--topic", "truck_gps", *options)
    left = [ask_in_vain(broker) for _ in range(3)]
    left[0].close()
    left[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    left[1].close()  # with a reset
    left[2].shutdown(socket.SHUT_WR)
    with ask_in_vain(broker), socket.create_connection((broker.host, broker.port)) as half:
        half.sendall(b"\0\0\1\0half a request")
        with socket.create_connection((broker.host, broker.port), 10) as asking:
            asking.sendall(encode_request(ApiKey.METADATA, 12, 7, "test", MetadataRequest()))
            assert asking.recv(8)[4:] == (7).to_bytes(4, "big")
        code, _, errors = broker.stop()
    left[2].close()
    assert code == 0
    assert "Traceback" not in errors


def test_an_acknowledged_record_survives_kill_9(serve, tmp_path):
    data = str(tmp_path / "data")
    broker = serve("--data", data)
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    sent = [producer.send("truck_gps", key=b"truck-7", value=b"%d" % number).get(10) for number in range(20)]
    producer.close()  # before the broker goes: kafka-python leaves a socket open that it fails to connect
    broker.process.kill()
    broker.process.wait()
    assert [one.offset for one in sent] == list(range(20))

    again = serve("--data", data)
    consumer = KafkaConsumer(bootstrap_servers=again.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=5_000)
    partition = TopicPartition("truck_gps", sent[0].partition)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    values = []
    for record in consumer:
        values.append(int(record.value))
        if len(values) == 20:
            break
    assert values == list(range(20))
    assert consumer.end_offsets([partition]) == {partition: 20}
    consumer.close()
    assert again.stop()[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_it_serves_where_nobody_can_read_what_it_says(tmp_path):
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "kwire", "serve", "--listen", "127.0.0.1:0", "--ready-file", str(ready)]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(command, stdout=full, stderr=subprocess.PIPE, text=True)
    said = process.stderr.readline()
    assert said.endswith("WARNING kwire: cannot write to standard output: No space left on device\n")
    assert json.loads(ready.read_text())["pid"] == process.pid
    process.terminate()
    assert "Traceback" not in process.communicate(timeout=20)[1]
    assert process.returncode == 0


def test_log_lines_can_be_json(serve):
    broker = serve("--log-format", "json")
    start = json.loads(broker.start_line)
    assert (start["level"], start["logger"]) == ("info", "kwire")
    with socket.create_connection((broker.host, broker.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(1) == b""
    _, _, errors = broker.stop()
    events = [json.loads(line) for line in errors.splitlines()]
    dropped = [event["message"] for event in events if event["level"] == "warning"]
    assert len(dropped) == 1
    assert dropped[0].endswith("an HTTP request on a Kafka listener")
    assert events[-1]["message"] == "stopped"


def test_configs_without_effect_are_one_line_in_the_log(serve):
    _, _, errors = serve("--config", "num.io.threads=3", "--config", "broker.rack=r1").stop()
    (said,) = [line for line in errors.splitlines() if "without effect" in line]
    assert said.endswith(
        "WARNING kwire: without effect in kwire: num.io.threads, broker.rack "
        "(docs/configuration.md says what each config does)"
    )


def test_settings_come_from_a_file_a_variable_and_options(serve, tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text('broker-id = 4\ntopic = ["from_file:2"]\n[config]\nnum.partitions = 6\n')
    broker = serve("--settings", str(file), KWIRE_TOPIC="from_variable", KWIRE_BROKER_ID="5")
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        assert {t["name"]: len(t["partitions"]) for t in admin.describe_topics()} == {"from_variable": 6}
        assert [node["broker_id"] for node in admin.describe_cluster()["brokers"]] == [5]
    finally:
        admin.close()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--no-such-option"], 2, "kwire serve has no option --no-such-option (see kwire serve --help)"),
        (
            ["--brokerid=3"],
            2,
            "kwire serve has no option --brokerid=3; did you mean --broker-id? (see kwire serve --help)",
        ),
        (
            ["--listen", "nowhere"],
            2,
            "--listen: 'nowhere' is not HOST:PORT with a port from 0 to 65535; write nowhere:9092",
        ),
        (["--listen", "192.0.2.1:9092"], 1, "cannot listen on 192.0.2.1:9092: this machine has no such address"),
        (["--memory", "lots"], 2, "--memory: 'lots' is not a size; write one like 512MiB or 1GiB"),
        (["--config", "auto.create.topic.enable=false"], 2, "auto.create.topics.enable"),
        (["--config", "listeners=PLAINTEXT://:9092"], 2, "listeners is given as --listen HOST:PORT"),
        (
            ["--config", "authorizer.class.name=x"],
            2,
            "authorizer.class.name: kwire checks no permissions: leave it out",
        ),
        (["--listen", "127.0.0.1:0", "--topic", "a b:3"], 1, "cannot create the topic 'a b': Topic name is invalid"),
        (
            ["--listen", "127.0.0.1:0", "--topic", "a:1:retention.msec=3"],
            1,
            "Unknown topic config name: retention.msec",
        ),
        (["--settings", "missing.toml"], 1, "cannot read the settings file missing.toml: No such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_one_clear_line_with_an_exit_code(options, code, said):
    ended, errors = failing("serve", *options)
    assert ended == code
    assert errors.startswith("kwire: ")
    assert said in errors


def test_bad_toml_is_one_clear_line(tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text("topic = [")
    code, errors = failing("serve", "--settings", str(file))
    assert code == 2
    assert f"the settings file {file} is not valid TOML: " in errors


def test_a_busy_port_is_one_clear_line(serve):
    broker = serve()
    code, errors = failing("serve", "--listen", broker.bootstrap)
    assert code == 1
    expected = f"kwire: cannot listen on {broker.bootstrap}: the port is in use; stop what uses it, or choose one with"
    assert errors.startswith(expected)


def test_a_locked_directory_is_one_clear_line(serve, tmp_path):
    data = str(tmp_path / "data")
    serve("--data", data)
    code, errors = failing("serve", "--listen", "127.0.0.1:0", "--data", data)
    assert code == 1
    assert f"the data directory {data} is in use by another broker" in errors


def test_an_unusable_directory_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    code, errors = failing("serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "file" / "data"))
    assert code == 1
    assert "cannot use the data directory" in errors


def test_without_a_command_it_says_what_to_do():
    done = subprocess.run([sys.executable, "-m", "kwire"], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: kwire [OPTIONS] COMMAND ...\n")
    assert re.search(r"\n  serve +Run a broker.\n", done.stderr)
