"""Heartbeat, API key 12.

Generated from protocol_specs/12_heartbeat.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class HeartbeatRequest(Message):
    """Request, versions 0 to 4."""

    __slots__ = (
        "group_id",
        "generation_id",
        "member_id",
        "group_instance_id",
    )
    API_KEY = 12
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "GroupId string 0+",
        "GenerationId int32 0+",
        "MemberId string 0+",
        "GroupInstanceId string 3+ nullable 3+ = null",
    )

    def __init__(
        self,
        group_id: str = "",
        generation_id: int = 0,
        member_id: str = "",
        group_instance_id: str | None = None,
    ) -> None:
        self.group_id = group_id
        self.generation_id = generation_id
        self.member_id = member_id
        self.group_instance_id = group_instance_id


class HeartbeatResponse(Message):
    """Response, versions 0 to 4."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
    )
    API_KEY = 12
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "ErrorCode int16 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
