"""JoinGroup, API key 11.

Generated from protocol_specs/11_join_group.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class JoinGroupRequestProtocol(Struct):
    """An element of JoinGroupRequest.Protocols."""

    __slots__ = (
        "name",
        "metadata",
    )
    FIELDS = (
        "Name string 0+",
        "Metadata bytes 0+",
    )

    def __init__(
        self,
        name: str = "",
        metadata: bytes = b"",
    ) -> None:
        self.name = name
        self.metadata = metadata


class JoinGroupRequest(Message):
    """Request, versions 0 to 9."""

    __slots__ = (
        "group_id",
        "session_timeout_ms",
        "rebalance_timeout_ms",
        "member_id",
        "group_instance_id",
        "protocol_type",
        "protocols",
        "reason",
    )
    API_KEY = 11
    MIN_VERSION = 0
    MAX_VERSION = 9
    FLEXIBLE_VERSION = 6
    FIELDS = (
        "GroupId string 0+",
        "SessionTimeoutMs int32 0+",
        "RebalanceTimeoutMs int32 1+ ignorable = -1",
        "MemberId string 0+",
        "GroupInstanceId string 5+ nullable 5+ = null",
        "ProtocolType string 0+",
        "Protocols []JoinGroupRequestProtocol 0+",
        "Reason string 8+ nullable 8+ ignorable = null",
    )

    def __init__(
        self,
        group_id: str = "",
        session_timeout_ms: int = 0,
        rebalance_timeout_ms: int = -1,
        member_id: str = "",
        group_instance_id: str | None = None,
        protocol_type: str = "",
        protocols: list[JoinGroupRequestProtocol] = DEFAULT,
        reason: str | None = None,
    ) -> None:
        self.group_id = group_id
        self.session_timeout_ms = session_timeout_ms
        self.rebalance_timeout_ms = rebalance_timeout_ms
        # empty: a new member
        self.member_id = member_id
        # null: not a static member
        self.group_instance_id = group_instance_id
        self.protocol_type = protocol_type
        self.protocols = [] if protocols is DEFAULT else protocols
        self.reason = reason


class JoinGroupResponseMember(Struct):
    """An element of JoinGroupResponse.Members."""

    __slots__ = (
        "member_id",
        "group_instance_id",
        "metadata",
    )
    FIELDS = (
        "MemberId string 0+",
        "GroupInstanceId string 5+ nullable 5+ ignorable = null",
        "Metadata bytes 0+",
    )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        metadata: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.metadata = metadata


class JoinGroupResponse(Message):
    """Response, versions 0 to 9."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "generation_id",
        "protocol_type",
        "protocol_name",
        "leader",
        "skip_assignment",
        "member_id",
        "members",
    )
    API_KEY = 11
    MIN_VERSION = 0
    MAX_VERSION = 9
    FLEXIBLE_VERSION = 6
    FIELDS = (
        "ThrottleTimeMs int32 2+ ignorable",
        "ErrorCode int16 0+",
        "GenerationId int32 0+ = -1",
        "ProtocolType string 7+ nullable 7+ ignorable = null",
        "ProtocolName string 0+ nullable 7+",
        "Leader string 0+",
        "SkipAssignment bool 9+",
        "MemberId string 0+",
        "Members []JoinGroupResponseMember 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        generation_id: int = -1,
        protocol_type: str | None = None,
        protocol_name: str | None = "",
        leader: str = "",
        skip_assignment: bool = False,
        member_id: str = "",
        members: list[JoinGroupResponseMember] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.generation_id = generation_id
        self.protocol_type = protocol_type
        self.protocol_name = protocol_name
        self.leader = leader
        self.skip_assignment = skip_assignment
        self.member_id = member_id
        # only the leader gets them
        self.members = [] if members is DEFAULT else members
