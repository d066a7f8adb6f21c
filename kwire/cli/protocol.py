"""`kwire protocol`: how messages are laid out, and the code that reads and writes them."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import click

from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.main import UsageError
from kwire.protocol import codec
from kwire.protocol.api_keys import ApiKey, api_info, request_class, response_class
from kwire.protocol.schema import parse_field

if TYPE_CHECKING:
    from kwire.protocol.schema import Message, Struct


@make_command("source", "kwire protocol source fetch 12")
@click.argument("api")
@click.argument("version", type=int)
def source(api: str, version: int) -> None:
    """Show the compiled reader and writer of one version; API is a name or key: fetch, Fetch, 1."""
    click.echo(_sources(_messages(api), version))


@make_command("spec", "kwire protocol spec fetch")
@click.argument("api")
def spec(api: str) -> None:
    """Show the fields of all versions; API is a name or key: fetch, Fetch, 1."""
    click.echo(_spec(_messages(api)))


command = group("protocol", "Show how messages are laid out, read and written.", source, spec)


def _messages(api: str) -> tuple[type[Message], type[Message]]:
    key = _key(api)
    return request_class(key), response_class(key)


def _key(text: str) -> ApiKey:
    wanted = text.lower().replace("_", "").replace("-", "")
    names = {}
    for key in ApiKey:
        info = api_info(key)
        if info.versions[0] <= info.versions[1]:
            names[info.name.lower()] = key
            names[str(int(key))] = key
    if wanted in names:
        return names[wanted]
    near = difflib.get_close_matches(wanted, names, 1)
    hint = f"; did you mean {api_info(names[near[0]]).stem}?" if near else ""
    raise UsageError(f"there is no API {text!r}{hint}")


def _sources(messages: tuple[type[Message], ...], version: int) -> str:
    first, last = messages[0].MIN_VERSION, messages[0].MAX_VERSION
    if not first <= version <= last:
        raise UsageError(f"{messages[0].__name__} has the versions {first} to {last}, not {version}")
    return "\n\n".join(f"# {message.__name__} v{version}\n{codec.source(message, version)}" for message in messages)


def _spec(messages: tuple[type[Message], ...]) -> str:
    texts = []
    for message in messages:
        lines = [f"{message.__name__}, versions {message.MIN_VERSION} to {message.MAX_VERSION}"]
        texts.append("\n".join(lines + _field_lines(message, 1)))
    return "\n\n".join(texts)


def _field_lines(struct: type[Struct], depth: int) -> list[str]:
    lines = []
    for line in struct.FIELDS:
        lines.append("    " * depth + line)
        field = parse_field(line)
        if field.is_struct:
            lines += _field_lines(getattr(sys.modules[struct.__module__], field.type), depth + 1)
    return lines
