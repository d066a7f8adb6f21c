"""How the commands reach a cluster, and what they say when they do not."""

import gc
import json
import socket
import threading

import pytest

from kwire.cli.connection import Connection, connection_of
from kwire.cli.errors import Failed

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # kafka-python's own
    # Where a TLS handshake fails, kafka-python leaves its socket to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


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
        (["-X", "request.timeout.ms=soon"], "the client property request.timeout.ms is a number, not 'soon'"),
        (["-X", "enable.idempotence=1"], "the client property enable.idempotence is true or false, not '1'"),
        (["-X", "security.protocol=TLS"], "the client property security.protocol is one of PLAINTEXT, SSL, "),
        (
            ["-X", "ssl.ca.location=/no/ca"],
            "the client property ssl.ca.location names a file that is not there: /no/ca",
        ),
        (["-b", "host:port"], "-b: 'host:port' is not HOST:PORT"),
        (["--client-config", "/no/file"], "invalid value for '--client-config': File '/no/file' does not exist "),
    ],
)
def test_what_means_nothing_is_told_before_anything_is_tried(run, arguments, said):
    output = run("topic", "list", "-b", "127.0.0.1:1", *arguments)
    assert output.err.startswith(f"kwire: {said}")
    assert (output.code, output.out, output.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], ""),
        (["-X", "security.protocol=SSL"], ": Handshake failed: "),
        (["-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN"], ""),
    ],
)
def test_something_else_answers(run, no_broker, options, said):
    output = run("topic", "list", "-b", no_broker, "--timeout", "2", *options)
    assert output.err.startswith(f"kwire: {no_broker} does not answer as a Kafka broker{said}")
    assert (output.code, output.out, output.err.count("\n")) == (1, "", 1)
    gc.collect()  # the forgotten sockets are complained about here and not in another test


def test_why_a_broker_refuses_is_told(cli, broker):
    sasl = [f"-Xsasl.{name}" for name in ("mechanism=PLAIN", "username=a", "password=b")]
    output = cli("topic", "list", "--timeout", "3", "-X", "security.protocol=SASL_PLAINTEXT", *sasl)
    assert output.code == 1
    assert output.err.startswith(f"kwire: {broker.bootstrap} does not answer as a Kafka broker: ")


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


def test_names_of_all_clients_mean_the_same():
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

    from kwire.cli.connection import _typed

    known = {**KafkaAdminClient.DEFAULT_CONFIG, **KafkaConsumer.DEFAULT_CONFIG, **KafkaProducer.DEFAULT_CONFIG}
    java = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";',
        "ssl.endpoint.identification.algorithm": "",
        "max.poll.records": "7",
    }
    librdkafka = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "p",
    }
    common = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "u",
        "sasl_plain_password": "p",
    }
    assert _typed(java, known) == {**common, "ssl_check_hostname": False, "max_poll_records": 7}
    assert _typed(librdkafka, known) == common


def test_a_connection_is_what_the_options_say():
    made = connection_of("h:1", None, ["a=b=c"], 2.0, verbose=True)
    assert made == Connection("h:1", {"a": "b=c"}, 2.0, verbose=True)
    with pytest.raises(Failed), Connection("127.0.0.1:1", {}, 1.0).admin():
        raise AssertionError("there is nothing at that port")
