"""How the commands reach a cluster, and what they say when they do not."""

import json
import socket
import threading

import pytest

from kwire.cli.connection import Connection, connection_of
from kwire.cli.errors import UsageError


@pytest.fixture
def no_broker():
    """A server that says something else to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(100)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-X", "compresion.type=x"], "there is no client property 'compresion.type'; did you mean compression.type?"),
        (["-X", "acks"], "-X: 'acks' is not NAME=VALUE"),
        (["-X", "request.timeout.ms=soon"], "the client property request.timeout.ms must be a number, not 'soon'"),
        (["-X", "enable.idempotence=1"], "the client property enable.idempotence must be true or false, not '1'"),
        (["-X", "security.protocol=TLS"], "the client property security.protocol must be one of PLAINTEXT, SSL, "),
        (
            ["-X", "ssl.ca.location=/no/ca"],
            "the client property ssl.ca.location names a missing file: /no/ca",
        ),
        (
            ["-X", "security.protocol=SASL_SSL"],
            "with SASL_SSL, sasl.mechanism must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
        ),
        (
            ["-X", "security.protocol=sasl_ssl", "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=me"],
            "with sasl.mechanism=PLAIN, sasl.username and sasl.password are needed",
        ),
        (["-X", "sasl.mechanism=GSSAPI"], "the client property sasl.mechanism must be one of PLAIN, SCRAM-SHA-256, "),
        (["-b", "host:port"], "-b: 'host:port' is not HOST:PORT"),
        (["-b", "http://host:9092"], "-b: 'http://host:9092' is not HOST:PORT"),
    ],
)
def test_what_means_nothing_is_told_before_anything_is_tried(run, arguments, said):
    output = run("topic", "list", "-b", "127.0.0.1:1", *arguments)
    assert output.err.startswith(f"kwire: {said}")
    assert (output.code, output.out, output.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], ": it does not speak Kafka's protocol: its response begins with a size of 1213486160 bytes"),
        (["-X", "security.protocol=SSL"], ": the TLS handshake failed: wrong version number"),
        (
            [
                "-X",
                "security.protocol=SASL_PLAINTEXT",
                "-X",
                "sasl.mechanism=PLAIN",
                "-Xsasl.username=a",
                "-Xsasl.password=b",
            ],
            ": it does not speak Kafka's protocol: ",
        ),
    ],
)
def test_something_else_answers(run, no_broker, options, said):
    output = run("topic", "list", "-b", no_broker, "--timeout", "2", *options)
    assert output.err.startswith(f"kwire: {no_broker} does not answer as a Kafka broker{said}")
    assert (output.code, output.out, output.err.count("\n")) == (1, "", 1)


def test_why_a_broker_refuses_is_told(cli, broker):
    sasl = [f"-Xsasl.{name}" for name in ("mechanism=PLAIN", "username=a", "password=b")]
    output = cli("topic", "list", "--timeout", "3", "-X", "security.protocol=SASL_PLAINTEXT", *sasl)
    assert output.code == 1
    assert output.err.startswith(f"kwire: {broker.bootstrap} does not let this client in: ILLEGAL_SASL_STATE: ")


def test_an_address_that_is_told_but_not_reached(run, serve, tmp_path):
    ready = tmp_path / "ready.json"
    serve("--advertise", "127.0.0.1:1", "--ready-file", str(ready))
    server = f"127.0.0.1:{json.loads(ready.read_text())['brokers'][0]['port']}"
    output = run("topic", "list", "-b", server, "--timeout", "2")
    assert output.err.startswith(f"kwire: lost a broker that {server} named: ")
    assert (output.code, output.out, output.err.count("\n")) == (1, "", 1)


def test_the_next_server_is_tried(cli, broker):
    assert cli("topic", "list", "-b", f"127.0.0.1:1,{broker.bootstrap}").code == 0


def test_properties_come_from_a_file_and_the_command_line(cli, topic_of_one, tmp_path):
    file = tmp_path / "client.properties"
    file.write_text("# a comment\n\nacks=1\nenable.idempotence = false\ncompression.type=gzip\n")
    assert cli("produce", topic_of_one, "--client-config", file, "-X", "compression.type=none", given=b"1\n").code == 0


@pytest.fixture
def topic_of_one(cli):
    cli("topic", "create", "one", "-p", 1)
    yield "one"
    cli("topic", "delete", "one")


def test_a_connection_is_what_the_options_say(tmp_path):
    made = connection_of("h:1", None, ["a=b=c"], 2.0, verbose=True)
    assert made == Connection("h:1", {"a": "b=c"}, 2.0, verbose=True)
    file = tmp_path / "client.properties"
    file.write_text("bootstrap.servers=other:2\nacks=1\n")
    assert connection_of("h:1", str(file), [], 2.0, verbose=False) == Connection("other:2", {"acks": "1"}, 2.0)


def test_a_file_has_lines_that_go_on_and_its_secrets_are_not_told(tmp_path):
    file = tmp_path / "client.properties"
    file.write_text('# jaas \\\nsasl.jaas.config=Login required \\\n    username="me" \\\n    password="x";\nacks=1\n')
    made = connection_of("h:1", str(file), [], 2.0, verbose=False)
    assert made.properties == {"sasl.jaas.config": 'Login required username="me" password="x";', "acks": "1"}
    file.write_text("acks=1\nsasl.password: hunter2\n")
    with pytest.raises(UsageError) as caught:
        connection_of("h:1", str(file), [], 2.0, verbose=False)
    assert str(caught.value) == f"{file} line 2 is not NAME=VALUE"


@pytest.mark.parametrize("form", ["{}", "PLAINTEXT://{}", "127.0.0.1:1,PLAINTEXT://{}"])
def test_an_address_may_be_written_as_kafka_writes_it(run, broker, form):
    assert run("cluster", "describe", "-b", form.format(broker.bootstrap)).code == 0
