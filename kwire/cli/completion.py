"""`kwire completion`: the script that teaches a shell to complete `kwire`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from kwire.cli.command import command as make_command
from kwire.cli.main import COMPLETION_VARIABLE


@make_command("completion", 'eval "$(kwire completion bash)"', "kwire completion zsh > ~/.zfunc/_kwire")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    Put the first example into ~/.bashrc (for zsh: ~/.zshrc) and commands, options and topics complete with the tab key.
    """
    found = get_completion_class(shell)
    assert found is not None
    from kwire.cli.root import root

    click.echo(found(root(), {}, "kwire", COMPLETION_VARIABLE).source())
