"""`kwire healthcheck`: healthy where a broker answers as it should, and a reason where not."""

import socket
import subprocess
import sys
import threading

import pytest

from kwire.cli.main import main


@pytest.fixture
def check(monkeypatch, capsys):
    """(Exit code, what it said) with these variables."""

    def check(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return main(["healthcheck"]), capsys.readouterr().err

    return check


@pytest.fixture
def answering():
    """A port at which each client gets that answer and is left."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer(reply):
            def serve():
                accepted, _ = listening.accept()
                with accepted:
                    accepted.recv(100)
                    accepted.sendall(reply)

            threading.Thread(target=serve, daemon=True).start()
            return f"127.0.0.1:{listening.getsockname()[1]}"

        yield answer


def test_a_broker_that_serves_is_healthy(serve, check, tmp_path):
    ready = tmp_path / "ready"
    broker = serve("--ready-file", str(ready))
    assert check(KWIRE_LISTEN=broker.bootstrap) == (0, "")
    assert check(KWIRE_LISTEN="127.0.0.1:0", KWIRE_READY_FILE=str(ready)) == (0, "")
    broker.stop()
    code, said = check()
    assert (code, said) == (1, f"kwire: not ready yet: there is no {ready}\n")
    code, said = check(KWIRE_READY_FILE="", KWIRE_LISTEN=broker.bootstrap)
    assert (code, said) == (1, f"kwire: no broker answers at {broker.bootstrap}: Connection refused\n")


def test_it_asks_whom_the_servers_variable_names(serve, check, tmp_path):
    broker, nobody = serve(), "127.0.0.1:1"
    assert check(KWIRE_LISTEN=nobody, KWIRE_BOOTSTRAP_SERVERS=broker.bootstrap) == (0, "")
    assert main(["healthcheck", "-b", broker.bootstrap]) == main(["-b", broker.bootstrap, "healthcheck"]) == 0
    refused = f"kwire: no broker answers at {nobody}: Connection refused\n"
    assert check(KWIRE_LISTEN=broker.bootstrap, KWIRE_BOOTSTRAP_SERVERS=nobody) == (1, refused)
    missing = tmp_path / "ready"
    said = f"kwire: not ready yet: there is no {missing}\n"
    assert check(KWIRE_BOOTSTRAP_SERVERS=broker.bootstrap, KWIRE_READY_FILE=str(missing)) == (1, said)


def test_one_of_several_brokers_is_enough(serve, check, tmp_path):
    ready = tmp_path / "ready"
    broker = serve("--brokers", "2", "--ready-file", str(ready), "--control", str(tmp_path / "control"))
    assert main(["broker", "stop", "1", "--control", str(tmp_path / "control")]) == 0
    code, _ = check(KWIRE_BROKERS="2", KWIRE_LISTEN="127.0.0.1:0", KWIRE_READY_FILE=str(ready))
    assert code == 0
    assert broker.stop()[0] == 0


@pytest.mark.parametrize(
    ("reply", "said"), [(b"", "it closed the connection"), (b"HTTP/1.1 400", "the peer is not a Kafka broker")]
)
def test_something_else_at_the_port_is_not_healthy(answering, check, reply, said):
    address = answering(reply)
    assert check(KWIRE_LISTEN=address) == (1, f"kwire: no broker answers at {address}: {said}\n")


def test_wrong_settings_are_told(check):
    assert check(KWIRE_BROKERS="many")[0] == 2


def test_it_loads_no_more_than_it_needs():
    code = "from kwire.cli import healthcheck; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"click", "trio", "kafka", "kwire.app", "kwire.protocol.codec"} & set(loaded)


def test_its_help_is_listed(capsys):
    assert main(["healthcheck", "--help"]) == 0
    assert "KWIRE_LISTEN=127.0.0.1:9094 kwire healthcheck" in capsys.readouterr().out
