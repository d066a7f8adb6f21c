"""DescribeClientQuotas, API key 48.

Generated from protocol_specs/48_describe_client_quotas.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ComponentData(Struct):
    """An element of DescribeClientQuotasRequest.Components."""

    __slots__ = (
        "entity_type",
        "match_type",
        "match",
    )
    FIELDS = (
        "EntityType string 0+",
        "MatchType int8 0+",
        "Match string 0+ nullable 0+",
    )

    def __init__(
        self,
        entity_type: str = "",
        match_type: int = 0,
        match: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        # 0: that name, 1: the default, 2: any name
        self.match_type = match_type
        self.match = match


class DescribeClientQuotasRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "components",
        "strict",
    )
    API_KEY = 48
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "Components []ComponentData 0+",
        "Strict bool 0+",
    )

    def __init__(
        self,
        components: list[ComponentData] = DEFAULT,
        strict: bool = False,
    ) -> None:
        self.components = [] if components is DEFAULT else components
        self.strict = strict


class EntityData(Struct):
    """An element of DescribeClientQuotasResponse.Entries.Entity."""

    __slots__ = (
        "entity_type",
        "entity_name",
    )
    FIELDS = (
        "EntityType string 0+",
        "EntityName string 0+ nullable 0+",
    )

    def __init__(
        self,
        entity_type: str = "",
        entity_name: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        self.entity_name = entity_name


class ValueData(Struct):
    """An element of DescribeClientQuotasResponse.Entries.Values."""

    __slots__ = (
        "key",
        "value",
    )
    FIELDS = (
        "Key string 0+",
        "Value float64 0+",
    )

    def __init__(
        self,
        key: str = "",
        value: float = 0.0,
    ) -> None:
        self.key = key
        self.value = value


class EntryData(Struct):
    """An element of DescribeClientQuotasResponse.Entries."""

    __slots__ = (
        "entity",
        "values",
    )
    FIELDS = (
        "Entity []EntityData 0+",
        "Values []ValueData 0+",
    )

    def __init__(
        self,
        entity: list[EntityData] = DEFAULT,
        values: list[ValueData] = DEFAULT,
    ) -> None:
        self.entity = [] if entity is DEFAULT else entity
        self.values = [] if values is DEFAULT else values


class DescribeClientQuotasResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "entries",
    )
    API_KEY = 48
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Entries []EntryData 0+ nullable 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        entries: list[EntryData] | None = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.entries = [] if entries is DEFAULT else entries
