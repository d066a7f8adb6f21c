"""CreatePartitions, API key 37.

Generated from protocol_specs/37_create_partitions.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class CreatePartitionsAssignment(Struct):
    """An element of CreatePartitionsRequest.Topics.Assignments."""

    __slots__ = ("broker_ids",)
    FIELDS = ("BrokerIds []int32 0+",)

    def __init__(
        self,
        broker_ids: list[int] = DEFAULT,
    ) -> None:
        self.broker_ids = [] if broker_ids is DEFAULT else broker_ids


class CreatePartitionsTopic(Struct):
    """An element of CreatePartitionsRequest.Topics."""

    __slots__ = (
        "name",
        "count",
        "assignments",
    )
    FIELDS = (
        "Name string 0+",
        "Count int32 0+",
        "Assignments []CreatePartitionsAssignment 0+ nullable 0+",
    )

    def __init__(
        self,
        name: str = "",
        count: int = 0,
        assignments: list[CreatePartitionsAssignment] | None = DEFAULT,
    ) -> None:
        self.name = name
        # the new total
        self.count = count
        self.assignments = [] if assignments is DEFAULT else assignments


class CreatePartitionsRequest(Message):
    """Request, versions 0 to 3."""

    __slots__ = (
        "topics",
        "timeout_ms",
        "validate_only",
    )
    API_KEY = 37
    MIN_VERSION = 0
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "Topics []CreatePartitionsTopic 0+",
        "TimeoutMs int32 0+",
        "ValidateOnly bool 0+",
    )

    def __init__(
        self,
        topics: list[CreatePartitionsTopic] = DEFAULT,
        timeout_ms: int = 0,
        validate_only: bool = False,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics
        self.timeout_ms = timeout_ms
        self.validate_only = validate_only


class CreatePartitionsTopicResult(Struct):
    """An element of CreatePartitionsResponse.Results."""

    __slots__ = (
        "name",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "Name string 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        name: str = "",
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.name = name
        self.error_code = error_code
        self.error_message = error_message


class CreatePartitionsResponse(Message):
    """Response, versions 0 to 3."""

    __slots__ = (
        "throttle_time_ms",
        "results",
    )
    API_KEY = 37
    MIN_VERSION = 0
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Results []CreatePartitionsTopicResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[CreatePartitionsTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.results = [] if results is DEFAULT else results
