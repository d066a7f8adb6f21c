"""`kwire broker` against a running `kwire serve`."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kwire.cli.main import main


@pytest.fixture
def broker(capsys):
    """Runs `kwire broker`: its exit code, and the lines it said."""

    def run(*arguments):
        code = main(["broker", *arguments])
        said = capsys.readouterr()
        return code, (said.out + said.err).splitlines()

    return run


def addresses(started):
    return started.start_line.split()[4].split(",")


def test_the_only_cluster_in_memory_needs_no_name(serve, broker):
    first, second, third = addresses(serve("--brokers", "3", "--topic", "t:3"))
    assert broker("list") == (
        0,
        [
            f"broker {node_id} runs on {address}; of 1 replicas it has, 1 are in sync and 1 lead"
            for node_id, address in enumerate((first, second, third), 1)
        ],
    )
    assert broker("stop", "2") == (0, [f"broker 2 is stopped; it listened on {second}"])
    assert broker("list")[1][1] == f"broker 2 is stopped; it listened on {second}"
    assert broker("start", "2") == (
        0,
        [f"broker 2 runs on {second}; of 1 replicas it has, 1 are in sync and 1 lead"],
    )
    assert broker("stop", "4") == (1, ["kwire: there is no broker 4; this cluster has 1, 2, 3"])


def test_several_clusters_in_memory_are_told_apart_by_their_sockets(serve, broker):
    serve()
    other = serve("--broker-id", "7")
    code, (line,) = broker("list")
    assert code == 2
    assert line.startswith("kwire: several clusters run here; name one with -b HOST:PORT or --control: ")
    name = f"{os.environ['XDG_RUNTIME_DIR']}/kwire/{other.host}-{other.port}.sock"
    assert name in line
    assert broker("stop", "7", "--control", name)[0] == 0
    assert other.stop()[0] == 0
    assert not Path(name).exists()
    assert broker("list")[0] == 0


def test_the_cluster_may_be_named_by_its_address(serve, broker, runtime, monkeypatch):
    first, second = serve(), serve("--broker-id", "7")
    data = str(runtime / "data")
    third = serve("--broker-id", "9", "--data", data)
    assert broker("list", "-b", f"localhost:{first.port}")[1][0].startswith("broker 1 runs")
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", f"127.0.0.1:1,{second.bootstrap}")
    assert broker("list")[1][0].startswith("broker 7 runs")
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", third.bootstrap)
    monkeypatch.setenv("KWIRE_DATA", data)
    assert broker("list")[1][0].startswith("broker 9 runs")


def test_it_does_not_touch_another_cluster_than_the_variable_names(serve, broker, runtime, monkeypatch):
    started = serve("--brokers", "2")
    elsewhere = f"192.0.2.1:{started.port}"
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", elsewhere)
    path = f"{runtime}/kwire/{addresses(started)[0].replace(':', '-')}.sock"
    refused = (
        f"kwire: no cluster of {path} listens at {elsewhere}, which -b or KWIRE_BOOTSTRAP_SERVERS names; "
        "one that keeps its data is named by --data DIR"
    )
    assert broker("stop", "1") == broker("stop", "1", "--control", path) == (1, [refused])
    monkeypatch.delenv("KWIRE_BOOTSTRAP_SERVERS")
    assert all(" runs on " in line for line in broker("list")[1])


def test_a_cluster_that_listens_everywhere_is_found_at_any_address_of_this_machine(serve, broker):
    serve("--listen", "0.0.0.0:0")
    port = re.search(r"0\.0\.0\.0:(\d+)", broker("list")[1][0])[1]
    assert broker("list", "-b", f"127.0.0.1:{port}")[0] == 0
    assert broker("list", "-b", f"192.0.2.1:{port}")[0] == 1


def test_every_interface_is_shown_once(serve, broker):
    serve("--listen", ":0")
    assert re.match(r"broker 1 runs on 127.0.0.1:\d+,:\d+; of ", broker("list")[1][0])


def test_a_cluster_with_a_directory_is_named_by_it(serve, broker, runtime, monkeypatch):
    data = str(runtime / "data")
    started = serve("--data", data, "--brokers", "2", "--broker-id", "0")
    assert broker("stop", "0", "--data", data) == (
        0,
        [f"broker 0 is stopped; it listened on {addresses(started)[0]}"],
    )
    assert broker("list")[1] == ["kwire: no cluster in memory runs here; name one with --data DIR or --control PATH"]
    monkeypatch.setenv("KWIRE_DATA", data)
    assert broker("start", "0")[0] == 0
    started.process.kill()
    started.process.wait()
    code, (line,) = broker("list", "--data", data)
    assert code == 1
    assert line.startswith(f"kwire: no running cluster answers at {data}/control.sock: ")
    serve("--data", data)
    assert broker("list", "--data", data)[0] == 0


def test_the_socket_may_be_put_elsewhere(serve, broker, runtime, monkeypatch):
    path = str(runtime / "mine")
    serve("--control", path)
    assert broker("list", "--control", path)[0] == 0
    monkeypatch.setenv("KWIRE_CONTROL", path)
    assert broker("list")[0] == 0


def test_a_socket_that_was_asked_for_and_cannot_be_is_one_clear_line(capsys, tmp_path):
    path = tmp_path / "taken"
    path.write_text("mine")
    assert main(["serve", "--listen", "127.0.0.1:0", "--control", str(path)]) == 1
    assert f"cannot make the control socket {path}: something else is there" in capsys.readouterr().err


@pytest.mark.parametrize(("brokers", "warned"), [("1", False), ("2", True)])
def test_a_socket_that_nobody_asked_for_and_cannot_be_is_a_warning_to_several_brokers(runtime, brokers, warned):
    (runtime / "kwire").write_text("not a directory")
    command = [sys.executable, "-m", "kwire", "serve", "--listen", "127.0.0.1:0", "--brokers", brokers]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert "listens on" in started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        _, errors = started.communicate(timeout=20)
    assert started.returncode == 0
    assert ("kwire broker will not find this cluster: " in errors) is warned


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stop"], "kwire: missing argument 'ID' (see kwire broker stop --help)"),
        (["stop", "one"], "kwire: invalid value for 'ID': 'one' is not a valid integer (see kwire broker stop --help)"),
        (
            ["list", "--data", "d", "--control", "c"],
            "kwire: --data and --control name a cluster each; give one of them",
        ),
    ],
)
def test_what_is_no_command(broker, arguments, said):
    assert broker(*arguments) == (2, [said])
