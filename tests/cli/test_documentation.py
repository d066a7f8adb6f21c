"""docs/cli.md is what the commands say of themselves, and its examples work as they stand."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kwire.cli.command import Command
from kwire.cli.documentation import markdown
from kwire.cli.root import root

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
EXAMPLES = [
    line
    for block in re.findall(r"```sh\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
]
WAIT_S = 60
STATE = (
    "kwire topic delete orders --if-exists",
    "kwire topic create orders --partitions 6 --config cleanup.policy=delete",
    "kwire produce orders --partition 0 lines",
    "kwire consume orders --group billing",
    "kwire dump --output seed",
    "kwire dump orders > orders.jsonl",
)
"""What there is when an example begins."""

SPOILS = ("kwire topic create", "kwire topic delete", "kwire group delete")
"""Examples after which that is made anew."""


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == markdown(), "run: python -m kwire.cli.documentation > docs/cli.md"


def commands(command, path):
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), f"{path} {name}")
    else:
        yield path, command


ALL = dict(commands(root(), "kwire"))


def test_every_command_has_a_summary_an_example_of_itself_and_helped_options():
    for path, command in ALL.items():
        assert isinstance(command, Command)
        assert command.examples, path
        for example in command.examples:
            assert path in example, (path, example)
            assert example in EXAMPLES
        assert "..." not in command.get_short_help_str(60), f"{path}: its summary is cut in the list of commands"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)
                assert parameter.help.endswith("."), (path, parameter.name)


@pytest.mark.parametrize("path", ALL)
def test_help_fits_a_terminal(run, path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    output = run(*path.split()[1:], "--help")
    assert (output.code, output.err) == (0, "")
    head, example = re.split(r"\nExamples?:\n", output.out)
    assert max(map(len, head.splitlines())) <= 80
    assert "kwire " in example


@pytest.fixture
def example(run, tmp_path, runtime, monkeypatch):
    """Runs an example: in this process, or in bash where it is more than one command."""
    environment = {"HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    monkeypatch.chdir(tmp_path)
    started = subprocess.Popen(
        ["kwire", "serve", "--brokers", "3", "--listen", "127.0.0.1:0", "--data", "kwire-data"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", re.search(r"listens on (\S+)", started.stdout.readline())[1])
    monkeypatch.setenv("KWIRE_CONTROL", str(tmp_path / "kwire-data" / "control.sock"))
    (tmp_path / "lines").write_text("".join(f"{number}\n" for number in range(20)))
    (tmp_path / ".zfunc").mkdir()

    def command(line):
        if line.startswith("kwire ") and not re.search(r"[|>]", line):
            return run(*shlex.split(line)[1:])
        bash = ["bash", "-o", "pipefail", "-c", line]
        done = subprocess.run(bash, capture_output=True, text=True, timeout=WAIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    yield command
    started.send_signal(signal.SIGTERM)
    _, errors = started.communicate(timeout=20)
    assert started.returncode == 0, errors


def as_it_stands(line):
    """The example, but for ports that are taken, names that are gone by now, and what would run until Ctrl-C."""
    if line.startswith("kwire serve"):
        line = f"env -u KWIRE_CONTROL {line} --listen 127.0.0.1:0".replace("kwire-data", "other-data")
        return f"{line} > said & until grep -q listens said; do sleep 0.1; done; kill $!; wait $!"
    if "--follow" in line:
        line = f"timeout --preserve-status -s INT 4 {line}"
    line = line.replace("KWIRE_LISTEN=127.0.0.1:9094", "KWIRE_LISTEN=${KWIRE_BOOTSTRAP_SERVERS%%,*}")
    return line.replace(" -b localhost:9093", "")


def test_the_examples_work_as_they_stand(example):
    prepare(example)
    failed = {}
    for line in EXAMPLES:
        if line.startswith("kwire topic create"):
            example("kwire topic delete orders")
        code, _, errors = example(as_it_stands(line))
        if code != (130 if "--follow" in line else 0):
            failed[line] = code, errors
        if line.startswith(SPOILS):
            prepare(example)
    assert not failed


def prepare(example):
    for line in STATE:
        code, _, errors = example(line)
        assert code == 0, (line, errors)
