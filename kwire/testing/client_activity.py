"""Observe an embedded cluster's clients, to explain why a test failed."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import trio

from kwire.protocol.api_keys import api_info
from kwire.protocol.errors import ErrorCode
from kwire.protocol.schema import Struct, parse_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwire.api.context import RequestContext
    from kwire.broker.metadata import MetadataImage
    from kwire.protocol.schema import Message

KEPT: Final = 20
"""Maximum number of errors, log lines and clients to keep, the newest ones."""

NAMES: Final = ("name", "topic", "topic_name", "group_id", "resource_name", "key", "transactional_id", "member_id")
INDEXES: Final = ("partition_index", "partition", "index", "partition_id")
"""Fields that identify the subject of a response's row."""

PART_OF_THE_PROTOCOL: Final = frozenset({ErrorCode.MEMBER_ID_REQUIRED})
"""Errors that every client gets when it joins a group for the first time."""

_shapes: dict[type[Struct], tuple[bool, tuple[str, ...]]] = {}


@dataclass(slots=True)
class SeenClient:
    """A client, by its own names, over all its connections."""

    client_id: str | None
    software: str
    address: str
    requests: int = 0
    last_api: str = ""
    last_s: float = 0.0


@dataclass(slots=True, frozen=True)
class SeenError:
    """An error in a response. about: the topic, partition or group of its row, "" if it concerns the whole response."""

    at_s: float
    api: str
    client_id: str | None
    about: str
    code: ErrorCode
    message: str | None

    def __str__(self) -> str:
        about = f" {self.about}:" if self.about else ""
        message = f" ({self.message})" if self.message else ""
        return f"{self.api} of {self.client_id!r}:{about} {self.code.name}{message}"


class ClientActivity:
    """Clients, their last errors, log lines and bugs of the brokers, since the last start or reset."""

    def __init__(self) -> None:
        self.bugs: list[BaseException] = []
        self.clear()

    def clear(self) -> None:
        """Forget everything except bugs, which stay until they are taken."""
        self.clients: dict[tuple[str | None, str], SeenClient] = {}
        self.errors: deque[SeenError] = deque(maxlen=KEPT)
        self.logged: deque[str] = deque(maxlen=KEPT)

    def answered(self, context: RequestContext, request: Message, response: Message | None) -> None:
        """Note the answer to a client's request."""
        now_s = trio.current_time()
        connection = context.connection
        api = f"{api_info(request.API_KEY).name} v{context.api_version}"
        software = f"{connection.client_software_name} {connection.client_software_version}".strip()
        client = self.clients.get((context.client_id, software))
        if client is None:
            if len(self.clients) == KEPT:
                del self.clients[next(iter(self.clients))]
            client = SeenClient(context.client_id, software, "")
            self.clients[context.client_id, software] = client
        client.address = "{}:{}".format(*connection.peer)
        client.requests += 1
        client.last_api, client.last_s = api, now_s
        if response is not None:
            for about, row in _failed_rows(response, "", context.cluster.image):
                code, message = ErrorCode(row.error_code), getattr(row, "error_message", None)
                if code not in PART_OF_THE_PROTOCOL:
                    self.errors.append(SeenError(now_s, api, context.client_id, about, code, message))

    def log_handler(self, thread_id: int) -> logging.Handler:
        """Make a log handler that keeps that thread's warnings and errors, and the bugs among them."""
        return _LogHandler(self, thread_id)


class _LogHandler(logging.Handler):
    def __init__(self, activity: ClientActivity, thread_id: int) -> None:
        super().__init__(logging.WARNING)
        self._activity = activity
        self._thread_id = thread_id

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and its exception as a bug, if it comes from the broker's thread."""
        if record.thread != self._thread_id:
            return
        self._activity.logged.append(f"{record.levelname} {record.name}: {record.getMessage()}")
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._activity.bugs.append(error)


def _failed_rows(row: Struct, about: str, image: MetadataImage) -> Iterator[tuple[str, Any]]:
    """Generate each part of a response that has an error, with its subject."""
    has_error, arrays = _shape(type(row))
    about = _about(row, about, image)
    if has_error and row.error_code:  # type: ignore[attr-defined]
        yield about, row
    for name in arrays:
        for element in getattr(row, name) or ():
            yield from _failed_rows(element, about, image)


def _shape(kind: type[Struct]) -> tuple[bool, tuple[str, ...]]:
    """Return whether the struct has an error code, and the names of its arrays of structs."""
    shape = _shapes.get(kind)
    if shape is None:
        arrays = [field.name for field in map(parse_field, kind.FIELDS) if field.is_array and field.is_struct]
        shape = _shapes[kind] = "error_code" in kind.__slots__, tuple(arrays)
    return shape


def _about(row: Struct, outer: str, image: MetadataImage) -> str:
    topic_id = getattr(row, "topic_id", None)
    topic = image.topic_by_id(topic_id) if topic_id else None
    name = topic.name if topic is not None else next((getattr(row, each) for each in NAMES if hasattr(row, each)), None)
    index = next((getattr(row, each) for each in INDEXES if hasattr(row, each)), None)
    inner = str(name) if name else ""
    if index is not None:
        return f"{inner or outer}-{index}"
    return inner or outer
