"""A broker under measurement: kwire, Apache Kafka or kfake as a process, with what the system says about it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from raw_requests import (
    API_VERSIONS,
    METADATA,
    PRODUCE,
    Client,
    api_versions_frame,
    free_port,
    metadata_frame,
    produce_frame,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import compat.run
from compat import apache_kafka

START_TIMEOUT_S = 180
"""Apache Kafka takes 40 s with 10,000 partitions."""
PROBE_INTERVAL_S = 0.001
CPU_CLOCK_OF_PROCESS = 2
"""Linux: the clock id of another process's CPU time is its inverted pid and this (clock_getcpuclockid)."""

KINDS = ("kwire", "kafka", "kfake")
KFAKE = Path(compat.run.HERE) / ".cache" / "kfake"
"""The Go fake broker, built from the module in benchmarks/kfake."""
STOCK = {"group.consumer.assignment.interval.ms": 1000}
"""What Apache Kafka has by default, and the tests' node has not."""


class NoAnswer(SystemExit):
    """The broker acknowledges no record within START_TIMEOUT_S of its start."""


class Broker:
    """A running broker with its own data directory.

    configs: beside the stock ones, of kwire and of Apache Kafka; kfake is given none.
    first_ack_s: from the start of the process until a raw socket had its first record acknowledged.
    """

    def __init__(self, kind: str, directory: Path, configs: Mapping[str, object] = MappingProxyType({})) -> None:
        self.kind = kind
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        data = directory / "data"
        self._log = directory / "log"
        with self._log.open("wb") as log:
            if kind == "kafka":
                self.process = apache_kafka.start(
                    data, self.port, log, {**STOCK, **configs}
                )  # formats before it starts
                started_s = time.perf_counter()
            else:
                started_s = time.perf_counter()
                command = [kwire_command(), "serve", "--listen", self.bootstrap, "--data", str(data)]
                command += [f"--config={name}={value}" for name, value in configs.items()]
                if kind == "kfake":
                    command = [str(KFAKE), str(self.port), str(data)]
                self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._await_ack(started_s)

    def _await_ack(self, started_s: float) -> None:
        try:
            self._probe(started_s + START_TIMEOUT_S)
        except BaseException:
            self.process.kill()
            raise
        self.first_ack_s = time.perf_counter() - started_s

    def _probe(self, deadline_s: float) -> None:
        """ApiVersions, Metadata and Produce, retried every millisecond until a record is acknowledged."""
        greeting, metadata = api_versions_frame(), metadata_frame("first")
        produce = produce_frame("first", b"x" * 100)
        while time.perf_counter() < deadline_s:
            try:
                client = Client(self.port)
            except OSError:
                time.sleep(PROBE_INTERVAL_S)
                continue
            try:
                client.message(API_VERSIONS, greeting)
                while time.perf_counter() < deadline_s:
                    topic = client.message(METADATA, metadata).topics[0]  # type: ignore[attr-defined]
                    if topic.error_code == 0 and topic.partitions and topic.partitions[0].error_code == 0:
                        reply = client.message(PRODUCE, produce)
                        if reply.responses[0].partition_responses[0].error_code == 0:  # type: ignore[attr-defined]
                            return
                    time.sleep(PROBE_INTERVAL_S)
            except OSError:
                time.sleep(PROBE_INTERVAL_S)
            finally:
                client.close()
        raise NoAnswer(f"the broker acknowledges nothing:\n{self._log.read_text()[-10_000:]}")

    def cpu_s(self) -> float:
        """CPU seconds of all its threads so far, also of those that have ended."""
        return time.clock_gettime(~self.process.pid << 3 | CPU_CLOCK_OF_PROCESS)

    def rss_mb(self) -> float:
        """Resident memory."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise SystemExit(f"the broker has ended:\n{self._log.read_text()[-10_000:]}")

    def create_topic(self, topic: str) -> None:
        """The topic is there and its partition has a leader."""
        client = Client(self.port)
        while client.message(METADATA, metadata_frame(topic)).topics[0].error_code:  # type: ignore[attr-defined]
            time.sleep(PROBE_INTERVAL_S)
        client.close()

    def restart(self) -> None:
        """Stopped cleanly and started again on what it keeps; first_ack_s is of this start."""
        self.stop()
        with self._log.open("ab") as log:
            started_s = time.perf_counter()
            self.process = subprocess.Popen(self.process.args, stdout=log, stderr=subprocess.STDOUT)
        self._await_ack(started_s)

    def stop(self) -> None:
        """The process has ended."""
        self.process.terminate()
        self.process.wait(timeout=START_TIMEOUT_S)


def kwire_command() -> str:
    """The installed `kwire` beside this Python."""
    return str(Path(sys.executable).with_name("kwire"))


def floor_s() -> float:
    """How long Python takes to import trio and crc32c: what no broker on them can start faster than."""
    started_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import trio, crc32c"], check=True)
    return time.perf_counter() - started_s


def prepare(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the kinds that can be measured: kwire's bytecode is compiled, as it is after an installation.

    Apache Kafka needs Java, and Maven fetches its jars; kfake needs Go.
    """
    root = Path(__file__).resolve().parent.parent
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(root / "kwire")], check=True)
    has = {"kwire": lambda: True, "kafka": _has_kafka, "kfake": _has_kfake}
    found = tuple(kind for kind in kinds if has[kind]())
    for kind in set(kinds) - set(found):
        print(f"{kind} is not measured: it needs {'Java and Maven' if kind == 'kafka' else 'Go'}", flush=True)
    return found


def _has_kafka() -> bool:
    compat.run.install_java_tools()
    return shutil.which("java") is not None and any(apache_kafka.JARS.glob("kafka_*.jar"))


def _has_kfake() -> bool:
    if shutil.which("go") is None:
        return False
    KFAKE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", KFAKE, "."], check=True, cwd=Path(__file__).resolve().parent / "kfake")
    return True


def load() -> str:
    """The machine's load averages."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())
