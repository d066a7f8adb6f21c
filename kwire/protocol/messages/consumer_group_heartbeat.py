"""ConsumerGroupHeartbeat, API key 68.

Generated from protocol_specs/68_consumer_group_heartbeat.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class ConsumerGroupHeartbeatRequestTopicPartitions(Struct):
    """An element of ConsumerGroupHeartbeatRequest.TopicPartitions."""

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


class ConsumerGroupHeartbeatRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "group_id",
        "member_id",
        "member_epoch",
        "instance_id",
        "rack_id",
        "rebalance_timeout_ms",
        "subscribed_topic_names",
        "subscribed_topic_regex",
        "server_assignor",
        "topic_partitions",
    )
    API_KEY = 68
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "MemberId string 0+",
        "MemberEpoch int32 0+",
        "InstanceId string 0+ nullable 0+ = null",
        "RackId string 0+ nullable 0+ = null",
        "RebalanceTimeoutMs int32 0+ = -1",
        "SubscribedTopicNames []string 0+ nullable 0+ = null",
        "SubscribedTopicRegex string 1+ nullable 1+ = null",
        "ServerAssignor string 0+ nullable 0+ = null",
        "TopicPartitions []ConsumerGroupHeartbeatRequestTopicPartitions 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        member_epoch: int = 0,
        instance_id: str | None = None,
        rack_id: str | None = None,
        rebalance_timeout_ms: int = -1,
        subscribed_topic_names: list[str] | None = None,
        subscribed_topic_regex: str | None = None,
        server_assignor: str | None = None,
        topic_partitions: list[ConsumerGroupHeartbeatRequestTopicPartitions] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        # 0: joins, -1: leaves, -2: a static member leaves for a while
        self.member_epoch = member_epoch
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.subscribed_topic_names = subscribed_topic_names
        self.subscribed_topic_regex = subscribed_topic_regex
        self.server_assignor = server_assignor
        # null: as in the last heartbeat
        self.topic_partitions = topic_partitions


class ConsumerGroupHeartbeatResponseTopicPartitions(Struct):
    """Shared by the structs of ConsumerGroupHeartbeatResponse."""

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
    """The value of ConsumerGroupHeartbeatResponse.Assignment."""

    __slots__ = ("topic_partitions",)
    FIELDS = ("TopicPartitions []ConsumerGroupHeartbeatResponseTopicPartitions 0+",)

    def __init__(
        self,
        topic_partitions: list[ConsumerGroupHeartbeatResponseTopicPartitions] = DEFAULT,
    ) -> None:
        self.topic_partitions = [] if topic_partitions is DEFAULT else topic_partitions


class ConsumerGroupHeartbeatResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "member_id",
        "member_epoch",
        "heartbeat_interval_ms",
        "assignment",
    )
    API_KEY = 68
    MIN_VERSION = 0
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
