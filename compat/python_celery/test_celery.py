"""Celery with Kafka as its queue (kombu's confluentkafka): a worker runs every task, and continues after a restart."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compat.matrix.features.stage import wait_until

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".cache" / "celery"
ENOUGH_S = 60


@pytest.fixture(scope="module")
def python() -> Path:
    """Return the interpreter of an environment with Celery."""
    uv = [sys.executable, "-m", "uv"]
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
    requirements = HERE / "requirements.txt"
    subprocess.run([*uv, "pip", "sync", "--quiet", "--python", python, requirements], check=True)
    return python


@contextmanager
def worker(python: Path, environment: dict[str, str], log_path: Path) -> Iterator[None]:
    """Run a worker while the block runs; stop it with SIGTERM, as a service manager does."""
    command = [
        python,
        "-m",
        "celery",
        "-A",
        "tasks",
        "worker",
        "--pool",
        "solo",
        "--without-mingle",
        "--without-gossip",
    ]
    with log_path.open("ab") as log:
        process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=log, stderr=log)
    try:
        yield
        process.terminate()
        assert process.wait(ENOUGH_S) == 0
    except Exception as error:
        error.add_note(log_path.read_text(errors="replace")[-4000:])
        raise
    finally:
        process.kill()
        process.wait()


def test_a_worker_runs_every_task_and_goes_on_where_it_was(broker, python, topic, tmp_path):
    done = tmp_path / "done"
    done.touch()
    environment = {**os.environ, "BOOTSTRAP": broker.bootstrap, "QUEUE": topic, "DONE": str(done)}

    def send(first: int, last: int) -> None:
        numbers = {"FIRST": str(first), "LAST": str(last)}
        subprocess.run([python, "tasks.py"], cwd=HERE, env={**environment, **numbers}, check=True, timeout=ENOUGH_S)

    def ran() -> list[int]:
        return sorted(map(int, done.read_text().split()))

    send(0, 20)
    with worker(python, environment, tmp_path / "worker.log"):
        wait_until("the first tasks have run", lambda: len(ran()) >= 20, ENOUGH_S)
        send(20, 40)
        wait_until("those that come meanwhile have run", lambda: len(ran()) >= 40, ENOUGH_S)
    send(40, 60)
    with worker(python, environment, tmp_path / "worker.log"):
        wait_until("those that came between two workers have run", lambda: len(ran()) >= 60, ENOUGH_S)
    assert ran() == list(range(60))
