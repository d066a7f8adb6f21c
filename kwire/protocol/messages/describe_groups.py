"""DescribeGroups, API key 15.

Generated from protocol_specs/15_describe_groups.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DescribeGroupsRequest(Message):
    """Request, versions 0 to 6."""

    __slots__ = (
        "groups",
        "include_authorized_operations",
    )
    API_KEY = 15
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 5
    FIELDS = (
        "Groups []string 0+",
        "IncludeAuthorizedOperations bool 3+",
    )

    def __init__(
        self,
        groups: list[str] = DEFAULT,
        include_authorized_operations: bool = False,
    ) -> None:
        self.groups = [] if groups is DEFAULT else groups
        self.include_authorized_operations = include_authorized_operations


class DescribedGroupMember(Struct):
    """An element of DescribeGroupsResponse.Groups.Members."""

    __slots__ = (
        "member_id",
        "group_instance_id",
        "client_id",
        "client_host",
        "member_metadata",
        "member_assignment",
    )
    FIELDS = (
        "MemberId string 0+",
        "GroupInstanceId string 4+ nullable 4+ ignorable = null",
        "ClientId string 0+",
        "ClientHost string 0+",
        "MemberMetadata bytes 0+",
        "MemberAssignment bytes 0+",
    )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        client_id: str = "",
        client_host: str = "",
        member_metadata: bytes = b"",
        member_assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.member_metadata = member_metadata
        self.member_assignment = member_assignment


class DescribedGroup(Struct):
    """An element of DescribeGroupsResponse.Groups."""

    __slots__ = (
        "error_code",
        "error_message",
        "group_id",
        "group_state",
        "protocol_type",
        "protocol_data",
        "members",
        "authorized_operations",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 6+ nullable 6+ = null",
        "GroupId string 0+",
        "GroupState string 0+",
        "ProtocolType string 0+",
        "ProtocolData string 0+",
        "Members []DescribedGroupMember 0+",
        "AuthorizedOperations int32 3+ = -2147483648",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = None,
        group_id: str = "",
        group_state: str = "",
        protocol_type: str = "",
        protocol_data: str = "",
        members: list[DescribedGroupMember] = DEFAULT,
        authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.group_id = group_id
        self.group_state = group_state
        self.protocol_type = protocol_type
        self.protocol_data = protocol_data
        self.members = [] if members is DEFAULT else members
        # bits by AclOperation code; the minimum: not asked for
        self.authorized_operations = authorized_operations


class DescribeGroupsResponse(Message):
    """Response, versions 0 to 6."""

    __slots__ = (
        "throttle_time_ms",
        "groups",
    )
    API_KEY = 15
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 5
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "Groups []DescribedGroup 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        groups: list[DescribedGroup] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.groups = [] if groups is DEFAULT else groups
