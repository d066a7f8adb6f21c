"""ShareGroupDescribe, API key 77.

Generated from protocol_specs/77_share_group_describe.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class ShareGroupDescribeRequest(Message):
    """Request, versions 1 to 1."""

    __slots__ = (
        "group_ids",
        "include_authorized_operations",
    )
    API_KEY = 77
    MIN_VERSION = 1
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupIds []string 0+",
        "IncludeAuthorizedOperations bool 0+",
    )

    def __init__(
        self,
        group_ids: list[str] = DEFAULT,
        include_authorized_operations: bool = False,
    ) -> None:
        self.group_ids = [] if group_ids is DEFAULT else group_ids
        self.include_authorized_operations = include_authorized_operations


class TopicPartitions(Struct):
    """Shared by the structs of ShareGroupDescribeResponse."""

    __slots__ = (
        "topic_id",
        "topic_name",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "TopicName string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name
        self.partitions = [] if partitions is DEFAULT else partitions


class Assignment(Struct):
    """Shared by the structs of ShareGroupDescribeResponse."""

    __slots__ = ("topic_partitions",)
    FIELDS = ("TopicPartitions []TopicPartitions 0+",)

    def __init__(
        self,
        topic_partitions: list[TopicPartitions] = DEFAULT,
    ) -> None:
        self.topic_partitions = [] if topic_partitions is DEFAULT else topic_partitions


class Member(Struct):
    """An element of ShareGroupDescribeResponse.Groups.Members."""

    __slots__ = (
        "member_id",
        "rack_id",
        "member_epoch",
        "client_id",
        "client_host",
        "subscribed_topic_names",
        "assignment",
    )
    FIELDS = (
        "MemberId string 0+",
        "RackId string 0+ nullable 0+ = null",
        "MemberEpoch int32 0+",
        "ClientId string 0+",
        "ClientHost string 0+",
        "SubscribedTopicNames []string 0+",
        "Assignment Assignment 0+",
    )

    def __init__(
        self,
        member_id: str = "",
        rack_id: str | None = None,
        member_epoch: int = 0,
        client_id: str = "",
        client_host: str = "",
        subscribed_topic_names: list[str] = DEFAULT,
        assignment: Assignment = DEFAULT,
    ) -> None:
        self.member_id = member_id
        self.rack_id = rack_id
        self.member_epoch = member_epoch
        self.client_id = client_id
        self.client_host = client_host
        self.subscribed_topic_names = [] if subscribed_topic_names is DEFAULT else subscribed_topic_names
        self.assignment = Assignment() if assignment is DEFAULT else assignment


class DescribedGroup(Struct):
    """An element of ShareGroupDescribeResponse.Groups."""

    __slots__ = (
        "error_code",
        "error_message",
        "group_id",
        "group_state",
        "group_epoch",
        "assignment_epoch",
        "assignor_name",
        "members",
        "authorized_operations",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "GroupId string 0+",
        "GroupState string 0+",
        "GroupEpoch int32 0+",
        "AssignmentEpoch int32 0+",
        "AssignorName string 0+",
        "Members []Member 0+",
        "AuthorizedOperations int32 0+ = -2147483648",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = None,
        group_id: str = "",
        group_state: str = "",
        group_epoch: int = 0,
        assignment_epoch: int = 0,
        assignor_name: str = "",
        members: list[Member] = DEFAULT,
        authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.group_id = group_id
        self.group_state = group_state
        self.group_epoch = group_epoch
        self.assignment_epoch = assignment_epoch
        self.assignor_name = assignor_name
        self.members = [] if members is DEFAULT else members
        # bits by AclOperation code; the minimum: not asked for
        self.authorized_operations = authorized_operations


class ShareGroupDescribeResponse(Message):
    """Response, versions 1 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "groups",
    )
    API_KEY = 77
    MIN_VERSION = 1
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
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
