"""DescribeConfigs, API key 32.

Generated from protocol_specs/32_describe_configs.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DescribeConfigsResource(Struct):
    """An element of DescribeConfigsRequest.Resources."""

    __slots__ = (
        "resource_type",
        "resource_name",
        "configuration_keys",
    )
    FIELDS = (
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "ConfigurationKeys []string 0+ nullable 0+",
    )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        configuration_keys: list[str] | None = DEFAULT,
    ) -> None:
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        self.resource_type = resource_type
        self.resource_name = resource_name
        # null: all
        self.configuration_keys = [] if configuration_keys is DEFAULT else configuration_keys


class DescribeConfigsRequest(Message):
    """Request, versions 1 to 4."""

    __slots__ = (
        "resources",
        "include_synonyms",
        "include_documentation",
    )
    API_KEY = 32
    MIN_VERSION = 1
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "Resources []DescribeConfigsResource 0+",
        "IncludeSynonyms bool 1+",
        "IncludeDocumentation bool 3+",
    )

    def __init__(
        self,
        resources: list[DescribeConfigsResource] = DEFAULT,
        include_synonyms: bool = False,
        include_documentation: bool = False,
    ) -> None:
        self.resources = [] if resources is DEFAULT else resources
        self.include_synonyms = include_synonyms
        self.include_documentation = include_documentation


class DescribeConfigsSynonym(Struct):
    """An element of DescribeConfigsResponse.Results.Configs.Synonyms."""

    __slots__ = (
        "name",
        "value",
        "source",
    )
    FIELDS = (
        "Name string 1+",
        "Value string 1+ nullable 0+",
        "Source int8 1+",
    )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
        source: int = 0,
    ) -> None:
        self.name = name
        self.value = value
        self.source = source


class DescribeConfigsResourceResult(Struct):
    """An element of DescribeConfigsResponse.Results.Configs."""

    __slots__ = (
        "name",
        "value",
        "read_only",
        "config_source",
        "is_sensitive",
        "synonyms",
        "config_type",
        "documentation",
    )
    FIELDS = (
        "Name string 0+",
        "Value string 0+ nullable 0+",
        "ReadOnly bool 0+",
        "ConfigSource int8 1+ ignorable = -1",
        "IsSensitive bool 0+",
        "Synonyms []DescribeConfigsSynonym 1+ ignorable",
        "ConfigType int8 3+ ignorable",
        "Documentation string 3+ nullable 0+ ignorable",
    )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
        read_only: bool = False,
        config_source: int = -1,
        is_sensitive: bool = False,
        synonyms: list[DescribeConfigsSynonym] = DEFAULT,
        config_type: int = 0,
        documentation: str | None = "",
    ) -> None:
        self.name = name
        self.value = value
        self.read_only = read_only
        # 1 topic, 2 broker, 3 all brokers, 4 file, 5 default, 6 logger, 7 client metrics, 8 group
        self.config_source = config_source
        self.is_sensitive = is_sensitive
        self.synonyms = [] if synonyms is DEFAULT else synonyms
        # 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password
        self.config_type = config_type
        self.documentation = documentation


class DescribeConfigsResult(Struct):
    """An element of DescribeConfigsResponse.Results."""

    __slots__ = (
        "error_code",
        "error_message",
        "resource_type",
        "resource_name",
        "configs",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "Configs []DescribeConfigsResourceResult 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        resource_type: int = 0,
        resource_name: str = "",
        configs: list[DescribeConfigsResourceResult] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.configs = [] if configs is DEFAULT else configs


class DescribeConfigsResponse(Message):
    """Response, versions 1 to 4."""

    __slots__ = (
        "throttle_time_ms",
        "results",
    )
    API_KEY = 32
    MIN_VERSION = 1
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 4
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Results []DescribeConfigsResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[DescribeConfigsResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.results = [] if results is DEFAULT else results
