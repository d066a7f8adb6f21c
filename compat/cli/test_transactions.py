"""kwire's command line and transactions, always against Apache Kafka, whatever --broker says: kwire has none."""

import subprocess
import sys

import pytest
from confluent_kafka import Producer

from compat import apache_kafka
from compat.conftest import wait_until_answering

WAIT_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a node; return its address."""
    directory, port = tmp_path_factory.mktemp("transactions"), apache_kafka.free_port()
    with (directory / "log").open("wb") as log:
        process = apache_kafka.start(directory / "data", port, log)
        try:
            wait_until_answering(process, port)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def consumed(server, topic, *options):
    command = [sys.executable, "-m", "kwire", "consume", topic, "-b", server, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=True).stdout


def test_read_committed_ends_before_a_transaction_that_is_open(server, topic):
    producer = Producer({"bootstrap.servers": server, "transactional.id": topic})
    producer.init_transactions()
    values = ""
    for ending, value in ((producer.abort_transaction, "aborted"), (producer.commit_transaction, "committed")):
        producer.begin_transaction()
        producer.produce(topic, value.encode(), partition=0)
        producer.flush()
        assert consumed(server, topic).endswith(f"{value}\n")
        committed = ("-X", "isolation.level=read_committed")
        assert consumed(server, topic, *committed) == values
        ending()
        values += f"{value}\n" if value == "committed" else ""
        assert consumed(server, topic, *committed) == values
        assert consumed(server, topic, *committed, "--group", f"{topic}-{value}") == values
    assert consumed(server, topic, "--from", "-2") == "committed\n"  # the last two are that record and its marker
