"""A `kwire serve` process on a free port."""

import io
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from kwire.cli.main import main

START_S = 20
STOP_S = 60
"""For thousands of partitions on a disk that others use too."""


def pytest_addoption(parser):
    parser.addoption("--large-crowd", action="store_true", help="2,000 connections, 5,000 partitions, 1,024 open files")


class Process:
    """A `kwire serve`, its address and its output. ulimit: options of the ulimit command that it starts under."""

    def __init__(self, options, variables=None, ulimit=None):
        command = [sys.executable, "-m", "kwire", "serve", "--listen", "127.0.0.1:0", *options]
        if ulimit is not None:
            command = ["sh", "-c", f'ulimit {ulimit}; exec "$@"', "sh", *command]
        environment = {**os.environ, **(variables or {})}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, env=environment, text=True, **pipes)
        self.start_line = self._first_line()
        match = re.search(r"listens on (\S+):(\d+) ", self.start_line)
        assert match, (self.start_line, self.process.stderr.read() if self.process.poll() is not None else "")
        self.host, self.port = match[1], int(match[2])
        self.bootstrap = f"{self.host}:{self.port}"

    def _first_line(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.process.stdout, self.process.stderr], [], [], 0.5)
            for stream in ready:
                return stream.readline()
        raise AssertionError("kwire serve said nothing")

    def stop(self, number=signal.SIGTERM):
        """Exit code, stdout, stderr after the signal."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, output, errors


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """A runtime directory of the test's own, with a short path, as that of a socket has to be."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        monkeypatch.setenv("XDG_RUNTIME_DIR", directory)
        yield Path(directory)


@pytest.fixture
def serve(runtime):
    """Starts `kwire serve` processes; they end with the test."""
    started = []

    def start(*options, ulimit=None, **variables):
        started.append(Process(options, variables, ulimit))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


class Output(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsysbinary, monkeypatch):
    """Runs `kwire` in this process, with these bytes as its standard input."""

    def command(*arguments, given=b""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsysbinary.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsysbinary.readouterr()
        return Output(code, said.out.decode("utf-8", "surrogateescape"), said.err.decode())

    return command


@pytest.fixture(scope="module")
def broker():
    """A `kwire serve` that the module's tests share."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        started = Process((), {"XDG_RUNTIME_DIR": directory})
        yield started
        code, _, errors = started.stop()
    assert (code, "Traceback" in errors) == (0, False), errors


@pytest.fixture
def cli(run, broker, monkeypatch):
    """Runs `kwire` against that broker."""
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", broker.bootstrap)
    return run
