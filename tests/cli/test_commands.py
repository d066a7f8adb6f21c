"""The command's other subcommands, and its log lines."""

import json
import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from kwire import __version__
from kwire.cli.log_lines import JsonFormatter, TextFormatter
from kwire.cli.main import main
from kwire.cli.serve import FORCED, _stop


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"kwire {__version__}\n"


@pytest.mark.parametrize("name", ["list_offsets", "ListOffsets", "list-offsets", "2"])
def test_protocol_source_shows_the_compiled_functions(capsys, name):
    assert main(["protocol", "source", name, "11"]) == 0
    shown = capsys.readouterr().out
    assert "# ListOffsetsRequest v11\n" in shown
    assert "# ListOffsetsResponse v11\n" in shown
    assert "def read(" in shown
    assert "def write(" in shown


def test_a_reader_that_leaves_early_sees_no_traceback():
    command = [sys.executable, "-m", "kwire", "protocol", "source", "fetch", "12"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_one_line():
    command = [sys.executable, "-m", "kwire", "protocol", "source", "fetch", "12"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "kwire: cannot write the output: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("nope", 2),
        ("serve --nope", 2),
        ("protocol decode zz", 2),
        ("topic list -b 127.0.0.1:1", 1),
        ("topic list -b 127.0.0.1:1 -v", 1),
        ("topic delete a b -b {broker}", 1),
        ("protocol source fetch 12", 1),
    ],
)
def test_the_exit_code_tells_where_the_error_cannot_be_said(broker, arguments, code):
    command = [sys.executable, "-m", "kwire", *arguments.format(broker=broker.bootstrap).split()]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=full, check=False)
    assert ended.returncode == code


def test_closed_output_is_no_failure():
    command = ["sh", "-c", 'exec "$0" -m kwire protocol source fetch 12 >&-', sys.executable]
    ended = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_protocol_spec_shows_the_fields(capsys):
    assert main(["protocol", "spec", "fetch"]) == 0
    shown = capsys.readouterr().out
    assert "FetchRequest, versions 4 to 18\n" in shown
    assert "\n        Partitions []FetchPartition 0+" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["source", "fetch", "3"], "kwire: FetchRequest has the versions 4 to 18, not 3\n"),
        (["spec", "fech"], "kwire: there is no API 'fech'; did you mean fetch?\n"),
        (["spec", "leader_and_isr"], "kwire: there is no API 'leader_and_isr'\n"),
    ],
)
def test_protocol_refuses_what_is_not_there(capsys, arguments, said):
    assert main(["protocol", *arguments]) == 2
    assert capsys.readouterr().err == said


def record(message, *, exc_info=None):
    made = logging.LogRecord("kwire.server", logging.WARNING, "f", 1, message, None, exc_info)
    made.created = 1_700_000_000.25
    return made


def failure():
    try:
        int("odd")
    except ValueError:
        return sys.exc_info()


def test_an_event_is_one_line_of_text():
    line = TextFormatter().format(record("peer\nsaid"))
    assert line == "2023-11-14T22:13:20.250Z WARNING kwire.server: peer\\nsaid"
    lines = TextFormatter().format(record("bug", exc_info=failure())).splitlines()
    assert lines[1] == "  Traceback (most recent call last):"
    assert lines[-1] == "  ValueError: invalid literal for int() with base 10: 'odd'"


def test_an_event_is_one_line_of_json():
    line = JsonFormatter().format(record("bug\n", exc_info=failure()))
    assert "\n" not in line
    event = json.loads(line)
    assert event.pop("exception").endswith("with base 10: 'odd'")
    assert event == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "logger": "kwire.server",
        "message": "bug\n",
    }


async def test_a_second_signal_does_not_wait_for_the_clean_stop(monkeypatch):
    forced = []
    monkeypatch.setattr("kwire.cli.serve.os._exit", forced.append)
    scope = trio.CancelScope()

    async def signals():
        yield signal.SIGTERM
        assert scope.cancel_called
        assert not forced
        yield signal.SIGTERM

    await _stop(signals(), scope)
    assert forced == [FORCED]


LISTENING = "import kwire.cli.serve"
SERVING = "import kwire.cli.serve, kwire.app, kwire.storage.memory, kwire.api.api_versions, kwire.api.metadata"


@pytest.mark.parametrize(
    ("imports", "unneeded"),
    [
        (LISTENING, {"trio", "kwire.app", "kwire.cluster.cluster", "kwire.protocol.codec"}),
        (
            SERVING,
            {"cramjam", "kwire.client", "click", "rich", "tomllib", "difflib", "json", "kwire.storage.segments.store"},
        ),
        (SERVING, {"kwire.broker.config_definitions", "kwire.api.fetch", "kwire.api.create_topics"}),
    ],
)
def test_the_port_is_bound_and_the_first_client_answered_without_what_they_do_not_need(imports, unneeded):
    code = f"{imports}; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "kwire.server.listener" in loaded
    assert not unneeded & set(loaded)


@pytest.mark.parametrize("arguments", ["--help", "topic --help", "log verify --help", "serve --help"])
def test_help_is_quick(arguments):
    code = f"import sys; from kwire.cli.main import main; main({arguments.split()!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: kwire ")
    assert not {"kafka", "trio", "rich", "cramjam", "asyncio"} & set(done.stderr.split())
