"""AlterConfigs, API key 33.

Generated from protocol_specs/33_alter_configs.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class AlterableConfig(Struct):
    """An element of AlterConfigsRequest.Resources.Configs."""

    __slots__ = (
        "name",
        "value",
    )
    FIELDS = (
        "Name string 0+",
        "Value string 0+ nullable 0+",
    )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
    ) -> None:
        self.name = name
        self.value = value


class AlterConfigsResource(Struct):
    """An element of AlterConfigsRequest.Resources."""

    __slots__ = (
        "resource_type",
        "resource_name",
        "configs",
    )
    FIELDS = (
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "Configs []AlterableConfig 0+",
    )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        configs: list[AlterableConfig] = DEFAULT,
    ) -> None:
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.configs = [] if configs is DEFAULT else configs


class AlterConfigsRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "resources",
        "validate_only",
    )
    API_KEY = 33
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "Resources []AlterConfigsResource 0+",
        "ValidateOnly bool 0+",
    )

    def __init__(
        self,
        resources: list[AlterConfigsResource] = DEFAULT,
        validate_only: bool = False,
    ) -> None:
        self.resources = [] if resources is DEFAULT else resources
        self.validate_only = validate_only


class AlterConfigsResourceResponse(Struct):
    """An element of AlterConfigsResponse.Responses."""

    __slots__ = (
        "error_code",
        "error_message",
        "resource_type",
        "resource_name",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "ResourceType int8 0+",
        "ResourceName string 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        resource_type: int = 0,
        resource_name: str = "",
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        self.resource_type = resource_type
        self.resource_name = resource_name


class AlterConfigsResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "responses",
    )
    API_KEY = 33
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Responses []AlterConfigsResourceResponse 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        responses: list[AlterConfigsResourceResponse] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.responses = [] if responses is DEFAULT else responses
