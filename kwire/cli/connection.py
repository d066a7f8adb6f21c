"""How commands reach a Kafka cluster: their common options, the client, and its errors in one line."""

from __future__ import annotations

import contextlib
import functools
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from kwire.cli.command import servers_option
from kwire.cli.errors import Failed, UsageError
from kwire.cli.servers import DEFAULT, addresses

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from kwire.client.cluster import Cluster
    from kwire.client.errors import NoBroker
    from kwire.client.properties import ClientConfig
    from kwire.client.values import Address

OPTIONS: Final = ("bootstrap_server", "client_config", "properties", "timeout", "verbose")
"""The parameters of a command that become its Connection."""

OWN_SERVERS: Final = ("bootstrap.servers", "bootstrap_servers", "metadata.broker.list")
"""Properties that name the cluster, as in a properties file shared with other clients."""


@dataclass(frozen=True)
class Connection:
    """A cluster to connect to, and the configuration of the client.

    properties: as written, by the names of the Java client, librdkafka or kafka-python.
    """

    servers: str
    properties: Mapping[str, str]
    timeout_s: float
    verbose: bool = False

    @contextlib.asynccontextmanager
    async def cluster(self, **changes: Any) -> AsyncIterator[Cluster]:
        """Connect to the cluster while the block runs. changes: other defaults of the client, below the properties.

        Raises:
            UsageError: a property is unknown or invalid.
            Failed: no broker answers, or a broker refuses a request.
        """
        from kwire.client.cluster import connected
        from kwire.client.errors import ClientError, NoBroker, NotLetIn, Unreachable

        config, servers = self._config(changes), self._addresses()
        if self.verbose:
            logging.basicConfig(level=logging.INFO)
        try:
            async with connected(servers, config, patience_s=self.timeout_s) as cluster:
                yield cluster
        except NoBroker as error:
            raise Failed(_why_none(error)) from error
        except NotLetIn as error:  # nothing was tried: the files do not fit
            raise UsageError(str(error)) from error
        except Unreachable as error:
            raise Failed(
                f"lost a broker that {self.servers} named: {error}. It has stopped, or it announces an address that "
                "cannot be reached from here: start it with `kwire serve --advertise HOST:PORT`, another Kafka with "
                "advertised.listeners"
            ) from error
        except ClientError as error:
            raise Failed(str(error)) from error

    def _config(self, changes: Mapping[str, Any]) -> ClientConfig:
        from kwire.client.properties import BadProperty, config_of

        try:
            return config_of(self.properties, **changes)
        except BadProperty as error:
            raise UsageError(str(error)) from error

    def _addresses(self) -> dict[str, Address]:
        from kwire.client.values import Address

        return {str(one): Address(*one) for one in addresses(self.servers)}


def _why_none(error: NoBroker) -> str:
    """Explain why no server could be used, and what to do."""
    from kwire.client.errors import NotLetIn

    if error.unfit is None:
        return f"no broker answers at {error}. Start one with `kwire serve`, or name one with -b HOST:PORT"
    reason = error.reasons[error.unfit]
    if isinstance(reason, NotLetIn):
        return f"{error.unfit} does not let this client in: {reason.why}"
    return f"{error.unfit} does not answer as a Kafka broker: {reason.why}"


def connection_of(
    bootstrap_server: str, client_config: str | None, properties: Sequence[str], timeout: float, *, verbose: bool
) -> Connection:
    """Make a Connection of a command's options.

    Raises:
        UsageError: a property is not NAME=VALUE.
    """
    given = _from_file(client_config) if client_config else {}
    given.update(_pair(text, f"-X: {text!r}") for text in properties)
    for name in OWN_SERVERS:
        bootstrap_server = given.pop(name, bootstrap_server)
    return Connection(bootstrap_server, given, timeout, verbose)


def connects(function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Add the options of a Connection to an async command, and pass it the Connection as first argument."""

    @functools.wraps(function)
    def with_connection(**values: Any) -> Any:
        from kwire.cli.interruption import run

        own = {name: values.pop(name) for name in OPTIONS}
        return run(functools.partial(function, connection_of(**own), **values))

    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Show what the client logs."),
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
            type=click.Path(),
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


def refusal(code: int, message: str | None = None) -> str | None:
    """Describe a broker's error code in one line; None for code 0."""
    if not code:
        return None
    from kwire.client.errors import sentence

    return sentence(code, message)


def _pair(text: str, where: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{where} is not NAME=VALUE")
    return name.strip(), value.strip()


def _from_file(path: str) -> dict[str, str]:
    try:
        with Path(path).open(encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Failed(f"cannot read the client properties in {path}: {reason}") from error
    found, begun = {}, ""
    for number, text in enumerate(lines, 1):
        line = begun + text.strip()
        begun = ""
        if line.endswith("\\") and line[0] not in "#!":
            begun = line[:-1]
        elif line and line[0] not in "#!":
            name, value = _pair(line, f"{path} line {number}")  # without the line, which may be a secret
            found[name] = value
    return found
