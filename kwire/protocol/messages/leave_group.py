"""LeaveGroup, API key 13.

Generated from protocol_specs/13_leave_group.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class MemberIdentity(Struct):
    """An element of LeaveGroupRequest.Members."""

    __slots__ = (
        "member_id",
        "group_instance_id",
        "reason",
    )
    FIELDS = (
        "MemberId string 3+",
        "GroupInstanceId string 3+ nullable 3+ = null",
        "Reason string 5+ nullable 5+ ignorable = null",
    )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.reason = reason


class LeaveGroupRequest(Message):
    """Request, versions 0 to 5."""

    __slots__ = (
        "group_id",
        "member_id",
        "members",
    )
    API_KEY = 13
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "GroupId string 0+",
        "MemberId string 0-2",
        "Members []MemberIdentity 3+",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        members: list[MemberIdentity] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.members = [] if members is DEFAULT else members


class MemberResponse(Struct):
    """An element of LeaveGroupResponse.Members."""

    __slots__ = (
        "member_id",
        "group_instance_id",
        "error_code",
    )
    FIELDS = (
        "MemberId string 3+",
        "GroupInstanceId string 3+ nullable 3+",
        "ErrorCode int16 3+",
    )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = "",
        error_code: int = 0,
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.error_code = error_code


class LeaveGroupResponse(Message):
    """Response, versions 0 to 5."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "members",
    )
    API_KEY = 13
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "ErrorCode int16 0+",
        "Members []MemberResponse 3+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        members: list[MemberResponse] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.members = [] if members is DEFAULT else members
