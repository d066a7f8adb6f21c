"""Endpoints: where clients find a broker, by the listener that they came by.

A listener has a name, the same one at every broker of the cluster, and a security protocol. Source: KIP-103.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SecurityProtocol(StrEnum):
    """What is spoken at a listener."""

    PLAINTEXT = "PLAINTEXT"


@dataclass(slots=True, frozen=True)
class Endpoint:
    """A broker at one listener. host: what clients are told; None for the host by which they reached this process."""

    port: int
    host: str | None = None
    protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT


DEFAULT_LISTENER: Final = str(SecurityProtocol.PLAINTEXT)


def listener_name(position: int) -> str:
    """Name the listener at that position among a broker's; settings give them no names."""
    return DEFAULT_LISTENER if position == 0 else f"{DEFAULT_LISTENER}_{position + 1}"
