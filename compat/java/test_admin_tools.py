"""Apache Kafka's tools for administrators: features, configs of groups and loggers, quorum, producers."""

import json
import re
import shutil
import subprocess

import pytest

from compat import apache_kafka

WAIT_S = 120

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


def ran(broker, main_class, *arguments, text=""):
    """Run a tool to its end; both output streams are in the result's stdout."""
    command = apache_kafka.java(main_class, "--bootstrap-server", broker.bootstrap, *arguments)
    return subprocess.run(
        command, check=False, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=WAIT_S
    )


def run(broker, main_class, *arguments, text=""):
    done = ran(broker, main_class, *arguments, text=text)
    assert done.returncode == 0, done.stdout
    return done.stdout


def configs(broker, *arguments):
    return run(broker, "kafka.admin.ConfigCommand", *arguments)


def test_features(broker):
    said = run(broker, "org.apache.kafka.tools.FeatureCommand", "describe")
    rows = {row.split()[1]: row for row in said.splitlines() if row.startswith("Feature:")}
    row = r"Feature: group\.version\s+SupportedMinVersion: 0\s+SupportedMaxVersion: 1\s+FinalizedVersionLevel: 1\s"
    assert re.match(row, rows["group.version"])
    assert "metadata.version" in rows


def test_configs_of_every_group(broker, topic):
    group = f"g-{topic}"
    entity = "--entity-type", "groups"
    configs(broker, *entity, "--entity-name", group, "--alter", "--add-config", "consumer.session.timeout.ms=46000")
    said = configs(broker, *entity, "--describe")
    assert f"Dynamic configs for group {group} are:" in said
    assert "consumer.session.timeout.ms=46000" in said
    configs(broker, *entity, "--entity-name", group, "--alter", "--delete-config", "consumer.session.timeout.ms")
    assert group not in configs(broker, *entity, "--describe")


def test_levels_of_loggers(broker):
    entity = "--entity-type", "broker-loggers", "--entity-name", "1"

    def level():
        return re.search(r"^\s*root=(\w+) ", configs(broker, *entity, "--describe"), re.MULTILINE)[1]

    before = level()
    for wanted in ("FATAL", before):
        said = configs(broker, *entity, "--alter", "--add-config", f"root={wanted}")
        assert "Completed updating config for broker-logger 1." in said
        assert level() == wanted
    refused = ran(broker, "kafka.admin.ConfigCommand", *entity, "--alter", "--add-config", "no.such.logger=INFO")
    assert refused.returncode != 0
    assert "no.such.logger" in refused.stdout


def test_client_metrics_subscriptions(broker, topic):
    tool = "org.apache.kafka.tools.ClientMetricsCommand"
    run(broker, tool, "--alter", "--name", topic, "--metrics", "org.apache.kafka.producer.", "--interval", "30000")
    assert topic in run(broker, tool, "--list").split()
    assert "interval.ms=30000" in run(broker, tool, "--describe", "--name", topic)
    assert f"Client metrics configs for {topic} are:" in run(broker, tool, "--describe")
    run(broker, tool, "--delete", "--name", topic)
    assert topic not in run(broker, tool, "--list").split()


def test_the_metadata_quorum(broker):
    tool = "org.apache.kafka.tools.MetadataQuorumCommand"
    status = dict(line.split(":", 1) for line in run(broker, tool, "describe", "--status").splitlines() if ":" in line)
    assert status["LeaderId"].strip() == "1"
    assert int(status["HighWatermark"]) > 0
    assert status["MaxFollowerLag"].strip() == "0"
    assert '"id": 1' in status["CurrentVoters"]
    header, *rows = run(broker, tool, "describe", "--replication").splitlines()
    assert header.split()[0] == "NodeId"
    replica = dict(zip(header.split(), rows[0].split(), strict=False))
    assert (replica["NodeId"], replica["Lag"]) == ("1", "0")


def test_producers_of_a_partition(broker, topic):
    run(broker, "org.apache.kafka.tools.TopicCommand", "--create", "--topic", topic)
    produce = "org.apache.kafka.tools.ConsoleProducer"
    run(broker, produce, "--topic", topic, "--command-property", "enable.idempotence=true", text="one\ntwo\n")
    tool = "org.apache.kafka.tools.TransactionsCommand"
    header, row = run(broker, tool, "describe-producers", "--topic", topic, "--partition", "0").splitlines()[:2]
    producer = dict(zip(header.split(), row.split(), strict=True))
    assert int(producer["ProducerId"]) >= 0
    assert (producer["ProducerEpoch"], producer["CurrentTransactionStartOffset"]) == ("0", "None")
    assert int(producer["LastSequence"]) in {0, 1}, "of one batch, or of the second"


def test_a_broker_that_is_not_there_is_not_unregistered(broker):
    options = "--bootstrap-server", broker.bootstrap, "--id", "99"
    command = apache_kafka.java("org.apache.kafka.tools.ClusterTool", "unregister", *options)
    refused = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WAIT_S)
    assert "Broker ID 99 is not currently registered" in refused.stdout + refused.stderr


def test_replicas_are_moved_to_the_directory_that_has_them(broker, topic, tmp_path):
    run(broker, "org.apache.kafka.tools.TopicCommand", "--create", "--topic", topic)
    tool = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
    for directory, outcome in (
        (str(broker.data), f"Successfully started moving log directory to {broker.data} for replica {topic}-0"),
        ("/nowhere", "LogDirNotFoundException"),
    ):
        row = {"topic": topic, "partition": 0, "replicas": [1], "log_dirs": [directory]}
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps({"version": 1, "partitions": [row]}))
        done = ran(broker, tool, "--reassignment-json-file", str(plan), "--execute", "--timeout", "1000")
        assert outcome in done.stdout
