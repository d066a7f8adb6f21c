"""Three brokers of one `kwire serve` process, stopped and started by `kwire broker`."""

import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_TIMEOUT_S = 30


@dataclass
class RunningCluster:
    """addresses: what clients are told of each broker, by its id."""

    addresses: dict[int, str]
    data: Path

    @property
    def listening(self):
        """Where each broker listens, by its id."""
        lines = self.broker("list").splitlines()
        return {int(line.split()[1]): line.split()[4].rstrip(";") for line in lines}

    @property
    def bootstrap(self):
        return ",".join(self.addresses.values())

    def broker(self, *arguments):
        """What `kwire broker` says; it must succeed."""
        command = [sys.executable, "-m", "kwire", "broker", *arguments, "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=START_TIMEOUT_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self, node_id):
        return self.broker("stop", str(node_id))

    def start(self, node_id):
        return self.broker("start", str(node_id))


def start_line(process):
    """What the process says first on stdout."""
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    return process.stdout.readline() if ready else ""


@contextmanager
def started(directory, *options):
    """A cluster that keeps everything in directory; it must stop cleanly and without a traceback."""
    log_path, data = directory / "brokers.log", directory / "data"
    command = [sys.executable, "-m", "kwire", "serve", "--brokers", "3", "--data", str(data)]
    command += ["--listen", "127.0.0.1:0", "--config", "default.replication.factor=3"]
    command += ["--config", "min.insync.replicas=2", *options]
    with (
        log_path.open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            line = start_line(process)
            assert "listens on" in line, log_path.read_text()
            yield RunningCluster(dict(enumerate(line.split()[4].split(","), 1)), data)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
    text = log_path.read_text()
    assert status == 0, text
    assert "Traceback" not in text, text


@pytest.fixture(scope="session")
def running_cluster(tmp_path_factory):
    with started(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def cluster(running_cluster):
    """The cluster, of which every broker runs before and after the test."""
    yield running_cluster
    for node_id in running_cluster.addresses:
        running_cluster.start(node_id)


@pytest.fixture(scope="session")
def restarts_s(request):
    """How long brokers are stopped and started under load."""
    return request.config.getoption("--restarts-s")
