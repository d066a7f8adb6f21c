"""Ports that a service manager bound: taken over as they are, refused when they are something else."""

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from kwire.app import running
from kwire.client.connection import connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.server import socket_activation
from kwire.server.listener import Listener
from kwire.server.socket_activation import inherited
from kwire.settings import CannotStart, Settings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="service managers hand no descriptors over on Windows")


@pytest.fixture
def handed_over(monkeypatch):
    """Sockets as consecutive descriptors, and the variables that tell of them."""
    opened = []

    def hand_over(*sockets):
        first = 200
        for number, each in enumerate(sockets):
            os.dup2(each.fileno(), first + number)
            each.close()
            opened.append(first + number)
        monkeypatch.setattr(socket_activation, "FIRST_DESCRIPTOR", first)
        return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets))}

    yield hand_over
    for descriptor in opened:
        try:
            os.close(descriptor)
        except OSError:  # the test's listener was collected, and its socket with it
            continue


def test_listeners_are_those_that_were_bound_and_outlive_a_close(handed_over):
    first, second = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    ports = [each.getsockname()[1] for each in (first, second)]
    ((one,), (other,)) = inherited(handed_over(first, second), 2)
    assert [(one.host, one.port), (other.host, other.port)] == [("127.0.0.1", port) for port in ports]
    assert not os.get_inheritable(one.socket.fileno())
    one.close()
    with socket.create_connection(("127.0.0.1", one.port)) as client:
        accepted = one.accept()
        assert accepted.getpeername() == client.getsockname()
        accepted.close()
    assert one.accept() is None
    for listener in (one, other):
        listener.socket.close()


def test_those_of_another_process_and_none_are_none(handed_over):
    variables = handed_over(socket.create_server(("127.0.0.1", 0)))
    assert inherited({**variables, "LISTEN_PID": "1"}, 1) is None
    assert inherited({**variables, "LISTEN_FDS": "0"}, 1) is None
    assert inherited({}, 1) is None


@pytest.mark.parametrize("kind", ["a datagram socket", "a Unix socket", "a client's socket", "a file"])
def test_what_is_no_listening_tcp_socket_is_refused(handed_over, tmp_path, kind):
    listening = socket.create_server(("127.0.0.1", 0))
    with listening, (tmp_path / "file").open("wb") as file:
        if kind == "a datagram socket":
            handed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        elif kind == "a Unix socket":
            handed = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            handed.bind(str(tmp_path / "s"))
            handed.listen()
        elif kind == "a client's socket":
            handed = socket.create_connection(listening.getsockname())
        else:
            handed = file
        variables = handed_over(handed)
        with pytest.raises(
            CannotStart, match="the inherited descriptor 200 is no listening TCP socket; the socket unit"
        ):
            inherited(variables, 1)


def test_sockets_that_cannot_be_shared_are_refused(handed_over):
    variables = handed_over(*(socket.create_server(("127.0.0.1", 0)) for _ in range(3)))
    with pytest.raises(CannotStart, match="3 sockets were handed over for 2 brokers"):
        inherited(variables, 2)
    with pytest.raises(CannotStart, match="LISTEN_FDS='x' is no number of sockets"):
        inherited({**variables, "LISTEN_FDS": "x"}, 1)


async def test_a_broker_that_starts_again_listens_at_its_inherited_port_again():
    with socket.create_server(("127.0.0.1", 0)) as bound:
        bound.setblocking(False)
        listener = Listener(bound, "127.0.0.1", inherited=True)
        async with running(Settings(), listeners=[[listener]]) as started:
            for _ in range(2):
                async with connected(*started.addresses[0]) as client:
                    assert (await client.request(ApiVersionsRequest(), 0)).error_code == ErrorCode.NONE
                await started.brokers.stop(1)
                async with connected(*started.addresses[0]) as early:  # the system lets it wait
                    await early.send(ApiVersionsRequest(), 0)
                    await started.brokers.start(1)
                    assert (await early.receive(ApiVersionsRequest(), 0)).error_code == ErrorCode.NONE


ACTIVATE = "/usr/bin/systemd-socket-activate"


@pytest.mark.skipif(
    shutil.which(ACTIVATE) is None, reason="systemd-socket-activate is not installed (apt-get install systemd)"
)
def test_systemd_starts_it_with_the_first_client_who_is_answered(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready = tmp_path / "ready"
    command = [ACTIVATE, "-l", f"127.0.0.1:{port}", *(f"-E{name}" for name in ("PATH", "HOME"))]
    command += [sys.executable, "-m", "kwire", "serve", "--topic", "t", "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", port), 20)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        with client:
            assert not ready.exists()
            client.sendall(bytes.fromhex("0000000a 0012 0000 00000007 ffff"))  # ApiVersions v0
            assert client.recv(8)[4:] == bytes.fromhex("00000007")
        process.terminate()
        output, errors = process.communicate(timeout=20)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0, errors
    assert f"listens on 127.0.0.1:{port} " in output
    assert not ready.exists()
