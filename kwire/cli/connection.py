"""How commands reach a Kafka cluster: the options they share, kafka-python's clients, and its errors in one line."""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from kwire.cli.command import servers_option
from kwire.cli.errors import Failed, UsageError
from kwire.cli.servers import DEFAULT, addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


OPTIONS: Final = ("bootstrap_server", "client_config", "properties", "timeout", "verbose")
"""The parameters of a command that become its Connection."""

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")

OTHER_NAMES: Final = {
    "sasl_username": "sasl_plain_username",
    "sasl_password": "sasl_plain_password",
    "sasl_mechanisms": "sasl_mechanism",
    "ssl_ca_location": "ssl_cafile",
    "ssl_certificate_location": "ssl_certfile",
    "ssl_key_location": "ssl_keyfile",
    "ssl_key_password": "ssl_password",
    "ssl_truststore_location": "ssl_cafile",
    "ssl_keystore_location": "ssl_certfile",
    "ssl_truststore_type": "",
    "ssl_keystore_type": "",
}
"""What librdkafka and the Java client call kafka-python's configs; an empty name: not needed."""


@dataclass(frozen=True)
class Connection:
    """Which cluster, and how its clients are configured.

    properties: as written, by kafka-python's names, librdkafka's or the Java client's.
    """

    servers: str
    properties: Mapping[str, str]
    timeout_s: float
    verbose: bool = False

    @contextlib.contextmanager
    def admin(self) -> Iterator[Any]:
        """A KafkaAdminClient.

        Raises:
            Failed: no broker answers, or it refuses what it is asked for.
        """
        with self._client("KafkaAdminClient", {}) as client:
            try:
                yield client
            finally:
                client.close()

    @contextlib.contextmanager
    def producer(self, **configs: Any) -> Iterator[Any]:
        """A KafkaProducer, idempotent unless the properties say otherwise; what is not flushed is dropped."""
        with self._client("KafkaProducer", {"linger_ms": 5, **configs}) as client:
            try:
                yield client
            finally:
                client.close(timeout=0)

    @contextlib.contextmanager
    def consumer(self, **configs: Any) -> Iterator[Any]:
        """A KafkaConsumer that commits nothing by itself."""
        fixed = {"enable_auto_commit": False, "allow_auto_create_topics": False}
        with self._client("KafkaConsumer", {**fixed, **configs}) as client:
            try:
                yield client
            finally:
                client.close(autocommit=False)

    @contextlib.contextmanager
    def _client(self, kind: str, configs: Mapping[str, Any]) -> Iterator[Any]:
        import kafka
        from kafka.errors import KafkaConfigurationError, KafkaConnectionError, KafkaError

        make = getattr(kafka, kind)
        own = _typed(self.properties, _all_configs(kafka))
        wanted = {
            "client_id": "kwire-cli",
            "bootstrap_servers": self.servers.split(","),
            "bootstrap_timeout_ms": int(self.timeout_s * 1000),
            **configs,
            **{name: value for name, value in own.items() if name in make.DEFAULT_CONFIG},
        }
        if not own.get("proxy_url"):
            self._reach()
        said = _LastError()
        log = logging.getLogger("kafka")
        if self.verbose:
            logging.basicConfig(level=logging.INFO)
        else:
            log.handlers, log.propagate = [said], False
        try:
            client = make(**wanted)
        except (KafkaConfigurationError, AssertionError, ValueError, OSError) as error:
            raise UsageError(f"the client's properties do not work: {error}") from error
        except KafkaError as error:
            reason = f": {said.reason}" if said.reason else ""
            raise Failed(f"{self.servers} does not answer as a Kafka broker{reason}") from error
        try:
            yield client
        except KafkaConnectionError as error:
            raise Failed(
                f"lost a broker that {self.servers} named: {error.args[0] if error.args else 'no connection'}. It has "
                "stopped, or told an address that cannot be reached from here: start it with `kwire serve --advertise "
                "HOST:PORT`, another Kafka with advertised.listeners"
            ) from error
        except KafkaError as error:
            raise Failed(explain(error)) from error

    def _reach(self) -> None:
        """One of the servers accepts a connection: kafka-python would only say that it timed out."""
        reasons = []
        for server in addresses(self.servers):
            try:
                socket.create_connection(server, self.timeout_s).close()
            except OSError as error:
                reasons.append(f"{server}: {error.strerror or error}")
            else:
                return
        raise Failed(
            f"no broker answers at {'; '.join(reasons)}. Start one with `kwire serve`, or name one with -b HOST:PORT"
        )


def connection_of(
    bootstrap_server: str, client_config: str | None, properties: Sequence[str], timeout: float, *, verbose: bool
) -> Connection:
    """What the options say.

    Raises:
        UsageError: a property is written in no known way.
    """
    given = _from_file(client_config) if client_config else {}
    given.update(_pair(text, "-X") for text in properties)
    return Connection(bootstrap_server, given, timeout, verbose)


def connects(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say which cluster, and the Connection as its first argument."""

    @functools.wraps(function)
    def with_connection(**values: Any) -> Any:
        own = {name: values.pop(name) for name in OPTIONS}
        return function(connection_of(**own), **values)

    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Show what the client library logs."),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0.1),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="How long a broker may take to answer at first.",
        ),
        click.option(
            "--client-config",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            help="Client properties, one NAME=VALUE a line.",
        ),
        click.option(
            "-X",
            "properties",
            metavar="NAME=VALUE",
            multiple=True,
            help="A client property, such as security.protocol=SASL_SSL; repeatable.",
        ),
        servers_option("A broker of the cluster; several with commas between.", default=DEFAULT),
    ):
        with_connection = option(with_connection)
    return with_connection


def explain(error: Exception) -> str:
    """An error of kafka-python in one line."""
    code = getattr(error, "errno", None)
    text = str(error.args[0]) if error.args and error.args[0] else ""
    found = refusal(code, text) if isinstance(code, int) and code > 0 else None
    return found or f"{type(error).__name__}: {text}".replace("\n", " ").removesuffix(": ")


def refusal(code: int, message: str | None = None) -> str | None:
    """A broker's error code in one line; None where there is no error."""
    if not code:
        return None
    from kafka.errors import for_code

    from kwire.protocol.errors import ErrorCode

    try:
        name = ErrorCode(code).name
    except ValueError:
        name = f"error {code}"
    text = message or for_code(code).description or ""
    return f"{name}: {text}".replace("\n", " ").removesuffix(": ")


class _LastError(logging.Handler):
    """Keeps why the last connection was lost, which the library logs but does not raise."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.reason = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Notes the reason, where the event tells one."""
        match = re.search(r"Connection (?:lost|failed): (?:KafkaConnectionError: )?(.+)", record.getMessage())
        if match:
            self.reason = match[1]


def _all_configs(kafka: Any) -> dict[str, Any]:
    """The defaults of all clients: a property of another one is no mistake."""
    clients = (kafka.KafkaAdminClient, kafka.KafkaConsumer, kafka.KafkaProducer)
    return {name: value for client in clients for name, value in client.DEFAULT_CONFIG.items()}


def _pair(text: str, where: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{where}: {text!r} is not NAME=VALUE")
    return name.strip(), value.strip()


def _from_file(path: str) -> dict[str, str]:
    try:
        with Path(path).open(encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the client properties in {path}: {error}") from error
    return dict(
        _pair(line, f"{path} line {number}") for number, line in enumerate(lines, 1) if line and line[0] not in "#!"
    )


def _typed(properties: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
    """The properties by kafka-python's names, as values of the types of its defaults."""
    typed: dict[str, Any] = {}
    for written, value in properties.items():
        name = written.replace(".", "_")
        name = OTHER_NAMES.get(name, name)
        if name == "sasl_jaas_config":
            typed.update(_of_jaas(value))
        elif name == "ssl_endpoint_identification_algorithm":
            typed["ssl_check_hostname"] = value.lower() not in {"", "none"}
        elif name in known:
            typed[name] = _value(written, value, known[name])
        elif name:
            import difflib

            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0].replace('_', '.')}?" if near else ""
            raise UsageError(f"there is no client property {written!r}{hint}")
    return typed


def _of_jaas(text: str) -> dict[str, str]:
    found = dict(re.findall(r'(username|password)="([^"]*)"', text))
    return {f"sasl_plain_{name}": value for name, value in found.items()}


def _value(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"the client property {name} is true or false, not {text!r}")
        return text.lower() == "true"
    if name == "security.protocol" and text.upper() not in PROTOCOLS:
        raise UsageError(f"the client property security.protocol is one of {', '.join(PROTOCOLS)}, not {text!r}")
    if name.endswith(("file", "location")) and not Path(text).is_file():
        raise UsageError(f"the client property {name} names a file that is not there: {text}")
    if name == "acks":
        return text if text == "all" else _number(name, text)
    if isinstance(default, int | float):
        return _number(name, text)
    return None if text in {"", "none"} else text


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"the client property {name} is a number, not {text!r}") from None
