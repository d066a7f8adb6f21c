"""Readers and writers of messages: one function per message and version, compiled on first use.

A reader is `read(data, offset) -> (message, end)`, a writer `write(message, out, cuts)`. Their text is flat
Python made from the class's FIELDS by reader_source and writer_source; tracebacks and debuggers show it, and
`source` returns it. A field that a version lacks gets its default when read. When written, a request or a
record whose value would be lost is refused unless Kafka calls the field ignorable; a response is not checked,
so that a handler fills it once for all versions.
"""

from __future__ import annotations

import linecache
import struct
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from kwire.protocol.errors import ProtocolError
from kwire.protocol.reader_source import reader_source
from kwire.protocol.schema import Message
from kwire.protocol.wire import Buffer
from kwire.protocol.writer_source import writer_source

M = TypeVar("M", bound=Message)

Cuts: TypeAlias = list[tuple[int, object]]
"""Where in the output a records value belongs that was not copied into it, and that value."""

Reader: TypeAlias = Callable[[Buffer, int], tuple[M, int]]
Writer: TypeAlias = Callable[[M, bytearray, Cuts | None], None]

_readers: dict[tuple[type[Message], int, bool], Reader[Any]] = {}
_writers: dict[tuple[type[Message], int, bool], Writer[Any]] = {}


def reader(cls: type[M], version: int, *, keep_unknown_tags: bool = False) -> Reader[M]:
    """The cached function that reads one version; it may raise struct.error, IndexError or UnicodeDecodeError.

    keep_unknown_tags: tagged fields that the version does not know are kept in `unknown_tags` instead of skipped.
    """
    key = cls, version, keep_unknown_tags
    read = _readers.get(key)
    if read is None:
        if not cls.MIN_VERSION <= version <= cls.MAX_VERSION:
            raise ProtocolError(f"{cls.__name__} has no version {version}")
        text, namespace = reader_source(cls, version, keep_unknown_tags)
        read = _readers[key] = _compile("read", text, namespace, cls, version)
    return cast("Reader[M]", read)


def writer(cls: type[M], version: int, *, keep_unknown_tags: bool = False) -> Writer[M]:
    """The cached function that writes one version; keep_unknown_tags writes what such a reader has kept."""
    key = cls, version, keep_unknown_tags
    write = _writers.get(key)
    if write is None:
        if not cls.MIN_VERSION <= version <= cls.MAX_VERSION:
            raise ValueError(f"{cls.__name__} has no version {version}")
        text, namespace = writer_source(cls, version, keep_unknown_tags)
        write = _writers[key] = _compile("write", text, namespace, cls, version)
    return cast("Writer[M]", write)


def _compile(verb: str, text: str, namespace: dict[str, Any], cls: type[Message], version: int) -> Any:
    filename = f"<kwire {verb} {cls.__name__} v{version}>"
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    exec(compile(text, filename, "exec"), namespace)  # noqa: S102 - our own text, made from declarations only
    return namespace[verb]


def forget_functions() -> None:
    """Empties the cache: the next use compiles again. For measurements."""
    _readers.clear()
    _writers.clear()


def source(cls: type[Message], version: int) -> str:
    """The text of the reader and of the writer."""
    return f"{reader_source(cls, version)[0]}\n\n{writer_source(cls, version)[0]}"


def decode_from(cls: type[M], version: int, data: Buffer, offset: int = 0) -> tuple[M, int]:
    """The message that starts at offset, and the offset after it. Raises ProtocolError, and nothing else."""
    read = _readers.get((cls, version, False)) or reader(cls, version)
    try:
        return read(data, offset)
    except (struct.error, IndexError) as error:
        raise ProtocolError(f"{cls.__name__} v{version} is cut short") from error
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{cls.__name__} v{version} has a string that is not UTF-8") from error
    except ProtocolError as error:
        raise ProtocolError(f"{cls.__name__} v{version}: {error}") from error


def decode(cls: type[M], version: int, data: Buffer, offset: int = 0) -> M:
    """The message that starts at offset; bytes after it are ignored, as Kafka ignores them."""
    return decode_from(cls, version, data, offset)[0]


def encode_into(message: Message, version: int, out: bytearray, cuts: Cuts | None = None) -> None:
    """Appends the message. ValueError where a value does not fit.

    cuts: a records value that is no bytes-like object is not copied but noted here, its length is written.
    """
    cls = type(message)
    write = _writers.get((cls, version, False)) or writer(cls, version)
    try:
        write(message, out, cuts)
    except struct.error as error:
        raise ValueError(f"{cls.__name__} v{version} has a value that does not fit: {error}") from error


def encode(message: Message, version: int) -> bytes:
    """The bytes of the message."""
    out = bytearray()
    encode_into(message, version, out)
    return bytes(out)
