"""ListConfigResources, API key 74.

Generated from protocol_specs/74_list_config_resources.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ListConfigResourcesRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = ("resource_types",)
    API_KEY = 74
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = ("ResourceTypes []int8 1+",)

    def __init__(
        self,
        resource_types: list[int] = DEFAULT,
    ) -> None:
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group; empty: all
        self.resource_types = [] if resource_types is DEFAULT else resource_types


class ConfigResource(Struct):
    """An element of ListConfigResourcesResponse.ConfigResources."""

    __slots__ = (
        "resource_name",
        "resource_type",
    )
    FIELDS = (
        "ResourceName string 0+",
        "ResourceType int8 1+ ignorable = 16",
    )

    def __init__(
        self,
        resource_name: str = "",
        resource_type: int = 16,
    ) -> None:
        self.resource_name = resource_name
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        self.resource_type = resource_type


class ListConfigResourcesResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "config_resources",
    )
    API_KEY = 74
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ConfigResources []ConfigResource 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        config_resources: list[ConfigResource] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.config_resources = [] if config_resources is DEFAULT else config_resources
