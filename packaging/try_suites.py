"""Try the fixture in test suites like those of kwire's users, packaging/suites, beside the packages that they use.

A part of `make package`. Alone: python packaging/try_suites.py WHEEL [PYTHON]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SUITES = Path(__file__).with_name("suites")
UV = Path(sys.executable).with_name("uv")
BESIDE = (
    *("pytest==9.2.0", "pytest-django==4.14.0", "pytest-xdist==3.8.0", "Django==5.2.19"),
    *("freezegun==1.5.5", "time-machine==3.6.0", "gevent==26.9.0", "eventlet==0.41.3"),
    *("aiokafka==0.14.0", "confluent-kafka==2.16.1", "kafka-python==3.0.12"),
)
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
RUNS = (
    ("plain", (*PYTEST, "-n", "2")),
    ("plain", ("-m", "unittest", "-q", "test_case")),
    ("frozen", PYTEST),
    ("patched", (*PYTEST, "-p", "by_gevent")),
    ("patched", (*PYTEST, "-p", "by_eventlet")),
    ("django", ("manage.py", "test")),
    ("django", PYTEST),
)
"""Pairs of a suite and the arguments of Python that run it."""


def try_suites(python: str, wheel: Path, directory: Path) -> None:
    """Run all suites with the wheel.

    Raises:
        subprocess.CalledProcessError: a suite failed; its output is shown.
    """
    subprocess.run([UV, "venv", "--quiet", "--python", python, directory / "venv"], check=True)
    interpreter = directory / "venv" / "bin" / "python"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", interpreter, wheel, *BESIDE], check=True)
    shutil.copytree(SUITES, directory / "suites")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    for suite, words in RUNS:
        done = subprocess.run(
            [interpreter, *words],
            cwd=directory / "suites" / suite,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            print(done.stdout, file=sys.stderr)
        done.check_returncode()
        print(f"suite {suite}: {' '.join(words)}: passed")


def main() -> None:
    """Try the wheel named on the command line."""
    wheel, *python = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        try_suites(python[0] if python else sys.executable, Path(wheel).absolute(), Path(directory))


if __name__ == "__main__":
    main()
