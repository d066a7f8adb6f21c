"""BrokerHeartbeat, API key 63.

Generated from protocol_specs/63_broker_heartbeat.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message


class BrokerHeartbeatRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
        "current_metadata_offset",
        "want_fence",
        "want_shut_down",
        "offline_log_dirs",
        "cordoned_log_dirs",
    )
    API_KEY = 63
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+ = -1",
        "CurrentMetadataOffset int64 0+",
        "WantFence bool 0+",
        "WantShutDown bool 0+",
        "OfflineLogDirs []uuid 1+ tag 0",
        "CordonedLogDirs []uuid 2+ nullable 2+ tag 1 = null",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        current_metadata_offset: int = 0,
        want_fence: bool = False,
        want_shut_down: bool = False,
        offline_log_dirs: list[bytes] = DEFAULT,
        cordoned_log_dirs: list[bytes] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.current_metadata_offset = current_metadata_offset
        self.want_fence = want_fence
        self.want_shut_down = want_shut_down
        self.offline_log_dirs = [] if offline_log_dirs is DEFAULT else offline_log_dirs
        self.cordoned_log_dirs = cordoned_log_dirs


class BrokerHeartbeatResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "is_caught_up",
        "is_fenced",
        "should_shut_down",
    )
    API_KEY = 63
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "IsCaughtUp bool 0+",
        "IsFenced bool 0+ = true",
        "ShouldShutDown bool 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        is_caught_up: bool = False,
        is_fenced: bool = True,
        should_shut_down: bool = False,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.is_caught_up = is_caught_up
        self.is_fenced = is_fenced
        self.should_shut_down = should_shut_down
