"""A running broker for stock clients, and the rule that no test is skipped without a reason in skips.toml.

`--broker kafka` runs the same tests against Apache Kafka, so that a test which fails on both is the client's.
"""

import signal
import socket
import struct
import subprocess
import sys
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from compat import apache_kafka
from compat.matrix.plan import is_here
from compat.matrix.report import Matrix

pytest.register_assert_rewrite("compat.matrix.features", "compat.matrix.driver")  # failed asserts show their values

HERE = Path(__file__).parent
CODECS = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
START_TIMEOUT_S = 60

SHARE_A_PAIR = {"test_group_answers.py", "test_random_steps.py"}
"""Modules that share a pair of brokers, which take a while to start."""


class FilesTogether(LoadScopeScheduling):
    """Keep each file's tests in one process for its fixtures, largest files first; spread the matrix's cells."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        if path.parent.name == "matrix":
            return nodeid
        return "a shared pair" if path.name in SHARE_A_PAIR else str(path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether:
    """Who is given which test."""
    return FilesTogether(config, log)


@dataclass
class RunningBroker:
    """Where the broker is, and where its log directories are. kind: "kwire" or "kafka"."""

    bootstrap: str
    data: Path
    kind: str = "kwire"

    def stored_codecs(self, topic: str, partition: int = 0) -> list[str]:
        """The compression of each stored batch of a partition, read from its segment files."""
        codecs = []
        for path in sorted((self.data / f"{topic}-{partition}").glob("*.log")):
            log, position = path.read_bytes(), 0
            while position < len(log):
                (batch_length,) = struct.unpack_from(">i", log, position + 8)
                (attributes,) = struct.unpack_from(">h", log, position + 21)
                codecs.append(CODECS[attributes & 7])
                position += 12 + batch_length
        return codecs


API_VERSIONS_REQUEST = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""Version 0, without a client id."""


def wait_until_answering(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), START_TIMEOUT_S) as connection:
                connection.sendall(API_VERSIONS_REQUEST)
                if connection.recv(1):  # kwire lets clients in before it answers them
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the broker did not answer on port {port} within {START_TIMEOUT_S} s")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--broker", choices=["kwire", "kafka"], default="kwire", help="what the clients talk to")
    parser.addoption("--restarts-s", type=float, default=15.0, help="how long brokers are restarted under load")
    parser.addoption("--client", help="only these clients of the matrix, separated by commas")
    parser.addoption("--feature", help="only these features of the matrix, separated by commas")
    parser.addoption("--core", action="store_true", help="only the clients of the matrix that CI runs")
    parser.addoption("--report", help="a file to write the matrix to")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Matrix(config), "matrix")


def start_kwire(data: Path, port: int, log: object, configs: Mapping[str, object]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kwire", "serve", "--data", str(data), "--listen", f"127.0.0.1:{port}"]
    command += [part for name, value in configs.items() for part in ("--config", f"{name}={value}")]
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


@contextmanager
def running(kind: str, directory: Path, **configs: object) -> Iterator[RunningBroker]:
    """A broker of that kind on a free port; kwire must stop cleanly and without a traceback."""
    data, log_path, port = directory / "data", directory / "broker.log", apache_kafka.free_port()
    with log_path.open("wb") as log:
        start = start_kwire if kind == "kwire" else apache_kafka.start
        process = start(data, port, log, configs)
        try:
            wait_until_answering(process, port)
            yield RunningBroker(f"127.0.0.1:{port}", data, kind)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
    if kind == "kwire":
        text = log_path.read_text()
        assert status == 0, text
        assert "Traceback" not in text, text


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """The broker that --broker names, for the whole run."""
    with running(request.config.getoption("--broker"), tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture(scope="session")
def start_broker(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[RunningBroker]]:
    """Starts a broker of a kind, "kwire" or "kafka", with these configs, for as long as a with block runs."""
    return lambda kind, **configs: running(kind, tmp_path_factory.mktemp(kind), **configs)


@pytest.fixture
def topic() -> str:
    """A name that no other test uses."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.skipped:
        allowed = tomllib.loads((HERE / "skips.toml").read_text())["skip"]
        test_id = Path(item.path).relative_to(HERE).as_posix()
        if test_id == "matrix/test_matrix.py" and ": lacks: " in str(report.longrepr):
            return report  # matrix.toml lists it, with the reason
        for row in allowed:
            if test_id.startswith(row["test"]) and not is_here(row["when"].removeprefix("missing:")):
                break
        else:
            report.outcome = "failed"
            report.longrepr = f"{test_id}: skipped, but compat/skips.toml does not list it"
    return report
