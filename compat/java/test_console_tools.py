"""Apache Kafka's tools beside those of the matrix (java-tools): the log dumped, log dirs, moves of partitions."""

import json
import re
import shutil
import subprocess

import pytest

from compat import apache_kafka

WAIT_S = 120

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


def run(main_class, *arguments, text=""):
    command = apache_kafka.java(main_class, *arguments)
    done = subprocess.run(command, check=False, input=text, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def topics(broker, *arguments):
    return run("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", broker.bootstrap, *arguments)


def produce(broker, topic, lines, *arguments):
    tool = "org.apache.kafka.tools.ConsoleProducer"
    options = ["--bootstrap-server", broker.bootstrap, "--topic", topic, *arguments]
    run(tool, *options, text="".join(line + "\n" for line in lines))


def test_dump_log_reads_what_was_stored(broker, topic):
    topics(broker, "--create", "--topic", topic)
    produce(broker, topic, [f"line {i}" for i in range(20)])
    segment = next((broker.data / f"{topic}-0").glob("*.log"))
    dump = run(
        "org.apache.kafka.tools.DumpLogSegments", "--files", str(segment), "--print-data-log", "--deep-iteration"
    )
    assert re.findall(r"payload: (.*)", dump) == [f"line {i}" for i in range(20)]
    assert "isvalid: true" in dump
    assert "isvalid: false" not in dump


def test_log_dirs(broker, topic):
    topics(broker, "--create", "--topic", topic, "--partitions", "2")
    produce(broker, topic, [f"line {i}" for i in range(20)])
    tool = "org.apache.kafka.tools.LogDirsCommand"
    said = run(tool, "--bootstrap-server", broker.bootstrap, "--describe", "--topic-list", topic)
    (described,) = json.loads(said.splitlines()[-1])["brokers"]
    (log_dir,) = described["logDirs"]
    assert log_dir["error"] is None
    assert log_dir["logDir"] == str(broker.data)
    sizes = {row["partition"]: row["size"] for row in log_dir["partitions"]}
    files = {path.parent.name: path.stat().st_size for path in broker.data.glob(f"{topic}-*/*.log")}
    assert sizes == {f"{topic}-{index}": files.get(f"{topic}-{index}", 0) for index in range(2)}
    assert sum(sizes.values()) > 20 * len("line ")
    assert all((row["offsetLag"], row["isFuture"]) == (0, False) for row in log_dir["partitions"])


def test_reassign_partitions(broker, topic, tmp_path):
    topics(broker, "--create", "--topic", topic)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": 0, "replicas": [1]}]}))
    tool = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
    options = ["--bootstrap-server", broker.bootstrap, "--reassignment-json-file", str(plan)]
    assert f"Successfully started partition reassignment for {topic}-0" in run(tool, *options, "--execute")
    assert f"Reassignment of partition {topic}-0 is completed" in run(tool, *options, "--verify")
