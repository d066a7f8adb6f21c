"""ApiVersions, API key 18.

Generated from protocol_specs/18_api_versions.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ApiVersionsRequest(Message):
    """Request, versions 0 to 5."""

    __slots__ = (
        "client_software_name",
        "client_software_version",
        "cluster_id",
        "node_id",
    )
    API_KEY = 18
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ClientSoftwareName string 3+ ignorable",
        "ClientSoftwareVersion string 3+ ignorable",
        "ClusterId string 5+ nullable 5+ ignorable = null",
        "NodeId int32 5+ ignorable = -1",
    )

    def __init__(
        self,
        client_software_name: str = "",
        client_software_version: str = "",
        cluster_id: str | None = None,
        node_id: int = -1,
    ) -> None:
        self.client_software_name = client_software_name
        self.client_software_version = client_software_version
        self.cluster_id = cluster_id
        self.node_id = node_id


class ApiVersion(Struct):
    """An element of ApiVersionsResponse.ApiKeys."""

    __slots__ = (
        "api_key",
        "min_version",
        "max_version",
    )
    FIELDS = (
        "ApiKey int16 0+",
        "MinVersion int16 0+",
        "MaxVersion int16 0+",
    )

    def __init__(
        self,
        api_key: int = 0,
        min_version: int = 0,
        max_version: int = 0,
    ) -> None:
        self.api_key = api_key
        self.min_version = min_version
        self.max_version = max_version


class SupportedFeatureKey(Struct):
    """An element of ApiVersionsResponse.SupportedFeatures."""

    __slots__ = (
        "name",
        "min_version",
        "max_version",
    )
    FIELDS = (
        "Name string 3+",
        "MinVersion int16 3+",
        "MaxVersion int16 3+",
    )

    def __init__(
        self,
        name: str = "",
        min_version: int = 0,
        max_version: int = 0,
    ) -> None:
        self.name = name
        self.min_version = min_version
        self.max_version = max_version


class FinalizedFeatureKey(Struct):
    """An element of ApiVersionsResponse.FinalizedFeatures."""

    __slots__ = (
        "name",
        "max_version_level",
        "min_version_level",
    )
    FIELDS = (
        "Name string 3+",
        "MaxVersionLevel int16 3+",
        "MinVersionLevel int16 3+",
    )

    def __init__(
        self,
        name: str = "",
        max_version_level: int = 0,
        min_version_level: int = 0,
    ) -> None:
        self.name = name
        self.max_version_level = max_version_level
        self.min_version_level = min_version_level


class ApiVersionsResponse(Message):
    """Response, versions 0 to 5."""

    __slots__ = (
        "error_code",
        "api_keys",
        "throttle_time_ms",
        "supported_features",
        "finalized_features_epoch",
        "finalized_features",
        "zk_migration_ready",
    )
    API_KEY = 18
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ErrorCode int16 0+",
        "ApiKeys []ApiVersion 0+",
        "ThrottleTimeMs int32 1+ ignorable",
        "SupportedFeatures []SupportedFeatureKey 3+ tag 0 ignorable",
        "FinalizedFeaturesEpoch int64 3+ tag 1 ignorable = -1",
        "FinalizedFeatures []FinalizedFeatureKey 3+ tag 2 ignorable",
        "ZkMigrationReady bool 3+ tag 3 ignorable",
    )

    def __init__(
        self,
        error_code: int = 0,
        api_keys: list[ApiVersion] = DEFAULT,
        throttle_time_ms: int = 0,
        supported_features: list[SupportedFeatureKey] = DEFAULT,
        finalized_features_epoch: int = -1,
        finalized_features: list[FinalizedFeatureKey] = DEFAULT,
        zk_migration_ready: bool = False,
    ) -> None:
        self.error_code = error_code
        self.api_keys = [] if api_keys is DEFAULT else api_keys
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.supported_features = [] if supported_features is DEFAULT else supported_features
        # -1: unknown
        self.finalized_features_epoch = finalized_features_epoch
        self.finalized_features = [] if finalized_features is DEFAULT else finalized_features
        self.zk_migration_ready = zk_migration_ready
