"""The settings of `kwire serve`: one table for options, help, KWIRE_ variables and the TOML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from kwire.cli import setting_values as values
from kwire.cli import variables
from kwire.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kwire.cli.setting_values import Text

SUMMARY: Final = "Run a broker."
DESCRIPTION: Final = (
    "Runs one broker or several until Ctrl-C or SIGTERM. An option beats its KWIRE_ variable, that beats the file."
)


class Setting(NamedTuple):
    """One row.

    read: converts the text to a value. field: the field of Settings or BrokerSetting to set; "" for none.
    repeatable: whether it takes several values.
    """

    name: str
    metavar: str
    help: str
    read: Callable[[Text], Any]
    field: str
    repeatable: bool = False

    @property
    def option(self) -> str:
        """Return its name on the command line."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Return its name in the environment."""
        return variables.PREFIX + self.name.upper().replace("-", "_")


TABLE: Final = (
    Setting("data", "DIR", "Keep everything in DIR (default: in memory).", values.directory, "data"),
    Setting("brokers", "N", "Run N brokers, on consecutive ports (default: 1).", values.broker_count, "broker_count"),
    Setting("broker-id", "N", "The first broker's id; the others follow (default: 1).", values.broker_id, "node_id"),
    Setting(
        "topic",
        "NAME[:PARTITIONS[:KEY=VALUE...]]",
        "Create this topic if it is not there; repeatable.",
        values.topics,
        "topics",
        repeatable=True,
    ),
    Setting(
        "listen",
        "HOST:PORT",
        "Where to listen (default: 127.0.0.1:9092; port 0: any free one); repeatable.",
        values.listen_addresses,
        "listen",
        repeatable=True,
    ),
    Setting(
        "advertise",
        "HOST:PORT",
        "The address to announce to clients (default: the one that they connect to).",
        values.advertised_address,
        "advertise",
    ),
    Setting(
        "advertise-to-gateway",
        "HOST",
        "The host to announce to clients that come through the default gateway, as at a container's published port.",
        values.advertised_host,
        "advertise_to_gateway",
    ),
    Setting(
        "config",
        "KEY=VALUE",
        "A broker config by Kafka's name, such as auto.create.topics.enable=false; repeatable.",
        values.configs,
        "config",
        repeatable=True,
    ),
    Setting("memory", "SIZE", "Most that records may take in memory (default: 1GiB).", values.size, "memory_bytes"),
    Setting(
        "failover",
        "replicas|any",
        "Which brokers may lead a partition: its replicas only, or any if none of them runs (default: replicas).",
        values.failover,
        "failover",
    ),
    Setting("load", "DIR", "Start with the records of DIR's TOPIC.jsonl files.", values.directory, "load"),
    Setting("ready-file", "FILE", "Create FILE, with the address, while the broker serves.", values.one, "ready_file"),
    Setting("control", "PATH", "The socket that `kwire broker` uses (default: in DIR).", values.one, "control"),
    Setting("settings", "FILE", "A TOML file with the same settings.", values.one, ""),
    Setting("log-format", "text|json", "Form of the log lines (default: text).", values.log_format, "log_format"),
    Setting("log-level", "LEVEL", "Debug, info, warning or error (default: info).", values.log_level, "log_level"),
)
BY_NAME: Final = {setting.name: setting for setting in TABLE}
BY_VARIABLE: Final = {setting.variable: setting for setting in TABLE}
IN_FILE: Final = {setting.name: setting for setting in TABLE if setting.field}
"""All but --settings: a settings file does not name another one."""

OTHER_NAMES: Final = {
    "port": "listen HOST:PORT",
    "host": "listen HOST:PORT",
    "bind": "listen HOST:PORT",
    "bootstrap-server": "listen HOST:PORT",
    "bootstrap-servers": "listen HOST:PORT",
    "advertised-listeners": "advertise HOST:PORT",
    "partitions": "topic NAME:PARTITIONS",
    "override": "config KEY=VALUE",
    "verbose": "log-level debug",
    "quiet": "log-level error",
}
"""Names that other servers use, and the setting to suggest for each."""

OTHER_LETTERS: Final = {"p": "port", "b": "bootstrap-server", "v": "verbose", "q": "quiet", "c": "override"}


def written(arguments: Sequence[str]) -> Mapping[str, list[str]]:
    """Parse a command line into the values of each setting, by its name.

    Raises:
        UsageError: an option is unknown or lacks its value.
    """
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            """Raise one line instead of printing argparse's usage."""
            raise UsageError(f"{message.removeprefix('argument ')} (see {self.prog} --help)")

    parser = Parser(prog="kwire serve", allow_abbrev=False, add_help=False)
    for setting in TABLE:
        parser.add_argument(setting.option, dest=setting.name, action="append")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        _refuse(unknown[0])
    given = {name: found for name, found in vars(options).items() if found is not None}
    return {name: found if BY_NAME[name].repeatable else found[-1:] for name, found in given.items()}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Suggest a setting for an unknown name, as written after `--`; None if no name is similar."""
    import difflib

    if name in OTHER_NAMES:
        return OTHER_NAMES[name]
    near = difflib.get_close_matches(name, list(known), 1)
    return near[0] if near else None


def _refuse(unknown: str) -> NoReturn:
    see = "(see kwire serve --help)"
    if not unknown.startswith("-"):
        raise UsageError(f"kwire serve takes options only, not {unknown!r} {see}")
    name = unknown.partition("=")[0].lstrip("-")
    if not unknown.startswith("--"):
        name = OTHER_LETTERS.get(name[:1], name)
    near = nearest(name, BY_NAME)
    hint = f"; did you mean --{near}?" if near else ""
    raise UsageError(f"kwire serve has no option {unknown}{hint} {see}")
