"""The README's examples, executed as written against a running broker."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULT_PORT = 9092
MAY_TAKE_IT = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
"""Of several processes that run tests at once, one at most takes the default port."""


def example(language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return block


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The default port where it is free, so that the examples run to the letter; else another one."""
    chosen = DEFAULT_PORT
    if not (MAY_TAKE_IT and port_is_free(chosen)):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            chosen = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("broker") / "log"
    options = [] if chosen == DEFAULT_PORT else ["--listen", f"127.0.0.1:{chosen}"]
    with log.open("wb") as output:
        broker = subprocess.Popen([sys.executable, "-m", "kwire", "serve", *options], stdout=output, stderr=output)
    deadline = time.monotonic() + 20
    while port_is_free(chosen):
        assert broker.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    yield chosen
    broker.send_signal(signal.SIGINT)
    assert broker.wait(20) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def run(command, text, port):
    text = text.replace(str(DEFAULT_PORT), str(port))
    done = subprocess.run([*command, text], capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (apt-get install kcat)")
def test_kcat(port):
    assert sorted(run(["sh", "-ec"], example("sh"), port).splitlines()) == [
        "truck-7 is at 52.5,13.4",
        "truck-9 is at 48.1,11.6",
    ]


def test_confluent_kafka(port):
    assert run([sys.executable, "-c"], example("python"), port) == "order-1 is two coffees\n"


def test_truck_gps(port):
    output = run([sys.executable, str(ROOT / "examples" / "truck_gps.py")], f"127.0.0.1:{port}", port)
    killed, *rest = output.splitlines()
    assert re.fullmatch("dashboard: one of three consumers is killed, it had [34] partitions", killed)
    assert rest == [
        "25 trucks sent 1000 positions",
        "dashboard: 1000 positions of 25 trucks, in order: True",
        "notification: 1000 positions of 25 trucks, in order: True",
    ]
