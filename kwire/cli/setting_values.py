"""Convert the text of a setting to its value. Each function raises a UsageError that names the place of a bad text."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from kwire.cli.errors import UsageError
from kwire.settings import DEFAULT_PORT, Address, TopicSetting

OWN_SETTINGS: Final = {
    "advertised.listeners": "--advertise HOST:PORT",
    "broker.id": "--broker-id N",
    "listeners": "--listen HOST:PORT",
    "log.dir": "--data DIR",
    "log.dirs": "--data DIR",
    "node.id": "--broker-id N",
}
"""Kafka's configs, and kwire's own settings to use instead."""

PROTOCOL: Final = "PLAINTEXT"
FAILOVERS: Final = ("replicas", "any")
LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
UNITS: Final = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
INT32_MAX: Final = 2**31 - 1
PORT_MAX: Final = 65_535
BROKERS_MAX: Final = 100
"""More brokers in one process add no test value."""

SMALLEST_MEMORY_BYTES: Final = 16 * 2**20
"""Below this, a few ordinary batches fill the memory."""

EVERY_INTERFACE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class Text(NamedTuple):
    """A setting's values as written, and the name of their place for errors."""

    values: list[str]
    where: str


def one(text: Text) -> str:
    """Return the only value."""
    if len(text.values) != 1:
        raise UsageError(f"{text.where} takes one value, not {len(text.values)}")
    return text.values[0]


def directory(text: Text) -> str:
    """Read a path; refuse an empty one, which would be the current directory."""
    path = one(text)
    if not path:
        raise UsageError(f"{text.where} is empty; name a directory, or leave it out")
    return path


def broker_count(text: Text) -> int:
    """Read a number of brokers."""
    return _number(text, 1, BROKERS_MAX)


def broker_id(text: Text) -> int:
    """Read a broker's id."""
    return _number(text, 0, INT32_MAX)


def size(text: Text) -> int:
    """Read a size with a unit; return bytes."""
    value = one(text)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", value.strip().lower())
    if match is None or match[2] not in UNITS:
        raise UsageError(f"{text.where}: {value!r} is not a size; write one like 512MiB or 1GiB")
    size_bytes = int(float(match[1]) * UNITS[match[2]])
    if size_bytes < SMALLEST_MEMORY_BYTES:
        raise UsageError(f"{text.where}: {value!r} is too small; it takes at least 16MiB")
    return size_bytes


def failover(text: Text) -> str:
    """Read which brokers may lead."""
    return _choice(text, FAILOVERS)


def log_format(text: Text) -> str:
    """Read the form of log lines."""
    return _choice(text, LOG_FORMATS)


def log_level(text: Text) -> str:
    """Read the lowest level of log lines."""
    return _choice(text, LOG_LEVELS)


def listen_addresses(text: Text) -> tuple[Address, ...]:
    """Read addresses to listen at; one value may hold several with commas between, as in Kafka."""
    addresses = tuple(_address(one_of_them, text.where, 0) for value in text.values for one_of_them in value.split(","))
    if not addresses:
        raise UsageError(f"{text.where} is empty; name at least one HOST:PORT")
    return addresses


def advertised_address(text: Text) -> Address:
    """Read the address to announce to clients: a name or address of one machine."""
    value = one(text)
    if "," in value:
        raise UsageError(
            f"{text.where}: {value!r} has several addresses; give the first broker's, the others count up from it"
        )
    address = _address(value, text.where, 1)
    if address.host in EVERY_INTERFACE:
        raise UsageError(
            f"{text.where}: {value!r} names no host that clients could connect to; write one, such as "
            f"localhost:{address.port}"
        )
    return address


def advertised_host(text: Text) -> str:
    """Read the host to announce to clients."""
    value = one(text)
    host = value.removeprefix("[").removesuffix("]")
    if host in EVERY_INTERFACE or "," in host or "/" in host or (host.count(":") == 1):
        raise UsageError(f"{text.where}: {value!r} is not a host; write one without a port, such as localhost")
    return host


def topics(text: Text) -> tuple[TopicSetting, ...]:
    """Read the topics to create."""
    return tuple(_topic(value, text.where) for value in text.values)


def configs(text: Text) -> dict[str, str]:
    """Read broker configs, and check each against Kafka's definitions."""
    from kwire.broker.config_validation import validate_static

    found = {}
    for item in text.values:
        key, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"{text.where}: {item!r} is not KEY=VALUE")
        if key in OWN_SETTINGS:
            raise UsageError(f"{text.where}: {key} is given as {OWN_SETTINGS[key]}")
        try:
            validate_static(key, value)
        except ValueError as error:
            raise UsageError(f"{text.where}: {error}") from error
        found[key] = value
    return found


def _topic(text: str, where: str) -> TopicSetting:
    name, *rest = text.split(":")
    partitions = None
    if rest and "=" not in rest[0]:
        partitions = _number(Text([rest.pop(0)], f"{where}: partitions of {name!r}"), 1, INT32_MAX)
    settings: dict[str, Any] = {}
    for item in rest:
        key, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"{where}: {text!r} is not NAME[:PARTITIONS[:KEY=VALUE...]], because of {item!r}")
        settings[key] = value
    return TopicSetting(name, partitions, settings)


def _address(text: str, where: str, lowest_port: int) -> Address:
    protocol, _, rest = text.rpartition("://")
    if protocol.upper() not in {"", PROTOCOL}:
        there = f"kwire listens in {PROTOCOL} only; TLS and SASL are not there yet"
        raise UsageError(f"{where}: {text!r} asks for {protocol}, but {there}")
    host, colon, port = rest.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not lowest_port <= int(port) <= PORT_MAX:
        meant = f"localhost:{rest}" if rest.isdigit() else f"{rest}:{DEFAULT_PORT}"
        hint = f"; write {meant}" if rest and not colon else ""
        raise UsageError(f"{where}: {text!r} is not HOST:PORT with a port from {lowest_port} to {PORT_MAX}{hint}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"{where}: {text!r} has an IPv6 address; write it as [{host}]:{port}")
    return Address(host, int(port))


def _number(text: Text, lowest: int, highest: int) -> int:
    value = one(text).strip()
    if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
        raise UsageError(f"{text.where}: {value!r} is not a number from {lowest} to {highest}")
    return int(value)


def _choice(text: Text, choices: tuple[str, ...]) -> str:
    value = one(text).strip().lower()
    if value not in choices:
        raise UsageError(f"{text.where}: {value!r} is none of {', '.join(choices)}")
    return value
