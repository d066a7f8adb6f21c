"""DeleteShareGroupOffsets, API key 92.

Generated from protocol_specs/92_delete_share_group_offsets.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class DeleteShareGroupOffsetsRequestTopic(Struct):
    """An element of DeleteShareGroupOffsetsRequest.Topics."""

    __slots__ = ("topic_name",)
    FIELDS = ("TopicName string 0+",)

    def __init__(
        self,
        topic_name: str = "",
    ) -> None:
        self.topic_name = topic_name


class DeleteShareGroupOffsetsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "topics",
    )
    API_KEY = 92
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "Topics []DeleteShareGroupOffsetsRequestTopic 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        topics: list[DeleteShareGroupOffsetsRequestTopic] = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is DEFAULT else topics


class DeleteShareGroupOffsetsResponseTopic(Struct):
    """An element of DeleteShareGroupOffsetsResponse.Responses."""

    __slots__ = (
        "topic_name",
        "topic_id",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "TopicName string 0+",
        "TopicId uuid 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        topic_name: str = "",
        topic_id: bytes = ZERO_UUID,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.topic_name = topic_name
        self.topic_id = topic_id
        self.error_code = error_code
        self.error_message = error_message


class DeleteShareGroupOffsetsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "responses",
    )
    API_KEY = 92
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
        "Responses []DeleteShareGroupOffsetsResponseTopic 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        responses: list[DeleteShareGroupOffsetsResponseTopic] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.responses = [] if responses is DEFAULT else responses
