"""BrokerRegistration, API key 62.

Generated from protocol_specs/62_broker_registration.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class Listener(Struct):
    """An element of BrokerRegistrationRequest.Listeners."""

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
    """An element of BrokerRegistrationRequest.Features."""

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


class BrokerRegistrationRequest(Message):
    """Request, versions 0 to 4."""

    __slots__ = (
        "broker_id",
        "cluster_id",
        "incarnation_id",
        "listeners",
        "features",
        "rack",
        "is_migrating_zk_broker",
        "log_dirs",
        "previous_broker_epoch",
    )
    API_KEY = 62
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "ClusterId string 0+",
        "IncarnationId uuid 0+",
        "Listeners []Listener 0+",
        "Features []Feature 0+",
        "Rack string 0+ nullable 0+",
        "IsMigratingZkBroker bool 1+",
        "LogDirs []uuid 2+ ignorable",
        "PreviousBrokerEpoch int64 3+ ignorable = -1",
    )

    def __init__(
        self,
        broker_id: int = 0,
        cluster_id: str = "",
        incarnation_id: bytes = ZERO_UUID,
        listeners: list[Listener] = DEFAULT,
        features: list[Feature] = DEFAULT,
        rack: str | None = "",
        is_migrating_zk_broker: bool = False,
        log_dirs: list[bytes] = DEFAULT,
        previous_broker_epoch: int = -1,
    ) -> None:
        self.broker_id = broker_id
        self.cluster_id = cluster_id
        self.incarnation_id = incarnation_id
        self.listeners = [] if listeners is DEFAULT else listeners
        self.features = [] if features is DEFAULT else features
        self.rack = rack
        self.is_migrating_zk_broker = is_migrating_zk_broker
        self.log_dirs = [] if log_dirs is DEFAULT else log_dirs
        self.previous_broker_epoch = previous_broker_epoch


class BrokerRegistrationResponse(Message):
    """Response, versions 0 to 4."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "broker_epoch",
    )
    API_KEY = 62
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "BrokerEpoch int64 0+ = -1",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        broker_epoch: int = -1,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.broker_epoch = broker_epoch
