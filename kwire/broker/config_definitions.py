"""Definitions of every config of Kafka 4.4, and of kwire's own: what a value may be and how a description shows it.

Loaded when somebody describes or alters configs, or starts a broker with one; a broker that serves needs none of it.

Source: Kafka documentation, "Configuration"; a LIST is checked as KIP-1161 says.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from kwire.broker.configs import real, trimmed
from kwire.broker.resources import BROKER, CLIENT_METRICS, GROUP, TOPIC
from kwire.limits import MAX_CONFIG_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.broker.config_row import Row

ConfigType = Literal["BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"]
Value: TypeAlias = bool | int | float | str | list[str]

_INTEGER_BITS = {"SHORT": 16, "INT": 32, "LONG": 64}
_INTEGER = re.compile(r"[+-]?(?:(?![\U00010000-\U0010ffff])\d)+")
"""Java accepts the digits of every script in Unicode's first plane."""
_DOUBLE = re.compile(r"[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)[fFdD]?")
_RANGE = re.compile(r"\[(-?[0-9.]+),\.\.\.(?:,(-?[0-9.]+))?\](?: or (-?[0-9]+))?")
_DURATION = re.compile(r"by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{0,9})?S)?)?", re.IGNORECASE)
_DURATION_CHOICE = "by_duration:PnDTnHnMn.nS"
_THROTTLED_REPLICAS = "[partitionId]:[brokerId],[partitionId]:[brokerId],..."
_COMMA = re.compile(r"\s*,\s*", re.ASCII)
_LISTENER_CONFIG = re.compile(r"listener\.name\.[^.]*\.(?P<base>.*)")
_PER_MECHANISM = (
    "connections.max.reauth.ms",
    "sasl.jaas.config",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.server.callback.handler.class",
)
_DECIMAL_RANGE = (1e-3, 1e7)


class ConfigError(ValueError):
    """A config that cannot be: its name is unknown, its value wrong, or it contradicts another one."""


def _invalid(name: str, value: object, why: str) -> ConfigError:
    return ConfigError(f"Invalid value {value} for configuration {name}: {why}")


@dataclass(slots=True, frozen=True)
class ConfigDefinition:
    """One config. default None means null; valid is Kafka's notation, None where every value of the type is.

    update_mode (broker configs): "per-broker" or "cluster-wide" where it may change while the broker runs, else "".
    """

    name: str
    type: ConfigType
    default: str | None
    importance: Literal["high", "medium", "low"]
    valid: str | None
    internal: bool
    update_mode: Literal["", "per-broker", "cluster-wide"]

    @property
    def sensitive(self) -> bool:
        """Whether its value is never shown."""
        return self.type == "PASSWORD"

    def parse(self, text: str) -> Value:
        """The value that text gives.

        Raises:
            ConfigError: it is not of the type, or not one of the valid values.
        """
        value = self._typed(text)
        if self.valid is None:
            return value
        if isinstance(value, list) and self.valid != _THROTTLED_REPLICAS:
            value = [*dict.fromkeys(value)]
        self._check(value, self.valid)
        return value

    def canonical(self, text: str) -> str:
        """Write the text as descriptions show it: trimmed, numbers and booleans as in Java, no value twice."""
        return shown(self.parse(text))

    def _typed(self, text: str) -> Value:
        bare = trimmed(text)
        if self.type == "BOOLEAN":
            if bare.lower() not in {"true", "false"}:
                raise _invalid(self.name, text, "Expected value to be either true or false")
            return bare.lower() == "true"
        if self.type == "LIST":
            return _COMMA.split(bare) if bare else []
        if self.type == "DOUBLE":
            if not _DOUBLE.fullmatch(bare):
                raise _invalid(self.name, text, "Not a number of type DOUBLE")
            return real(bare)
        bits = _INTEGER_BITS.get(self.type)
        if bits is None:
            return bare
        number = parse_integer(bare, bits)
        if number is None:
            raise _invalid(self.name, text, f"Not a number of type {self.type}")
        return number

    def _check(self, value: Value, valid: str) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, int | float):
            self._check_number(value, valid)
        elif isinstance(value, list):
            self._check_list(value, valid)
        elif valid.startswith("non-empty") and not value:
            raise _invalid(self.name, value, "String must be non-empty")
        else:
            self._check_choice(value, valid)

    def _check_number(self, value: float, valid: str) -> None:
        bounds = _RANGE.fullmatch(valid)
        if bounds is None:
            return
        least, most, besides = bounds.groups()
        if besides is not None and value == float(besides):
            return
        if value < float(least):
            raise _invalid(self.name, shown(value), f"Value must be at least {least}")
        if most is not None and value > float(most):
            raise _invalid(self.name, shown(value), f"Value must be no more than {most}")

    def _check_list(self, values: list[str], valid: str) -> None:
        if valid == _THROTTLED_REPLICAS:
            if "".join(values) != "*" and not all(re.fullmatch(r"([0-9]+:[0-9]+)?", value) for value in values):
                raise _invalid(
                    self.name,
                    f"[{', '.join(values)}]",
                    f"{self.name} must be the literal '*' or a list of replicas in the following format: {valid}",
                )
            return
        for value in values:
            if not value:
                raise ConfigError(f"Configuration '{self.name}' values must not be empty.")
            self._check_choice(value, valid)

    def _check_choice(self, value: str, valid: str) -> None:
        any_case = valid.startswith("(case insensitive) ")
        choices = valid.removeprefix("(case insensitive) ")
        if not choices.startswith("["):
            return
        allowed = choices.strip("[]").split(", ")
        if (value.upper() if any_case else value) in allowed:
            return
        if _DURATION_CHOICE in allowed and _DURATION.fullmatch(value):
            return
        why = "String must be one of (case insensitive)" if any_case else "String must be one of"
        raise _invalid(self.name, value, f"{why}: {', '.join(allowed)}")


def parse_integer(text: str, bits: int = 32) -> int | None:
    """Read a whole number of this many bits as Java does; None if Java would refuse the text."""
    if not _INTEGER.fullmatch(text) or len(text) > MAX_CONFIG_DIGITS:
        return None
    number = int(text)
    return number if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) else None


def shown(value: Value) -> str:
    """The text that Kafka shows for a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, list):
        return ",".join(value)
    return str(value)


def _java_double(value: float) -> str:
    """The text of Java's Double.toString, which differs from Python's in its exponents."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - only NaN differs from itself
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    least, above = _DECIMAL_RANGE
    if value == 0 or least <= abs(value) < above:
        return repr(value)
    digits, _, exponent = f"{value:.17e}".partition("e")
    mantissa = repr(value).lower().partition("e")[0].replace(".", "").replace("-", "").strip("0") or digits
    sign = "-" if value < 0 else ""
    return f"{sign}{mantissa[0]}.{mantissa[1:] or '0'}E{int(exponent)}"


def _defined(rows: tuple[Row, ...]) -> dict[str, ConfigDefinition]:
    definitions = {}
    for name, kind, default, importance, valid, flags in rows:
        words = flags.split()
        mode = next((word for word in words if word != "internal"), "")
        definitions[name] = ConfigDefinition(
            name,
            kind,  # type: ignore[arg-type] # the rows' words are checked by a test
            default,
            importance,  # type: ignore[arg-type]
            valid,
            "internal" in words,
            mode,  # type: ignore[arg-type]
        )
    return definitions


@functools.cache
def definitions(resource_type: int) -> Mapping[str, ConfigDefinition]:
    """Every config of that type of resource by name, sorted; empty for a type without configs."""
    from kwire.broker import (  # noqa: PLC0415 - the tables load with the first question about them
        config_definitions_broker,
        config_definitions_group,
        config_definitions_topic,
    )

    rows: dict[int, tuple[Row, ...]] = {
        BROKER: config_definitions_broker.BROKER_ROWS,
        TOPIC: config_definitions_topic.TOPIC_ROWS,
        GROUP: config_definitions_group.GROUP_ROWS,
        CLIENT_METRICS: config_definitions_group.CLIENT_METRICS_ROWS,
    }
    return _defined(rows.get(resource_type, ()))


def find(resource_type: int, name: str) -> ConfigDefinition | None:
    """The definition of that config, also of a listener's own: listener.name.<listener>[.<mechanism>].<config>."""
    known = definitions(resource_type)
    listener = _LISTENER_CONFIG.fullmatch(name) if resource_type == BROKER else None
    if listener is None:
        return known.get(name)
    base = listener["base"]
    return known.get(next((config for config in _PER_MECHANISM if base.endswith(config)), base))
