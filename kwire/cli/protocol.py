"""`kwire protocol`: frames made readable, how messages are laid out, and the code that reads and writes them."""

from __future__ import annotations

import base64
import binascii
import difflib
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from kwire.cli import readable
from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.errors import Failed, UsageError
from kwire.cli.output import json_option, show_json
from kwire.protocol import codec
from kwire.protocol.api_keys import ApiKey, api_info, request_class, response_class
from kwire.protocol.errors import ProtocolError
from kwire.protocol.frames import SIZE_BYTES, decode_request_header, decode_response
from kwire.protocol.schema import parse_field

if TYPE_CHECKING:
    from kwire.protocol.schema import Message, Struct


@make_command("source", "kwire protocol source fetch 12")
@click.argument("api")
@click.argument("version", type=int)
def source(api: str, version: int) -> None:
    """Show the compiled reader and writer of one version.

    API is a name or key: fetch, Fetch, 1.
    """
    click.echo(_sources(_messages(api), version))


@make_command("spec", "kwire protocol spec fetch")
@click.argument("api")
def spec(api: str) -> None:
    """Show the fields of all versions.

    API is a name or key: fetch, Fetch, 1.
    """
    click.echo(_spec(_messages(api)))


@make_command(
    "decode",
    "kwire protocol decode 0000000e001200000000000700046b636174",
    "kwire protocol decode --response api_versions 0 AAAACgAAAAcAIwAAAAA=",
)
@click.argument("frame", required=False)
@click.option(
    "--response", nargs=2, metavar="API VERSION", help="It is a response of this API and version, not a request."
)
@click.option("--records", is_flag=True, help="It is record batches, as a log or a Produce has them.")
@json_option
def decode_frame(frame: str | None, response: tuple[str, str] | None, records: bool, as_json: bool) -> None:
    """Make a frame readable.

    It is given in hex or base64, here or on standard input, with its size in front or without.
    """
    if records and response:
        raise UsageError("a frame is either record batches or a response; give --records or --response")
    data = _bytes(frame if frame is not None else sys.stdin.read())
    try:
        if records:
            fields: dict[str, Any] = {"Batches": readable.batches(data)}
        elif response:
            fields = _response(data, *response)
        else:
            fields = _request(data)
    except ProtocolError as error:
        hint = "" if records or response else "; a response needs --response API VERSION"
        raise Failed(f"cannot decode the frame: {error}{hint}") from None
    if as_json:
        show_json(fields)
    else:
        for line in readable.lines(fields):
            click.echo(line)
    errors = [batch["Error"] for batch in fields.get("Batches", ()) if "Error" in batch]
    if errors:
        raise Failed(f"cannot decode all of the records: {errors[0]}")


command = group("protocol", "Decode frames; show how messages are read and written.", decode_frame, source, spec)


def _bytes(text: str) -> bytes:
    """Of hex digits, which may have blanks, colons or 0x between them, or of base64."""
    joined = re.sub(r"\s", "", text)
    if not joined:
        raise UsageError("there is no frame; give it as an argument or on standard input")
    digits = re.sub(r"0x|:", "", joined)
    try:
        if re.fullmatch(r"([0-9a-fA-F]{2})+", digits):
            return bytes.fromhex(digits)
        data = base64.b64decode(joined, validate=True)
    except binascii.Error:
        data = b""
    if not data:
        raise UsageError("the frame is neither hex nor base64")
    return data


def _without_size(data: bytes) -> bytes:
    has_size = len(data) >= SIZE_BYTES and int.from_bytes(data[:SIZE_BYTES], "big") == len(data) - SIZE_BYTES
    return data[SIZE_BYTES:] if has_size else data


def _request(data: bytes) -> dict[str, Any]:
    frame = _without_size(data)
    header = decode_request_header(frame)
    try:
        info = api_info(header.api_key)
    except KeyError:
        raise ProtocolError(f"there is no API {header.api_key}") from None
    request = request_class(header.api_key)
    _check_version(request, header.api_version)
    message = codec.decode(request, header.api_version, frame, header.body_offset)
    return {
        "Api": info.name,
        "Version": header.api_version,
        "CorrelationId": header.correlation_id,
        "ClientId": header.client_id,
        "Request": readable.message(message, header.api_version),
    }


def _response(data: bytes, api: str, version_text: str) -> dict[str, Any]:
    key = _key(api)
    if not version_text.isdigit():
        raise UsageError(f"--response: {version_text!r} is no version")
    version = int(version_text)
    _check_version(response_class(key), version)
    correlation_id, message = decode_response(key, version, _without_size(data))
    return {
        "Api": api_info(key).name,
        "Version": version,
        "CorrelationId": correlation_id,
        "Response": readable.message(message, version),
    }


def _check_version(message: type[Message], version: int) -> None:
    if not message.MIN_VERSION <= version <= message.MAX_VERSION:
        raise ProtocolError(
            f"{message.__name__} has the versions {message.MIN_VERSION} to {message.MAX_VERSION}, not {version}"
        )


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
