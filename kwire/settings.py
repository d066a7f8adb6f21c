"""Settings: what a kwire process is told to be, wherever it was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from kwire.limits import MEMORY_STORE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 9092


class CannotStart(Exception):  # noqa: N818 - the process ends with it, in one sentence
    """These settings cannot be carried out; the message is one sentence that says what to do instead."""


class Address(NamedTuple):
    """Host and port. To listen on: an empty host is every interface, port 0 any free one."""

    host: str
    port: int

    def reached(self) -> Address:
        """Return the address by which a client on this machine reaches a listener at this one."""
        host = {"": "localhost", "0.0.0.0": "localhost", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared
        return Address(host, self.port)

    def further(self, step: int) -> Address:
        """Add step to the port, unless it is 0, which stands for any free port."""
        return Address(self.host, self.port and self.port + step)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True, frozen=True)
class TopicSetting:
    """A topic that is created at start if it is not there. partitions: None for num.partitions."""

    name: str
    partitions: int | None = None
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class BrokerSetting:
    """One broker. advertise: what clients are told instead of the address that they reached it by."""

    node_id: int = 1
    listen: tuple[Address, ...] = (Address("127.0.0.1", DEFAULT_PORT),)
    advertise: Address | None = None


@dataclass(slots=True, frozen=True)
class Settings:
    """One process.

    data: the directory that keeps everything, None for memory; memory_bytes then bounds the records.
    config: broker configs by Kafka's names, validated.
    failover: who may lead a partition of which no replica runs: nobody ("replicas") or any broker ("any").
    advertise_to_gateway: the host told to clients who come through this machine's default gateway, as those at a
    container's published port do.
    load: a directory of TOPIC.jsonl files whose records the topics get at start.
    ready_file: a file that is there while the process serves, and tells where.
    control: path of the socket for `kwire broker`, None for the place where that command looks by itself.
    """

    brokers: tuple[BrokerSetting, ...] = (BrokerSetting(),)
    data: str | None = None
    topics: tuple[TopicSetting, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    memory_bytes: int = MEMORY_STORE_BYTES
    failover: str = "replicas"
    advertise_to_gateway: str | None = None
    load: str | None = None
    ready_file: str | None = None
    control: str | None = None
    log_format: str = "text"
    log_level: str = "info"
