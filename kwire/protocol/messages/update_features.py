"""UpdateFeatures, API key 57.

Generated from protocol_specs/57_update_features.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class FeatureUpdateKey(Struct):
    """An element of UpdateFeaturesRequest.FeatureUpdates."""

    __slots__ = (
        "feature",
        "max_version_level",
        "allow_downgrade",
        "upgrade_type",
    )
    FIELDS = (
        "Feature string 0+",
        "MaxVersionLevel int16 0+",
        "AllowDowngrade bool 0",
        "UpgradeType int8 1+ = 1",
    )

    def __init__(
        self,
        feature: str = "",
        max_version_level: int = 0,
        allow_downgrade: bool = False,
        upgrade_type: int = 1,
    ) -> None:
        self.feature = feature
        self.max_version_level = max_version_level
        self.allow_downgrade = allow_downgrade
        # 1: upgrade, 2: safe downgrade, 3: unsafe downgrade
        self.upgrade_type = upgrade_type


class UpdateFeaturesRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "timeout_ms",
        "feature_updates",
        "validate_only",
    )
    API_KEY = 57
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "timeoutMs int32 0+ = 60000",
        "FeatureUpdates []FeatureUpdateKey 0+",
        "ValidateOnly bool 1+",
    )

    def __init__(
        self,
        timeout_ms: int = 60000,
        feature_updates: list[FeatureUpdateKey] = DEFAULT,
        validate_only: bool = False,
    ) -> None:
        self.timeout_ms = timeout_ms
        self.feature_updates = [] if feature_updates is DEFAULT else feature_updates
        self.validate_only = validate_only


class UpdatableFeatureResult(Struct):
    """An element of UpdateFeaturesResponse.Results."""

    __slots__ = (
        "feature",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "Feature string 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
    )

    def __init__(
        self,
        feature: str = "",
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.feature = feature
        self.error_code = error_code
        self.error_message = error_message


class UpdateFeaturesResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "results",
    )
    API_KEY = 57
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Results []UpdatableFeatureResult 0-1 ignorable",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        results: list[UpdatableFeatureResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.results = [] if results is DEFAULT else results
