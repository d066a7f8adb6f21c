"""The README's examples, executed as written and in order, against one running broker."""

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
LINES_MAX = 90


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
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
    while " listens on " not in log.read_text():
        assert broker.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    yield chosen
    broker.send_signal(signal.SIGINT)
    assert broker.wait(20) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def run(command, text, port, directory):
    """Run an example; return its output. It finds this broker where it expects the default one."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "KWIRE_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}",
        "COLUMNS": "100",
    }
    text = text.replace(str(DEFAULT_PORT), str(port))
    done = subprocess.run(
        [*command, text], capture_output=True, check=False, cwd=directory, env=environment, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (apt-get install kcat)")
def test_the_examples_work_one_after_the_other(port, tmp_path):
    blocks = re.findall(r"^```(python|sh)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert [language for language, _ in blocks] == ["python", "sh"]
    for _ in range(2):  # a reader may run them once more
        assert run([sys.executable, "-c"], blocks[0][1], port, tmp_path) == "ada wants two coffees\n"
    told = run(["sh", "-ec"], blocks[1][1], port, tmp_path).splitlines()
    assert told[0].startswith("orders, id ")
    assert "billing, Empty, 0 members, total lag 0" in told
    assert told[-2:] == ["ada wants two coffees"] * 2
    assert len((tmp_path / "orders.jsonl").read_text().splitlines()) == 3


def test_it_is_one_screen():
    assert README.count("\n") <= LINES_MAX


def test_truck_gps(port, tmp_path):
    output = run([sys.executable, str(ROOT / "examples" / "truck_gps.py")], f"127.0.0.1:{port}", port, tmp_path)
    killed, *rest = output.splitlines()
    assert re.fullmatch("dashboard: one of three consumers is killed, it had [34] partitions", killed)
    assert rest == [
        "25 trucks sent 1000 positions",
        "dashboard: 1000 positions of 25 trucks, in order: True",
        "notification: 1000 positions of 25 trucks, in order: True",
    ]
