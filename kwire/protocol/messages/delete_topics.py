"""DeleteTopics, API key 20.

Generated from protocol_specs/20_delete_topics.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class DeleteTopicState(Struct):
    """An element of DeleteTopicsRequest.Topics."""

    __slots__ = (
        "name",
        "topic_id",
    )
    FIELDS = (
        "Name string 6+ nullable 6+ = null",
        "TopicId uuid 6+",
    )

    def __init__(
        self,
        name: str | None = None,
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.name = name
        self.topic_id = topic_id


class DeleteTopicsRequest(Message):
    """Request, versions 1 to 6."""

    __slots__ = (
        "topics",
        "topic_names",
        "timeout_ms",
    )
    API_KEY = 20
    MIN_VERSION = 1
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "Topics []DeleteTopicState 6+",
        "TopicNames []string 0-5 ignorable",
        "TimeoutMs int32 0+",
    )

    def __init__(
        self,
        topics: list[DeleteTopicState] = DEFAULT,
        topic_names: list[str] = DEFAULT,
        timeout_ms: int = 0,
    ) -> None:
        self.topics = [] if topics is DEFAULT else topics
        self.topic_names = [] if topic_names is DEFAULT else topic_names
        self.timeout_ms = timeout_ms


class DeletableTopicResult(Struct):
    """An element of DeleteTopicsResponse.Responses."""

    __slots__ = (
        "name",
        "topic_id",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "Name string 0+ nullable 6+",
        "TopicId uuid 6+ ignorable",
        "ErrorCode int16 0+",
        "ErrorMessage string 5+ nullable 5+ ignorable = null",
    )

    def __init__(
        self,
        name: str | None = "",
        topic_id: bytes = ZERO_UUID,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.error_code = error_code
        self.error_message = error_message


class DeleteTopicsResponse(Message):
    """Response, versions 1 to 6."""

    __slots__ = (
        "throttle_time_ms",
        "responses",
    )
    API_KEY = 20
    MIN_VERSION = 1
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "Responses []DeletableTopicResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        responses: list[DeletableTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.responses = [] if responses is DEFAULT else responses
