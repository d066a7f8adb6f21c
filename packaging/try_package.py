"""Builds the sdist and the wheel, and tries the wheel as a new user would, outside the repository.

make package            every Python from 3.11 on that is found on the PATH or among pyenv's
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

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
"""A choice that takes what lies beside kwire/: protocol_specs, docs, vectors, workflows."""
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
START_S = 60.0
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
    (sdist,), (wheel,) = directory.glob("*.tar.gz"), directory.glob("*.whl")
    (other,) = (directory / "of-copy").glob("*.whl")
    if names_in(wheel) != names_in(other):
        raise Wrong(f"wheels differ: {names_in(wheel) ^ names_in(other)}")
    return sdist, wheel


def names_in(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def check(sdist: Path, wheel: Path, directory: Path) -> None:
    """PyPI takes them, and what the sdist holds passes its tests. tests/packaging looks at what is in them."""
    print(run(UV, "tool", "run", TWINE, "check", "--strict", sdist, wheel, cwd=directory).strip(), flush=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (project,) = directory.glob("kwire-*/")
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    told = run(*pytest, *TESTS_OF_SDIST, cwd=project).splitlines()[-1]
    print(f"{sdist.name}: {sdist.stat().st_size} bytes, its tests: {told.strip()}", flush=True)


def pythons() -> dict[str, str]:
    """Path of an interpreter by its version; those that are not here are left out."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        candidates = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
        for candidate in filter(None, reversed(candidates)):
            tried = subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False)
            if tried.returncode == 0:
                found[version] = candidate
                break
    return found


def use(python: str, wheel: Path, directory: Path) -> None:
    """A new user's first minutes, in a directory of their own."""
    run(python, "-m", "venv", "venv", cwd=directory)
    binaries = directory / "venv" / "bin"
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, "pytest", cwd=directory)
    kwire = binaries / "kwire"
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
            bootstrap = json.loads(ready.read_text())["bootstrap"]
            run(kwire, "healthcheck", cwd=directory, KWIRE_READY_FILE=str(ready))
            run(kwire, "produce", "-b", bootstrap, "orders", cwd=directory, stdin="two coffees\n")
            read = run(kwire, "consume", "-b", bootstrap, "orders", "--count", "2", cwd=directory)
        finally:
            broker.send_signal(signal.SIGTERM)
            said, _ = broker.communicate(timeout=30)
    if "two coffees" not in read or '{"total":3}' not in read or broker.returncode or "Warning" in said:
        raise Wrong(f"read {read!r}; exit code {broker.returncode}: {said}")
    (directory / "test_it.py").write_text(TEST)
    run(binaries / "python", "-W", "error", "-m", "pytest", "-q", "test_it.py", cwd=directory)


def main() -> int:
    """0: all is well."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        try:
            sdist, wheel = build(directory)
            check(sdist, wheel, directory)
            found = pythons()
            for version in VERSIONS:
                if version not in found:
                    print(f"Python {version}: not here, not tried")
                    continue
                place = directory / version
                place.mkdir()
                use(found[version], wheel, place)
                print(f"Python {version}: installed, served, loaded, produced, consumed, tested ({found[version]})")
            place = directory / "suites"
            place.mkdir()
            try_suites(list(found.values())[-1], wheel, place)
        except (Wrong, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
