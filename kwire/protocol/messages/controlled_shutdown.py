"""ControlledShutdown, API key 7.

Generated from protocol_specs/07_controlled_shutdown.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class ControlledShutdownRequest(Message):
    """Request, no longer in use."""

    __slots__ = ()
    API_KEY = 7
    MIN_VERSION = 0
    MAX_VERSION = -1


class ControlledShutdownResponse(Message):
    """Response, no longer in use."""

    __slots__ = ()
    API_KEY = 7
    MIN_VERSION = 0
    MAX_VERSION = -1
