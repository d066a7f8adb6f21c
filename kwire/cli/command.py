"""What all commands have in common: how their help ends with examples, and how they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SETTINGS: Mapping[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(click.Command):
    """A command whose help ends with examples: command lines that work as they stand."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": SETTINGS, **kwargs})
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples as they are, however long."""
        if self.examples:
            with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Group(click.Group):
    """Several commands, listed in the order in which they are given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": SETTINGS, "subcommand_metavar": "COMMAND ...", **kwargs})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(self.commands)


def command(name: str, *examples: str) -> Callable[[Callable[..., Any]], Command]:
    """Makes a function a command; the first line of its docstring is the summary."""
    return click.command(name, cls=Command, examples=examples)


def group(name: str, summary: str, *commands: click.Command) -> Group:
    """The commands as one."""
    return Group(name, help=summary, commands={str(command.name): command for command in commands})
