"""From options, variables and a file to Settings.

A setting has the same name everywhere: `--broker-id`, `KWIRE_BROKER_ID`, `broker-id` in the file. An option beats a
variable, a variable beats the file; of `config` each key on its own, of the others the whole value. A variable holds
several values with blanks between them; an empty one is not set, as containers' settings have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kwire.cli import variables as names
from kwire.cli.errors import Failed, UsageError
from kwire.cli.serve_options import BY_NAME, BY_VARIABLE, IN_FILE, nearest
from kwire.cli.setting_values import INT32_MAX, PORT_MAX, Text, one
from kwire.settings import Address, BrokerSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Texts = dict[str, Text]

MISTYPED_ALIKE: Final = 0.85
"""So much alike (difflib's ratio) is meant for a setting. Kubernetes' variables for a service called kwire are less."""

FIELDS_OF_A_BROKER: Final = ("node_id", "listen", "advertise")


def settings(options: Mapping[str, Sequence[str]], variables: Mapping[str, str]) -> Settings:
    """Combine the options, the variables and the file, in this order of precedence.

    options: the values that were written for each setting.

    Raises:
        UsageError: a setting is wrong; the message names its place.
        Failed: the file cannot be read.
    """
    above = [_from_variables(variables), {name: Text([*found], f"--{name}") for name, found in options.items()}]
    named = [layer.pop("settings") for layer in reversed(above) if "settings" in layer]
    texts: Texts = {}
    config: dict[str, str] = {}
    for layer in (_from_file(one(named[0])) if named else {}, *above):
        if "config" in layer:
            config |= BY_NAME["config"].read(layer.pop("config"))
        texts |= layer
    return _parsed(texts, config)


def _parsed(texts: Texts, config: Mapping[str, str]) -> Settings:
    values: dict[str, Any] = {BY_NAME[name].field: BY_NAME[name].read(text) for name, text in texts.items()}
    count = values.pop("broker_count", 1)
    first = BrokerSetting(**{field: values.pop(field) for field in FIELDS_OF_A_BROKER if field in values})
    return Settings(_neighbours(first, count), config=config, **values)


def _from_variables(variables: Mapping[str, str]) -> Texts:
    texts = {}
    for variable, value in variables.items():
        setting = BY_VARIABLE.get(variable)
        if setting is None:
            if variable.startswith(names.PREFIX) and variable != names.SERVERS:
                _refuse_mistyped(variable)
        elif value:
            texts[setting.name] = Text(value.split() if setting.repeatable else [value], variable)
    return texts


def _refuse_mistyped(variable: str) -> None:
    import difflib

    near = difflib.get_close_matches(variable, [*BY_VARIABLE, names.SERVERS], 1, MISTYPED_ALIKE)
    if near:
        raise UsageError(f"the variable {variable} is no setting; did you mean {near[0]}?")


def _from_file(path: str) -> Texts:
    import tomllib

    from kwire.files import OsFiles, read_file

    try:
        table = tomllib.loads(read_file(OsFiles(), path).decode())
    except OSError as error:
        raise Failed(f"cannot read the settings file {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the settings file {path} is not valid TOML: {error}") from error
    texts = {}
    for key, value in table.items():
        name = key.replace("_", "-")
        if name not in IN_FILE:
            near = nearest(name, IN_FILE)
            hint = f"did you mean {near.partition(' ')[0]!r}?" if near else f"it knows {', '.join(IN_FILE)}"
            raise UsageError(f"the settings file {path} has an unknown setting {key!r}; {hint}")
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


def _neighbours(first: BrokerSetting, count: int) -> tuple[BrokerSetting, ...]:
    """Make this number of brokers; ids and ports count up from the first one's."""
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
    further = address.further(step)
    if further.port > PORT_MAX:
        raise UsageError(f"--brokers: {step + 1} ports from {address.port} on end above {PORT_MAX}")
    return further
