"""StopReplica, API key 5.

Generated from protocol_specs/05_stop_replica.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class StopReplicaRequest(Message):
    """Request, no longer in use."""

    __slots__ = ()
    API_KEY = 5
    MIN_VERSION = 0
    MAX_VERSION = -1


class StopReplicaResponse(Message):
    """Response, no longer in use."""

    __slots__ = ()
    API_KEY = 5
    MIN_VERSION = 0
    MAX_VERSION = -1
