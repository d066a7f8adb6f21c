"""AlterClientQuotas, API key 49.

Generated from protocol_specs/49_alter_client_quotas.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class AlterClientQuotasRequestEntityData(Struct):
    """An element of AlterClientQuotasRequest.Entries.Entity."""

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


class OpData(Struct):
    """An element of AlterClientQuotasRequest.Entries.Ops."""

    __slots__ = (
        "key",
        "value",
        "remove",
    )
    FIELDS = (
        "Key string 0+",
        "Value float64 0+",
        "Remove bool 0+",
    )

    def __init__(
        self,
        key: str = "",
        value: float = 0.0,
        remove: bool = False,
    ) -> None:
        self.key = key
        self.value = value
        self.remove = remove


class AlterClientQuotasRequestEntryData(Struct):
    """An element of AlterClientQuotasRequest.Entries."""

    __slots__ = (
        "entity",
        "ops",
    )
    FIELDS = (
        "Entity []AlterClientQuotasRequestEntityData 0+",
        "Ops []OpData 0+",
    )

    def __init__(
        self,
        entity: list[AlterClientQuotasRequestEntityData] = DEFAULT,
        ops: list[OpData] = DEFAULT,
    ) -> None:
        self.entity = [] if entity is DEFAULT else entity
        self.ops = [] if ops is DEFAULT else ops


class AlterClientQuotasRequest(Message):
    """Request, versions 0 to 1."""

    __slots__ = (
        "entries",
        "validate_only",
    )
    API_KEY = 49
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "Entries []AlterClientQuotasRequestEntryData 0+",
        "ValidateOnly bool 0+",
    )

    def __init__(
        self,
        entries: list[AlterClientQuotasRequestEntryData] = DEFAULT,
        validate_only: bool = False,
    ) -> None:
        self.entries = [] if entries is DEFAULT else entries
        self.validate_only = validate_only


class AlterClientQuotasResponseEntityData(Struct):
    """An element of AlterClientQuotasResponse.Entries.Entity."""

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


class AlterClientQuotasResponseEntryData(Struct):
    """An element of AlterClientQuotasResponse.Entries."""

    __slots__ = (
        "error_code",
        "error_message",
        "entity",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Entity []AlterClientQuotasResponseEntityData 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        entity: list[AlterClientQuotasResponseEntityData] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.entity = [] if entity is DEFAULT else entity


class AlterClientQuotasResponse(Message):
    """Response, versions 0 to 1."""

    __slots__ = (
        "throttle_time_ms",
        "entries",
    )
    API_KEY = 49
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 1
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Entries []AlterClientQuotasResponseEntryData 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        entries: list[AlterClientQuotasResponseEntryData] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.entries = [] if entries is DEFAULT else entries
