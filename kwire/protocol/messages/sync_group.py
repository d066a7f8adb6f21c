"""SyncGroup, API key 14.

Generated from protocol_specs/14_sync_group.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class SyncGroupRequestAssignment(Struct):
    """An element of SyncGroupRequest.Assignments."""

    __slots__ = (
        "member_id",
        "assignment",
    )
    FIELDS = (
        "MemberId string 0+",
        "Assignment bytes 0+",
    )

    def __init__(
        self,
        member_id: str = "",
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.assignment = assignment


class SyncGroupRequest(Message):
    """Request, versions 0 to 5."""

    __slots__ = (
        "group_id",
        "generation_id",
        "member_id",
        "group_instance_id",
        "protocol_type",
        "protocol_name",
        "assignments",
    )
    API_KEY = 14
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "GroupId string 0+",
        "GenerationId int32 0+",
        "MemberId string 0+",
        "GroupInstanceId string 3+ nullable 3+ = null",
        "ProtocolType string 5+ nullable 5+ ignorable = null",
        "ProtocolName string 5+ nullable 5+ ignorable = null",
        "Assignments []SyncGroupRequestAssignment 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        generation_id: int = 0,
        member_id: str = "",
        group_instance_id: str | None = None,
        protocol_type: str | None = None,
        protocol_name: str | None = None,
        assignments: list[SyncGroupRequestAssignment] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.generation_id = generation_id
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.protocol_type = protocol_type
        self.protocol_name = protocol_name
        # only the leader gives them
        self.assignments = [] if assignments is DEFAULT else assignments


class SyncGroupResponse(Message):
    """Response, versions 0 to 5."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "protocol_type",
        "protocol_name",
        "assignment",
    )
    API_KEY = 14
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "ErrorCode int16 0+",
        "ProtocolType string 5+ nullable 5+ ignorable = null",
        "ProtocolName string 5+ nullable 5+ ignorable = null",
        "Assignment bytes 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        protocol_type: str | None = None,
        protocol_name: str | None = None,
        assignment: bytes = b"",
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.protocol_type = protocol_type
        self.protocol_name = protocol_name
        self.assignment = assignment
