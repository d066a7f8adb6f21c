"""IncrementalAlterConfigs, API key 44.

Generated from protocol_specs/44_incremental_alter_configs.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class AlterableConfig(Struct):
    """An element of IncrementalAlterConfigsRequest.Resources.Configs."""

    __slots__ = (
        "name",
        "config_operation",
        "value",
    )
    FIELDS = (
        "Name string 0+",
        "ConfigOperation int8 0+",
        "Value string 0+ nullable 0+",
    )

    def __init__(
        self,
        name: str = "",
        config_operation: int = 0,
        value: str | None = "",
    ) -> None:
        self.name = name
        # 0: set, 1: delete, 2: append, 3: subtract
        self.config_operation = config_operation
        self.value = value


class AlterConfigsResource(Struct):
    """An element of IncrementalAlterConfigsRequest.Resources."""

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


class IncrementalAlterConfigsRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "resources",
        "validate_only",
    )
    API_KEY = 44
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
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
    """An element of IncrementalAlterConfigsResponse.Responses."""

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


class IncrementalAlterConfigsResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "responses",
    )
    API_KEY = 44
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
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
