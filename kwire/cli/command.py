"""Common parts of all commands: examples at the end of the help, groups, the option -b."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import click

from kwire.cli import servers, variables
from kwire.cli.errors import USAGE_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SETTINGS: Final[Mapping[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
ALIASES: Final = {"ls": "list", "rm": "delete"}
SERVERS: Final = "bootstrap_server"
"""The parameter of -b, both before and after a command."""


class Command(click.Command):
    """A command whose help ends with examples: command lines that work as they stand."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": SETTINGS, **kwargs})
        self.examples = examples

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; refuse a -b that stands before a command without that option."""
        if ctx.find_root().params.get(SERVERS) and SERVERS not in ctx.params:
            raise click.UsageError(f"'{ctx.command_path}' asks no broker; leave -b out", ctx)
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are, however long."""
        if self.examples:
            with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Group(click.Group):
    """Several commands, listed in the order in which they are given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": SETTINGS, "subcommand_metavar": "COMMAND ...", **kwargs})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help if there are no arguments."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(USAGE_ERROR)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name or alias."""
        return super().get_command(ctx, cmd_name) or super().get_command(ctx, ALIASES.get(cmd_name, ""))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Split the arguments into the command and what follows; suggest a command for an unknown name."""
        found = self.get_command(ctx, args[0])
        if found is None:
            if not args[0].startswith("-") and not ctx.resilient_parsing:
                meant = one_of(self.meant(ctx, args[0]))
                hint = f"; did you mean {meant}?" if meant else ""
                raise click.UsageError(f"there is no command '{ctx.command_path} {args[0]}'{hint}", ctx)
            return super().resolve_command(ctx, args)
        return found.name, found, args[1:]

    def meant(self, ctx: click.Context, name: str) -> list[str]:
        """Suggest commands for an unknown name."""
        import difflib

        return [f"{ctx.command_path} {near}" for near in difflib.get_close_matches(name, self.list_commands(ctx), 2)]


class _ServersOption(click.Option):
    """The option -b, which may also stand before the command; both take precedence over the variable."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the value of the -b before the command, or else of the variable."""
        return ctx.find_root().params.get(SERVERS) or super().resolve_envvar_value(ctx)


def servers_option(help_text: str, default: str | None = None) -> Callable[[Any], Any]:
    """Add -b to a command."""
    return click.option(
        "-b",
        "--bootstrap-server",
        SERVERS,
        cls=_ServersOption,
        metavar="HOST:PORT",
        envvar=variables.SERVERS,
        default=default,
        show_default=True,
        show_envvar=True,
        help=help_text,
    )


def servers_of(context: click.Context) -> str:
    """Return the value of -b in a command line that is being completed."""
    given = context.params.get(SERVERS) or context.find_root().params.get(SERVERS)
    return given or os.environ.get(variables.SERVERS) or servers.DEFAULT


def one_of(names: Iterable[str]) -> str:
    """Join names as `a, b or c`."""
    *others, last = names or [""]
    return f"{', '.join(others)} or {last}" if others else last


def command(name: str, *examples: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command; the first line of its docstring is the summary."""
    return click.command(name, cls=Command, examples=examples)


def group(name: str, summary: str, *commands: click.Command) -> Group:
    """Make one command of several subcommands."""
    return Group(name, help=summary, commands={str(command.name): command for command in commands})
