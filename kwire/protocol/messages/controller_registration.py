"""ControllerRegistration, API key 70.

Generated from protocol_specs/70_controller_registration.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class Listener(Struct):
    """An element of ControllerRegistrationRequest.Listeners."""

    __slots__ = (
        "name",
        "host",
        "port",
        "security_protocol",
    )
    FIELDS = (
        "Name string 0+",
        "Host string 0+",
        "Port uint16 0+",
        "SecurityProtocol int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
        security_protocol: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        # 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
        self.security_protocol = security_protocol


class Feature(Struct):
    """An element of ControllerRegistrationRequest.Features."""

    __slots__ = (
        "name",
        "min_supported_version",
        "max_supported_version",
    )
    FIELDS = (
        "Name string 0+",
        "MinSupportedVersion int16 0+",
        "MaxSupportedVersion int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        min_supported_version: int = 0,
        max_supported_version: int = 0,
    ) -> None:
        self.name = name
        self.min_supported_version = min_supported_version
        self.max_supported_version = max_supported_version


class ControllerRegistrationRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "controller_id",
        "incarnation_id",
        "zk_migration_ready",
        "listeners",
        "features",
    )
    API_KEY = 70
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ControllerId int32 0+",
        "IncarnationId uuid 0+",
        "ZkMigrationReady bool 0+",
        "Listeners []Listener 0+",
        "Features []Feature 0+",
    )

    def __init__(
        self,
        controller_id: int = 0,
        incarnation_id: bytes = ZERO_UUID,
        zk_migration_ready: bool = False,
        listeners: list[Listener] = DEFAULT,
        features: list[Feature] = DEFAULT,
    ) -> None:
        self.controller_id = controller_id
        self.incarnation_id = incarnation_id
        self.zk_migration_ready = zk_migration_ready
        self.listeners = [] if listeners is DEFAULT else listeners
        self.features = [] if features is DEFAULT else features


class ControllerRegistrationResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
    )
    API_KEY = 70
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
