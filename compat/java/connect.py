"""A Connect cluster of real workers, to test connectors."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, TopicPartition

from compat import apache_kafka

WAIT_S = 90
REST_TIMEOUT_S = 30
WORKER = Path(__file__).parents[1] / "matrix" / "drivers" / "java-connect" / "worker.properties"


class Connect:
    """A Connect cluster. ports: the ports of the workers' REST interfaces, by the workers' names."""

    def __init__(self, broker, group_id, directory):
        self.broker, self.group_id, self.directory = broker, group_id, directory
        self.ports = {}

    @contextmanager
    def worker(self, name):
        """Start a worker, wait until it answers, and stop it at the end of the block."""
        port = self.ports[name] = apache_kafka.free_port()
        options = {
            "bootstrap.servers": self.broker.bootstrap,
            "group.id": self.group_id,
            "listeners": f"http://127.0.0.1:{port}",
            "config.storage.topic": f"{self.group_id}-configs",
            "offset.storage.topic": f"{self.group_id}-offsets",
            "status.storage.topic": f"{self.group_id}-statuses",
        }
        settings = self.directory / f"{name}.properties"
        settings.write_text(WORKER.read_text() + "".join(f"{option}={value}\n" for option, value in options.items()))
        log = self.directory / f"{name}.log"
        command = apache_kafka.java("org.apache.kafka.connect.cli.ConnectDistributed", str(settings))
        with log.open("ab") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: process.poll() is not None or self.ask(name, "/connectors") is not None)
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(WAIT_S)
            del self.ports[name]

    def ask(self, worker, path, body=None):
        """Ask a worker; return None if it does not answer yet, or is busy with a rebalance."""
        url = f"http://127.0.0.1:{self.ports[worker]}{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=REST_TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in {404, 409, 500, 503}:
                raise AssertionError(f"{path}: {error.read().decode()}") from error
        except OSError:
            pass
        return None

    def create(self, worker, name, **config):
        """Create the connector."""
        body = {"name": name, "config": {key.replace("_", "."): value for key, value in config.items()}}
        wait_until(lambda: name in (self.ask(worker, "/connectors") or ()) or self.ask(worker, "/connectors", body))

    def wait_running(self, worker, connectors, workers):
        """Wait until all tasks of the connectors run, on this number of workers."""

        def settled():
            told = [self.ask(worker, f"/connectors/{name}/status") for name in connectors]
            if None in told or not all(status["tasks"] for status in told):
                return False
            tasks = [task for status in told for task in status["tasks"]]
            return (
                all(task["state"] == "RUNNING" for task in tasks)
                and {task["worker_id"] for task in tasks} <= {f"127.0.0.1:{port}" for port in self.ports.values()}
                and len({task["worker_id"] for task in tasks}) == workers
            )

        wait_until(settled)


def wait_until(done):
    deadline = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def read(broker, topic):
    """Read partition 0; return key and value of each record."""
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.partition.eof": True}
    consumer = Consumer(settings | {"enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = [consumer.poll(WAIT_S)]
    while messages[-1].error() is None:
        messages.append(consumer.poll(WAIT_S))
    assert messages.pop().error().code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - a public code
    consumer.close()
    return [(message.key(), message.value()) for message in messages]
