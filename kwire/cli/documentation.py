"""The page docs/cli.md: `python -m kwire.cli.documentation > docs/cli.md`."""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, Final

import click

from kwire.cli.command import Command
from kwire.cli.connection import OPTIONS as CONNECTION_OPTIONS
from kwire.cli.root import root
from kwire.seeding import record_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION: Final = """\
# The command line

`kwire serve` runs a broker, `kwire broker` stops and starts the brokers of one that runs on this machine; `log`,
`protocol` and `completion` need no broker, and all other commands work against kwire and against any other Kafka.
`kwire --help` lists them, and each command's `--help` ends with an example. `ls` and `rm` stand for `list` and
`delete`. This page is written by `python -m kwire.cli.documentation`.

## Which cluster

Commands that need a broker connect to `localhost:9092`, unless `-b HOST:PORT`, before the command or after it, or
`KWIRE_BOOTSTRAP_SERVERS` names another. They have these options in common:

{connection}

A property has the name that the Java client, librdkafka or kafka-python gives it: `security.protocol`,
`sasl.mechanism`, `sasl.username`, `sasl.password` (or `sasl.jaas.config`), `ssl.ca.location`,
`ssl.certificate.location`, `ssl.key.location`, `acks`, `compression.type`, … Certificates and keys are PEM files.

    kwire topic list -b kafka.example:9093 -X security.protocol=SASL_SSL -X sasl.mechanism=SCRAM-SHA-512 \\
        -X sasl.username=me -X sasl.password=secret -X ssl.ca.location=ca.pem

`kwire healthcheck` and `kwire broker` find by themselves what runs on this machine. With `-b` or
`KWIRE_BOOTSTRAP_SERVERS`, `healthcheck` asks that broker instead, and `kwire broker` uses the cluster of this machine
that listens there.

The SASL mechanisms are PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. `kwire consume --group` joins by the classic protocol,
or with `-X group.protocol=consumer` by that of KIP-848. Not possible yet: to list the members of share and streams
groups (`kwire group describe` shows their offsets and lag), and to change the cluster-wide defaults of brokers' configs
(`kwire config set broker ID` changes one broker's).

## Names and times

Commands that read topics (`topic list`, `topic describe`, `consume`, `dump`) take patterns as well: with `*`, `?` or
`[` as in a shell (`'orders*'`, in quotes), or a regular expression that begins with `^`. Patterns do not match internal
topics. A place to read from is `earliest`, `latest`, an offset, `-N` for the last N, or a time:
`2024-05-01T12:00:00Z`, `@1714564800000` (milliseconds since 1970), or how long ago, in `w`, `d`, `h`, `m`, `s`, `ms`:
`1h`, `2d12h`; `@-1h` is the same as `1h`.

## What comes out

Tables are for people: columns are folded to the terminal's width, and not at all where the output is no terminal.
There are no colours then, nor with `NO_COLOR`. `--json` gives the same and more for programs. Progress is drawn on
standard error, and only where that is a terminal.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | tried and failed, in part or as a whole: a line on standard error says why; or the output was closed early |
| 2 | not tried: the command line or a setting is wrong, such as an unknown option or a text that is not a number |
| 130 | interrupted by Ctrl-C |
| 143 | ended by SIGTERM |

On either signal a command commits what it has printed, leaves its group, and ends. A second signal ends it at once.

## Settings of kwire serve

An option has the same name as a variable and in the TOML file that `--settings` or `KWIRE_SETTINGS` names:
`--broker-id 5`, `KWIRE_BROKER_ID=5`, `broker-id = 5`. A variable holds several values with blanks between them:
`KWIRE_TOPIC="orders:6 events:3"`; an empty one is not set, a name that is nearly one of these is refused as mistyped.
An option beats a variable, a variable beats the file.

    listen = ["127.0.0.1:9092"]
    topic = ["orders:6", "events:3:retention.ms=3600000"]

    [config]
    "auto.create.topics.enable" = false

Addresses may also be written as Kafka writes them: `--listen PLAINTEXT://:9092`. There are no other listeners yet.

## Completion

`eval "$(kwire completion bash)"` in `~/.bashrc`, or with `zsh` in `~/.zshrc` after `compinit`, completes commands,
options, and the names of topics and groups. For fish:

    kwire completion fish > ~/.config/fish/completions/kwire.fish

## Records as lines of JSON

{record_lines}

## Commands
"""


def markdown() -> str:
    """The page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    command = root()
    context = click.Context(command, info_name="kwire")
    connection = "\n".join(_table(list(_parameters(context, of_connection=True))))
    yield INTRODUCTION.format(connection=connection, record_lines=_format_text())
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _section(found, click.Context(found, info_name=name, parent=context))


def _format_text() -> str:
    """What the module says about the form, without its first line."""
    assert record_lines.__doc__ is not None
    return inspect.cleandoc(record_lines.__doc__).split("\n", 2)[2]


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _section(found, click.Context(found, info_name=name, parent=context))
        return
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"### {context.command_path}\n"
    yield f"`{context.command_path} {pieces}`\n"
    yield re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.help or "")) + "\n"
    options = list(_parameters(context, of_connection=False))
    if options:
        yield from _table(options)
        yield ""
    if _connects(command):
        yield "It takes the options that say [which cluster](#which-cluster).\n"
    assert isinstance(command, Command)
    yield "\n".join(["```sh", *command.examples, "```\n"])


def _parameters(context: click.Context, *, of_connection: bool) -> Iterator[tuple[str, str]]:
    """(Names, help) of the options. of_connection: those that commands share, of one of them."""
    command = context.command
    if of_connection:
        command = command.get_command(context, "api")  # type: ignore[attr-defined] # the root is a group
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if (
            record is not None
            and isinstance(parameter, click.Option)
            and (_connects(command) and parameter.name in CONNECTION_OPTIONS) is of_connection
        ):
            yield record


def _connects(command: click.Command) -> bool:
    return {*CONNECTION_OPTIONS} <= {parameter.name for parameter in command.params}


def _table(rows: list[tuple[str, str]]) -> Iterator[str]:
    yield "| option | |"
    yield "| --- | --- |"
    for names, text in rows:
        escaped = names.replace("|", "\\|")
        yield f"| `{escaped}` | {text.replace('  ', ' ')} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
