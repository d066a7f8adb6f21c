"""The command `kwire` itself: which module answers which command, and what an error looks like."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from kwire import __version__
from kwire.cli import variables
from kwire.cli.command import SERVERS, Command, Group, one_of, servers_option
from kwire.cli.command import command as make_command
from kwire.cli.errors import FAILED, UsageError
from kwire.cli.serve_options import DESCRIPTION, SUMMARY, TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULES = {
    "broker": "kwire.cli.broker",
    "topic": "kwire.cli.topic",
    "produce": "kwire.cli.produce",
    "consume": "kwire.cli.consume",
    "group": "kwire.cli.group",
    "cluster": "kwire.cli.cluster",
    "config": "kwire.cli.config",
    "api": "kwire.cli.api",
    "load": "kwire.cli.load",
    "dump": "kwire.cli.dump",
    "log": "kwire.cli.log",
    "protocol": "kwire.cli.protocol",
    "completion": "kwire.cli.completion",
}
"""Each has the name `command`."""

OTHER_NAMES: Final = {
    **dict.fromkeys(("start", "run", "up"), "serve"),
    "health": "healthcheck",
    "metadata": "cluster describe",
    "help": "--help",
    "version": "--version",
}
"""Names that other programs use, and the command to suggest for each."""


class Root(Group):
    """The commands; a module is imported when its command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return ["serve", "healthcheck", *MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name == "serve":
            return serve()
        if cmd_name == "healthcheck":
            return healthcheck()
        if cmd_name not in MODULES:
            return None
        found: click.Command = import_module(MODULES[cmd_name]).command
        return found

    def meant(self, ctx: click.Context, name: str) -> list[str]:
        """Suggest also subcommands of groups (for `kwire list`), and commands that other programs call so."""
        if name in OTHER_NAMES:
            return [f"kwire {OTHER_NAMES[name]}"]
        groups = {known: self.get_command(ctx, known) for known in MODULES}
        within = [
            f"kwire {known} {found.name}"
            for known, group in groups.items()
            if isinstance(group, click.Group) and (found := group.get_command(ctx, name)) is not None
        ]
        return within or super().meant(ctx, name)


def root() -> Root:
    """The command `kwire`."""
    made = Root(
        "kwire",
        help="The Kafka broker for people who write Python, and a command line for any Kafka.",
        epilog="Exit codes: 0 done, 1 tried and failed, 2 not tried, 130 interrupted, 143 ended by SIGTERM.",
    )
    made.params += [_version_option(), _servers_before()]
    return made


def serve() -> Command:
    """`kwire serve` for its help and the completion; `kwire.cli.main` runs it."""
    return Command(
        "serve",
        params=[
            click.Option([row.option], metavar=row.metavar, help=row.help, multiple=row.repeatable) for row in TABLE
        ],
        help=f"{SUMMARY}\n\n{DESCRIPTION}",
        examples=("kwire serve --data ./kwire-data --topic orders:6",),
    )


def healthcheck() -> Command:
    """`kwire healthcheck`; without options, `kwire.cli.main` runs it."""

    @make_command("healthcheck", "kwire healthcheck", "KWIRE_LISTEN=127.0.0.1:9094 kwire healthcheck")
    @servers_option("A broker of the cluster to ask (default: the one that these KWIRE_ variables started).")
    def check(bootstrap_server: str | None) -> int:
        """Check whether a broker serves, for containers.

        Exit code 1: it does not answer, or it is not ready yet. If KWIRE_READY_FILE is set, that file must exist.
        """
        from kwire.cli.healthcheck import run as asked

        return asked(bootstrap_server)

    return check


def run(arguments: Sequence[str]) -> int:
    """The command has run; returns its exit code.

    Raises:
        UsageError: the arguments are none that it takes.
        Failed: what was asked for did not come about.
    """
    made = root()
    if variables.COMPLETION in os.environ:
        from click.shell_completion import shell_complete

        return shell_complete(made, {}, "kwire", variables.COMPLETION, os.environ[variables.COMPLETION])
    try:
        with made.make_context("kwire", list(arguments)) as context:
            return int(made.invoke(context) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        raise UsageError(_one_line(error)) from None
    except click.ClickException as error:
        click.echo(f"kwire: {error.format_message()}", err=True)
        return FAILED


def _one_line(error: click.UsageError) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    message = message.replace(". Choose from: ", "; choose from ").replace("valid integer range", "valid integer")
    command = error.ctx.command_path if error.ctx else "kwire"
    if isinstance(error, click.NoSuchOption):
        message = f"{command} has no option {error.option_name}{_hint(error)}"
    return f"{message[:1].lower()}{message[1:]} (see {command} --help)"


def _hint(error: click.NoSuchOption) -> str:
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        return f"; put options{' other than -b' if error.ctx.parent is None else ''} after the command"
    return f"; did you mean {one_of(error.possibilities)}?" if error.possibilities else ""


def _servers_before() -> click.Option:
    return click.Option(
        ["-b", "--bootstrap-server", SERVERS], metavar="HOST:PORT", help="A broker of the cluster, as after a command."
    )


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            click.echo(f"kwire {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=show, help="Show the version and exit."
    )
