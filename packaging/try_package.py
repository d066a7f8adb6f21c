"""Builds the sdist and the wheel, and tries the wheel as a new user would, outside the repository.

With every Python from 3.11 on that is found on the PATH or among pyenv's, and beside what people have installed.

make package                    all of it
make package ARGS="-k click"    only the environments whose names have that word, of the wheel alone
make package ARGS="--dist DIR"  the distributions that are there, instead of built ones
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

from try_suites import try_suites

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
TWINE = "twine@7.0.0"
TESTS_OF_SDIST = (
    "tests/architecture",
    "tests/packaging",
    "tests/protocol/test_vectors.py",
    "tests/api/test_registry.py",
)
"""Tests that need the folders beside kwire/: protocol_specs, docs, vectors, workflows."""
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
START_S = 60.0
BESIDE = ("kafka-python==2.0.6", "kafka-python==2.0.2", "faust-streaming", "click==8.1.*", "rich==13.*")
"""Packages that users have in their environments, and that must stay as they are when kwire is added."""
KAFKA_PYTHON = """
import sys
from kafka import KafkaConsumer, KafkaProducer

producer = KafkaProducer(bootstrap_servers=sys.argv[1])
producer.send("sent-by-kafka-python", b"seen").get(10)
producer.close()
consumer = KafkaConsumer("sent-by-kafka-python", bootstrap_servers=sys.argv[1], auto_offset_reset="earliest")
assert next(consumer).value == b"seen"
consumer.close()
"""
TEST = """
def test_a_record_comes_back(kafka):
    kafka.create_topic("t")
    kafka.append("t", b"seen")
    assert [record.value for record in kafka.records("t")] == [b"seen"]
"""


class Wrong(Exception):  # noqa: N818 - what it is
    """The package is not as it should be."""


def run(*command: object, cwd: Path, stdin: str = "", **variables: str) -> str:
    """The command's output. It has succeeded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        input=stdin,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise Wrong(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(directory: Path) -> tuple[Path, Path]:
    """(sdist, wheel), the wheel made from the sdist. What the Dockerfile copies gives the same one."""
    uv = [UV, "build", "--quiet"]
    run(*uv, "--out-dir", directory, ROOT, cwd=directory)
    copy = directory / "copied"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "packaging/metadata.py"):
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    shutil.copytree(ROOT / "kwire", copy / "kwire", ignore=shutil.ignore_patterns("__pycache__"))
    run(*uv, "--wheel", "--out-dir", directory / "of-copy", copy, cwd=directory)
    sdist, wheel = made(directory)
    (other,) = (directory / "of-copy").glob("*.whl")
    if names_in(wheel) != names_in(other):
        raise Wrong(f"wheels differ: {names_in(wheel) ^ names_in(other)}")
    return sdist, wheel


def made(directory: Path) -> tuple[Path, Path]:
    """Return the sdist and the wheel."""
    (sdist,), (wheel,) = directory.glob("*.tar.gz"), directory.glob("*.whl")
    return sdist, wheel


def names_in(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def check(sdist: Path, wheel: Path, directory: Path) -> None:
    """Check that PyPI accepts them, and that the sdist passes its own tests. tests/packaging checks their contents."""
    print(run(UV, "tool", "run", TWINE, "check", "--strict", sdist, wheel, cwd=directory).strip(), flush=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (project,) = directory.glob("kwire-*/")
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    told = run(*pytest, *TESTS_OF_SDIST, cwd=project).splitlines()[-1]
    print(f"{sdist.name}: {sdist.stat().st_size} bytes, its tests: {told.strip()}", flush=True)


def pythons() -> dict[str, str]:
    """Return the path of an interpreter for each version; name missing versions and skip them."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        candidates = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
        for candidate in filter(None, reversed(candidates)):
            tried = subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False)
            if tried.returncode == 0:
                found[version] = candidate
                break
        else:
            print(f"Python {version}: not here, not tried", flush=True)
    return found


@contextmanager
def served(kwire: Path, directory: Path) -> Iterator[str]:
    """Run a broker with records while the block runs; check that it ends cleanly and without complaints."""
    (directory / "records").mkdir()
    (directory / "records" / "orders.jsonl").write_text('{"key": "order-1", "value": {"total": 3}}\n')
    ready = directory / "ready.json"
    command = [kwire, "serve", "--listen", "127.0.0.1:0", "--data", "data", "--load", "records", "--ready-file", ready]
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as broker:
        try:
            deadline_s = time.monotonic() + START_S
            while not ready.exists():
                if broker.poll() is not None or time.monotonic() > deadline_s:
                    broker.kill()
                    raise Wrong(f"kwire serve did not become ready: {broker.communicate()[0]}")
                time.sleep(0.02)
            run(kwire, "healthcheck", cwd=directory, KWIRE_READY_FILE=str(ready))
            yield json.loads(ready.read_text())["bootstrap"]
        finally:
            broker.send_signal(signal.SIGTERM)
            said, _ = broker.communicate(timeout=30)
    if broker.returncode or "Warning" in said:
        raise Wrong(f"kwire serve: exit code {broker.returncode}: {said}")


def command_line(kwire: Path, bootstrap: str, directory: Path) -> None:
    """Run commands of every kind."""
    steps: tuple[tuple[tuple[str, ...], str, str], ...] = (
        (("--help",), "", "Usage: kwire"),
        (("topic", "create", "tea", "--partitions", "2", "--config", "compression.type=zstd"), "", "created topic tea"),
        (("produce", "orders"), "two coffees\n", ""),
        (("consume", "orders", "--count", "2", "--group", "billing"), "", "two coffees"),
        (("consume", "orders", "--json", "--count", "1"), "", '"key": "order-1"'),
        (("group", "describe", "billing"), "", "total lag 0"),
        (("config", "get", "topic", "tea"), "", "zstd"),
        (("cluster", "describe"), "", bootstrap.partition(":")[2]),
        (("api",), "", "Produce"),
        (("dump", "orders"), "", '"topic": "orders"'),
        (("topic", "delete", "tea"), "", "deleted topic tea"),
    )
    for words, stdin, wanted in steps:
        told = run(kwire, *words, cwd=directory, stdin=stdin, KWIRE_BOOTSTRAP_SERVERS=bootstrap)
        if wanted not in told:
            raise Wrong(f"kwire {' '.join(words)} does not say {wanted!r}: {told}")
    run(kwire, "log", "verify", "data", cwd=directory)


def use(python: str, wheel: Path, directory: Path) -> None:
    """Do what a new user does first, with pip only, in an empty directory."""
    run(python, "-m", "venv", "venv", cwd=directory)
    binaries = directory / "venv" / "bin"
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, "pytest", cwd=directory)
    with served(binaries / "kwire", directory) as bootstrap:
        command_line(binaries / "kwire", bootstrap, directory)
    (directory / "test_it.py").write_text(TEST)
    run(binaries / "python", "-W", "error", "-m", "pytest", "-q", "test_it.py", cwd=directory)


def use_beside(requirement: str, wheel: Path, directory: Path) -> None:
    """Check that a user's packages stay as they are when kwire is added, and that kwire and their client both work."""
    name = requirement.partition("==")[0]
    python = directory / "venv" / "bin" / "python"
    run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, directory / "venv", cwd=directory)
    run(UV, "pip", "install", "--quiet", "--python", python, requirement, cwd=directory)
    version = (python, "-c", f"import importlib.metadata as metadata; print(metadata.version({name!r}))")
    before = run(*version, cwd=directory)
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=directory)
    run(python, "-m", "pip", "check", cwd=directory)
    after = run(*version, cwd=directory)
    if after != before:
        raise Wrong(f"{name} {before.strip()} was replaced by {after.strip()}")
    with served(python.with_name("kwire"), directory) as bootstrap:
        if name == "kafka-python":
            run(python, "-c", KAFKA_PYTHON, bootstrap, cwd=directory)
        command_line(python.with_name("kwire"), bootstrap, directory)


def try_all(dist: Path | None, word: str | None, directory: Path) -> None:
    """Build or take the distributions and try them; with a word, only in the environments that contain it."""
    found = pythons()
    tries = [("suites of other people", try_suites, list(found.values())[-1])]
    tries += [(f"Python {version}", use, python) for version, python in found.items()]
    tries += [(f"beside {requirement}", use_beside, requirement) for requirement in BESIDE]
    chosen = [one for one in tries if word is None or word in one[0]]
    if not chosen:
        raise Wrong(f"there is nothing here to try that has {word} in its name")
    sdist, wheel = build(directory) if dist is None else made(dist.resolve())
    if word is None:
        check(sdist, wheel, directory)

    def attempt(title: str, how: Callable[[str, Path, Path], None], what: str) -> str:
        place = directory / re.sub(r"\W", "-", title)
        place.mkdir()
        how(what, wheel, place)
        return f"{title}: works"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for told in pool.map(lambda one: attempt(*one), chosen):
            print(told, flush=True)


def main() -> int:
    """0: all is well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", metavar="WORD", help="only what has this in its name, of the wheel alone")
    parser.add_argument("--dist", metavar="DIR", type=Path, help="where the sdist and the wheel are, if they are made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        try:
            try_all(arguments.dist, arguments.k, Path(name))
        except (Wrong, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
