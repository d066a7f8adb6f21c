"""FindCoordinator, API key 10.

Generated from protocol_specs/10_find_coordinator.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class FindCoordinatorRequest(Message):
    """Request, versions 0 to 6."""

    __slots__ = (
        "key",
        "key_type",
        "coordinator_keys",
    )
    API_KEY = 10
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "Key string 0-3",
        "KeyType int8 1+",
        "CoordinatorKeys []string 4+",
    )

    def __init__(
        self,
        key: str = "",
        key_type: int = 0,
        coordinator_keys: list[str] = DEFAULT,
    ) -> None:
        self.key = key
        # 0: group, 1: transaction, 2: share partition
        self.key_type = key_type
        self.coordinator_keys = [] if coordinator_keys is DEFAULT else coordinator_keys


class Coordinator(Struct):
    """An element of FindCoordinatorResponse.Coordinators."""

    __slots__ = (
        "key",
        "node_id",
        "host",
        "port",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "Key string 4+",
        "NodeId int32 4+",
        "Host string 4+",
        "Port int32 4+",
        "ErrorCode int16 4+",
        "ErrorMessage string 4+ nullable 4+ ignorable",
    )

    def __init__(
        self,
        key: str = "",
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.key = key
        self.node_id = node_id
        self.host = host
        self.port = port
        self.error_code = error_code
        self.error_message = error_message


class FindCoordinatorResponse(Message):
    """Response, versions 0 to 6."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "node_id",
        "host",
        "port",
        "coordinators",
    )
    API_KEY = 10
    MIN_VERSION = 0
    MAX_VERSION = 6
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "ErrorCode int16 0-3",
        "ErrorMessage string 1-3 nullable 1-3 ignorable",
        "NodeId int32 0-3",
        "Host string 0-3",
        "Port int32 0-3",
        "Coordinators []Coordinator 4+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        coordinators: list[Coordinator] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.node_id = node_id
        self.host = host
        self.port = port
        self.coordinators = [] if coordinators is DEFAULT else coordinators
