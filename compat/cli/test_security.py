"""kwire's command line over TLS and SASL, always against Apache Kafka, whatever --broker says: kwire has neither."""

import subprocess
import sys

import pytest

from compat import apache_kafka
from compat.conftest import wait_until_answering

WAIT_S = 60
PASSWORD = "open=sesame"
STORE_PASSWORD = "changeit"
PLAIN_LOGIN = "PlainLoginModule required"
PROTOCOLS = ("PLAINTEXT", "SASL_SSL", "SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Make a CA, certificates that it has signed for a server and a client, and another CA."""
    made = tmp_path_factory.mktemp("certificates")

    def openssl(arguments):
        subprocess.run(["openssl", *arguments.split()], cwd=made, check=True, capture_output=True)

    for name in ("ca", "other"):
        openssl(f"req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2")
    (made / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}")
        openssl(
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2 -extfile names"
        )
    openssl(f"pkcs12 -export -in server.pem -inkey server.key -out server.p12 -passout pass:{STORE_PASSWORD}")
    openssl("rsa -aes256 -in client.key -out locked.key -passout pass:secret")
    return made


@pytest.fixture(scope="module")
def addresses(certificates, tmp_path_factory):
    """Start a node; return its addresses for SASL over TLS, and for TLS with a client certificate."""
    plain, sasl, tls = (apache_kafka.free_port() for _ in range(3))
    controller = apache_kafka.free_port()
    listeners = f"PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{sasl},SSL://127.0.0.1:{tls}"
    login = "org.apache.kafka.common.security"
    configs = {
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": ",".join(f"{one}:{one}" for one in PROTOCOLS) + ",CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{login}.plain.{PLAIN_LOGIN} user_me="{PASSWORD}";',
        "listener.name.ssl.ssl.client.auth": "required",
        "ssl.keystore.location": certificates / "server.p12",
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.password": STORE_PASSWORD,
        "ssl.truststore.location": certificates / "ca.pem",
        "ssl.truststore.type": "PEM",
    }
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        name = f"listener.name.sasl_ssl.{mechanism.lower()}.sasl.jaas.config"
        configs[name] = f"{login}.scram.ScramLoginModule required;"
    users = [part for one in MECHANISMS[1:] for part in ("--add-scram", f'{one}=[name="me",password="{PASSWORD}"]')]
    directory = tmp_path_factory.mktemp("secure")
    with (directory / "log").open("wb") as log:
        process = apache_kafka.start(directory / "data", plain, log, configs, tuple(users))
        try:
            wait_until_answering(process, plain)
            yield f"localhost:{sasl}", f"localhost:{tls}"
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def kwire():
    """Return a function that runs a command with client properties."""

    def run(server, properties, *arguments, given=""):
        options = [f"-X{name}={value}" for name, value in properties.items()]
        command = [sys.executable, "-m", "kwire", *arguments, "-b", server, *options]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=WAIT_S, check=False)

    return run


def sasl(certificates, mechanism, **changes):
    common = {"security.protocol": "SASL_SSL", "ssl.ca.location": certificates / "ca.pem", "sasl.mechanism": mechanism}
    return {**common, "sasl.username": "me", "sasl.password": PASSWORD, **changes}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_records_go_over_sasl_and_tls(kwire, addresses, certificates, topic, mechanism):
    properties = sasl(certificates, mechanism)
    for arguments, given, said in (
        (("topic", "create", topic, "-p", "2"), "", f"created topic {topic}\n"),
        (("produce", topic, "-p", "0"), "one\ntwo\n", ""),
        (("consume", topic), "", "one\ntwo\n"),
        (("consume", topic, "-g", topic), "", "one\ntwo\n"),
        (("group", "delete", topic), "", f"deleted group {topic}\n"),
    ):
        done = kwire(addresses[0], properties, *arguments, given=given)
        assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


@pytest.mark.parametrize(("key", "password"), [("client.key", {}), ("locked.key", {"ssl.key.password": "secret"})])
def test_a_client_shows_its_certificate(kwire, addresses, certificates, key, password):
    properties = {
        "security.protocol": "SSL",
        "ssl.ca.location": certificates / "ca.pem",
        "ssl.certificate.location": certificates / "client.pem",
        "ssl.key.location": certificates / key,
        **password,
    }
    done = kwire(addresses[1], properties, "topic", "list")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_told(kwire, addresses, certificates, mechanism):
    done = kwire(addresses[0], sasl(certificates, mechanism, **{"sasl.password": "x"}), "topic", "list")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(
        f"kwire: {addresses[0]} does not let this client in: SASL_AUTHENTICATION_FAILED: Authentication failed"
    )


def test_who_is_not_trusted_is_told(kwire, addresses, certificates):
    other = {"security.protocol": "SSL", "ssl.ca.location": certificates / "other.pem"}
    done = kwire(addresses[1], other, "topic", "list")
    reason = "the TLS handshake failed: unable to get local issuer certificate"
    assert done.stderr == f"kwire: {addresses[1]} does not let this client in: {reason}\n"
    anonymous = {"security.protocol": "SSL", "ssl.ca.location": certificates / "ca.pem"}
    done = kwire(addresses[1], anonymous, "topic", "list", "--timeout", "5")
    assert done.returncode == 1
    assert done.stderr.startswith(f"kwire: {addresses[1]} ")
    assert done.stderr.count("\n") == 1


def test_plain_text_at_a_port_of_tls_is_told(kwire, addresses):
    done = kwire(addresses[0], {}, "topic", "list", "--timeout", "5")
    assert done.stderr.startswith(f"kwire: {addresses[0]} does not answer as a Kafka broker: ")
    assert "it speaks TLS; set security.protocol to SSL or SASL_SSL" in done.stderr
