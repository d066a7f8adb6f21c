"""From options, variables and a file to Settings.

A setting has the same name everywhere: `--broker-id`, `KWIRE_BROKER_ID`, `broker-id` in the file. An option beats a
variable, a variable beats the file; of `config` each key on its own, of the others the whole value. A variable holds
several values with blanks between them; an empty one is not set, as containers' settings have it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kwire.cli.main import UsageError
from kwire.settings import Address, BrokerSetting, Settings, TopicSetting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    Texts = dict[str, "Text"]

NAMES: Final = (
    *("data", "brokers", "broker-id", "topic", "listen", "advertise", "advertise-to-gateway", "config"),
    *("memory", "failover", "load", "ready-file", "control", "log-format", "log-level"),
)
REPEATABLE: Final = frozenset({"topic", "listen", "config"})
VARIABLE_PREFIX: Final = "KWIRE_"
OTHER_VARIABLES: Final = frozenset({"KWIRE_SETTINGS", "KWIRE_BOOTSTRAP_SERVERS"})
MISTYPED_ALIKE: Final = 0.85
"""So much alike (difflib's ratio) is meant for a setting. Kubernetes' variables for a service called kwire are less."""

OWN_SETTINGS: Final = {
    "advertised.listeners": "--advertise HOST:PORT",
    "broker.id": "--broker-id N",
    "listeners": "--listen HOST:PORT",
    "log.dir": "--data DIR",
    "log.dirs": "--data DIR",
    "node.id": "--broker-id N",
}
"""Kafka's configs for which kwire has settings of its own."""

FAILOVERS: Final = ("replicas", "any")
LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
UNITS: Final = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
INT32_MAX: Final = 2**31 - 1
PORT_MAX: Final = 65_535
BROKERS_MAX: Final = 100
"""More in one process test nothing that these do not."""

SMALLEST_MEMORY_BYTES: Final = 16 * 2**20
"""Below this a few ordinary batches fill the memory."""


class Text(NamedTuple):
    """A setting's values as written, and what to call the place in an error."""

    values: list[str]
    where: str


def settings(options: argparse.Namespace, variables: Mapping[str, str]) -> Settings:
    """What the options, the variables and the file say together.

    Raises:
        UsageError: naming the place that is wrong.
    """
    texts: Texts = {}
    config: Texts = {}
    path = options.settings or variables.get(VARIABLE_PREFIX + "SETTINGS")
    for layer in (_from_file(path) if path else {}, _from_variables(variables), _from_options(options)):
        if "config" in layer:
            config.update(_config(layer.pop("config")))
        texts.update(layer)
    return _parsed(texts, config)


# Where texts come from


def _from_options(options: argparse.Namespace) -> Texts:
    texts = {}
    for name in NAMES:
        value = getattr(options, name.replace("-", "_"))
        if value is not None:
            texts[name] = Text(value if isinstance(value, list) else [value], f"--{name}")
    return texts


def _from_variables(variables: Mapping[str, str]) -> Texts:
    texts = {}
    names = {VARIABLE_PREFIX + name.upper().replace("-", "_"): name for name in NAMES}
    for variable, value in variables.items():
        name = names.get(variable)
        if name is None:
            if variable.startswith(VARIABLE_PREFIX) and variable not in OTHER_VARIABLES:
                _refuse_mistyped(variable, names)
        elif value:
            texts[name] = Text(value.split() if name in REPEATABLE else [value], variable)
    return texts


def _refuse_mistyped(variable: str, names: Iterable[str]) -> None:
    import difflib

    near = difflib.get_close_matches(variable, [*names, *OTHER_VARIABLES], 1, MISTYPED_ALIKE)
    if near:
        raise UsageError(f"the variable {variable} is no setting; did you mean {near[0]}?")


def _from_file(path: str) -> Texts:
    import tomllib

    from kwire.files import OsFiles, read_file

    try:
        table = tomllib.loads(read_file(OsFiles(), path).decode())
    except OSError as error:
        raise UsageError(f"cannot read the settings file {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the settings file {path} is not valid TOML: {error}") from error
    texts = {}
    for key, value in table.items():
        name = key.replace("_", "-")
        if name not in NAMES:
            raise UsageError(f"the settings file {path} has an unknown setting {key!r}{_nearest(name, NAMES)}")
        if name == "config" and isinstance(value, dict):
            values = [f"{key}={_toml_text(value)}" for key, value in _flat(value, "").items()]
        else:
            values = [_toml_text(item) for item in (value if isinstance(value, list) else [value])]
        texts[name] = Text(values, f"{key} in {path}")
    return texts


def _flat(table: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """auto.create.topics.enable = false is four tables in TOML; here it is one key again."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _toml_text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_toml_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


# What texts mean


def _parsed(texts: Texts, config: Texts) -> Settings:
    values: dict[str, Any] = {}
    broker: dict[str, Any] = {}
    count = 1
    for name, text in texts.items():
        match name:
            case "data":
                values["data"] = _directory(text, "to keep everything in memory")
            case "brokers":
                count = _number(text, 1, BROKERS_MAX)
            case "broker-id":
                broker["node_id"] = _number(text, 0, INT32_MAX)
            case "listen":
                broker["listen"] = _addresses(text)
            case "advertise":
                broker["advertise"] = _address(_one(text), text.where, 1)
            case "advertise-to-gateway":
                values["advertise_to_gateway"] = _one(text)
            case "memory":
                values["memory_bytes"] = _size(text)
            case "failover":
                values["failover"] = _choice(text, FAILOVERS)
            case "load":
                values["load"] = _directory(text, "to load nothing")
            case "ready-file":
                values["ready_file"] = _one(text)
            case "control":
                values["control"] = _one(text)
            case "log-format":
                values["log_format"] = _choice(text, LOG_FORMATS)
            case "log-level":
                values["log_level"] = _choice(text, LOG_LEVELS)
            case "topic":
                values["topics"] = tuple(_topic(value, text.where) for value in text.values)
    brokers = _neighbours(BrokerSetting(**broker), count)
    return Settings(brokers, config={key: _one(text) for key, text in config.items()}, **values)


def _neighbours(first: BrokerSetting, count: int) -> tuple[BrokerSetting, ...]:
    """So many brokers: ids and ports count up from the first one's, but any free port stays any free port."""
    if first.node_id + count - 1 > INT32_MAX:
        raise UsageError(f"--brokers: {count} ids from {first.node_id} on end above {INT32_MAX}")
    return tuple(
        BrokerSetting(
            first.node_id + step,
            tuple(_further(address, step) for address in first.listen),
            None if first.advertise is None else _further(first.advertise, step),
        )
        for step in range(count)
    )


def _further(address: Address, step: int) -> Address:
    port = address.port and address.port + step
    if port > PORT_MAX:
        raise UsageError(f"--brokers: {step + 1} ports from {address.port} on end above {PORT_MAX}")
    return Address(address.host, port)


def _config(text: Text) -> Texts:
    """Each `key=value`, checked against Kafka's definitions."""
    from kwire.broker.config_validation import validate_static

    texts = {}
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
        texts[key] = Text([value], text.where)
    return texts


def _topic(text: str, where: str) -> TopicSetting:
    name, *rest = text.split(":")
    partitions = None
    if rest and "=" not in rest[0]:
        partitions = _number(Text([rest.pop(0)], f"{where}: partitions of {name!r}"), 1, INT32_MAX)
    configs = {}
    for item in rest:
        key, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"{where}: {text!r} is not NAME[:PARTITIONS[:KEY=VALUE...]], because of {item!r}")
        configs[key] = value
    return TopicSetting(name, partitions, configs)


def _directory(text: Text, without: str) -> str:
    path = _one(text)
    if not path:
        raise UsageError(f"{text.where} is empty; name a directory, or leave it out {without}")
    return path


def _addresses(text: Text) -> tuple[Address, ...]:
    if not text.values:
        raise UsageError(f"{text.where} is empty; name at least one HOST:PORT")
    return tuple(_address(value, text.where, 0) for value in text.values)


def _address(text: str, where: str, lowest_port: int) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not lowest_port <= int(port) <= PORT_MAX:
        raise UsageError(f"{where}: {text!r} is not HOST:PORT with a port from {lowest_port} to {PORT_MAX}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"{where}: {text!r} has an IPv6 address; write it as [{host}]:{port}")
    return Address(host, int(port))


def _size(text: Text) -> int:
    value = _one(text)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", value.strip().lower())
    if match is None or match[2] not in UNITS:
        raise UsageError(f"{text.where}: {value!r} is no size; write one like 512MiB or 1GiB")
    size_bytes = int(float(match[1]) * UNITS[match[2]])
    if size_bytes < SMALLEST_MEMORY_BYTES:
        raise UsageError(f"{text.where}: {value!r} is too small; it takes at least 16MiB")
    return size_bytes


def _number(text: Text, lowest: int, highest: int) -> int:
    value = _one(text).strip()
    if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
        raise UsageError(f"{text.where}: {value!r} is not a number from {lowest} to {highest}")
    return int(value)


def _choice(text: Text, choices: tuple[str, ...]) -> str:
    value = _one(text).strip().lower()
    if value not in choices:
        raise UsageError(f"{text.where}: {value!r} is none of {', '.join(choices)}")
    return value


def _one(text: Text) -> str:
    if len(text.values) != 1:
        raise UsageError(f"{text.where} takes one value, not {len(text.values)}")
    return text.values[0]


def _nearest(name: str, names: tuple[str, ...]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; it knows {', '.join(names)}"
