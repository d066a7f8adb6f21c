"""ShareGroupHeartbeat, API key 76.

Generated from protocol_specs/76_share_group_heartbeat.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class ShareGroupHeartbeatRequest(Message):
    """Request, versions 1 to 1."""

    __slots__ = (
        "group_id",
        "member_id",
        "member_epoch",
        "rack_id",
        "subscribed_topic_names",
    )
    API_KEY = 76
    MIN_VERSION = 1
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "MemberId string 0+",
        "MemberEpoch int32 0+",
        "RackId string 0+ nullable 0+ = null",
        "SubscribedTopicNames []string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        member_epoch: int = 0,
        rack_id: str | None = None,
        subscribed_topic_names: list[str] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        # 0: joins, -1: leaves
        self.member_epoch = member_epoch
        self.rack_id = rack_id
        self.subscribed_topic_names = subscribed_topic_names


class TopicPartitions(Struct):
    """Shared by the structs of ShareGroupHeartbeatResponse."""

    __slots__ = (
        "topic_id",
        "partitions",
    )
    FIELDS = (
        "TopicId uuid 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.topic_id = topic_id
        self.partitions = [] if partitions is DEFAULT else partitions


class Assignment(Struct):
    """The value of ShareGroupHeartbeatResponse.Assignment."""

    __slots__ = ("topic_partitions",)
    FIELDS = ("TopicPartitions []TopicPartitions 0+",)

    def __init__(
        self,
        topic_partitions: list[TopicPartitions] = DEFAULT,
    ) -> None:
        self.topic_partitions = [] if topic_partitions is DEFAULT else topic_partitions


class ShareGroupHeartbeatResponse(Message):
    """Response, versions 1 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "member_id",
        "member_epoch",
        "heartbeat_interval_ms",
        "assignment",
    )
    API_KEY = 76
    MIN_VERSION = 1
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "MemberId string 0+ nullable 0+ = null",
        "MemberEpoch int32 0+",
        "HeartbeatIntervalMs int32 0+",
        "Assignment Assignment 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        member_id: str | None = None,
        member_epoch: int = 0,
        heartbeat_interval_ms: int = 0,
        assignment: Assignment | None = None,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.heartbeat_interval_ms = heartbeat_interval_ms
        self.assignment = assignment
