"""The table of Kafka's APIs: keys, versions, and the classes of their messages, which are imported on first use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from kwire.protocol.messages.apis import ROWS, ApiKey
from kwire.protocol.schema import LATEST, Message, Range

__all__ = ["ApiInfo", "ApiKey", "api_info", "request_class", "response_class"]


@dataclass(slots=True, frozen=True)
class ApiInfo:
    """What Kafka 4.4 says about one API.

    stem: its module's name. versions: the stable ones; (0, -1) for an API that is gone. announced: what ApiVersions
    tells clients, which for Produce is more than it serves; (0, -1) where it is not told.
    listeners: of `broker` and `controller` those that serve it.
    """

    key: ApiKey
    stem: str
    versions: Range
    announced: Range
    flexible_version: int
    listeners: tuple[str, ...]

    @property
    def name(self) -> str:
        """As Kafka's documentation spells it: ListOffsets."""
        return self.stem.title().replace("_", "")

    def request_header_version(self, version: int) -> int:
        """Of RequestHeader: 2 has tagged fields."""
        return 2 if version >= self.flexible_version else 1

    def response_header_version(self, version: int) -> int:
        """Of ResponseHeader: 1 has tagged fields. ApiVersions never has them, so that any client can read it."""
        return 1 if version >= self.flexible_version and self.key != ApiKey.API_VERSIONS else 0


@cache
def api_info(key: int) -> ApiInfo:
    """The API's row. KeyError for a key that Kafka has never used."""
    stem, low, high, flexible_version, first, last, listeners = ROWS[key]
    return ApiInfo(ApiKey(key), stem, (low, high), (first, last), min(flexible_version, LATEST), listeners)


@cache
def request_class(key: int) -> type[Message]:
    """The class of the API's requests."""
    return _message_class(key, "Request")


@cache
def response_class(key: int) -> type[Message]:
    """The class of the API's responses."""
    return _message_class(key, "Response")


def _message_class(key: int, kind: str) -> type[Message]:
    info = api_info(key)
    found: type[Message] = getattr(import_module(f"kwire.protocol.messages.{info.stem}"), info.name + kind)
    return found
