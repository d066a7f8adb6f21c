"""`kwire completion`: the script that teaches a shell to complete `kwire`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from kwire.cli import variables
from kwire.cli.command import command as make_command


@make_command("completion", 'eval "$(kwire completion bash)"', "kwire completion zsh > ~/.zfunc/_kwire")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Put the first example into ~/.bashrc (for zsh: ~/.zshrc) and commands, options and topics complete with the tab key.
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "kwire", variables.COMPLETION).source())
