"""LeaderAndIsr, API key 4.

Generated from protocol_specs/04_leader_and_isr.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class LeaderAndIsrRequest(Message):
    """Request, no longer in use."""

    __slots__ = ()
    API_KEY = 4
    MIN_VERSION = 0
    MAX_VERSION = -1


class LeaderAndIsrResponse(Message):
    """Response, no longer in use."""

    __slots__ = ()
    API_KEY = 4
    MIN_VERSION = 0
    MAX_VERSION = -1
