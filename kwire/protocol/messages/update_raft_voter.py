"""UpdateRaftVoter, API key 82.

Generated from protocol_specs/82_update_raft_voter.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class Listener(Struct):
    """An element of UpdateRaftVoterRequest.Listeners."""

    __slots__ = (
        "name",
        "host",
        "port",
    )
    FIELDS = (
        "Name string 0+",
        "Host string 0+",
        "Port uint16 0+",
    )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port


class KRaftVersionFeature(Struct):
    """The value of UpdateRaftVoterRequest.KRaftVersionFeature."""

    __slots__ = (
        "min_supported_version",
        "max_supported_version",
    )
    FIELDS = (
        "MinSupportedVersion int16 0+",
        "MaxSupportedVersion int16 0+",
    )

    def __init__(
        self,
        min_supported_version: int = 0,
        max_supported_version: int = 0,
    ) -> None:
        self.min_supported_version = min_supported_version
        self.max_supported_version = max_supported_version


class UpdateRaftVoterRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "cluster_id",
        "current_leader_epoch",
        "voter_id",
        "voter_directory_id",
        "listeners",
        "kraft_version_feature",
    )
    API_KEY = 82
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ClusterId string 0+ nullable 0+",
        "CurrentLeaderEpoch int32 0+",
        "VoterId int32 0+",
        "VoterDirectoryId uuid 0+",
        "Listeners []Listener 0+",
        "KRaftVersionFeature KRaftVersionFeature 0+",
    )

    def __init__(
        self,
        cluster_id: str | None = "",
        current_leader_epoch: int = 0,
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
        listeners: list[Listener] = DEFAULT,
        kraft_version_feature: KRaftVersionFeature = DEFAULT,
    ) -> None:
        self.cluster_id = cluster_id
        self.current_leader_epoch = current_leader_epoch
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id
        self.listeners = [] if listeners is DEFAULT else listeners
        self.kraft_version_feature = (
            KRaftVersionFeature() if kraft_version_feature is DEFAULT else kraft_version_feature
        )


class CurrentLeader(Struct):
    """The value of UpdateRaftVoterResponse.CurrentLeader."""

    __slots__ = (
        "leader_id",
        "leader_epoch",
        "host",
        "port",
    )
    FIELDS = (
        "LeaderId int32 0+ = -1",
        "LeaderEpoch int32 0+ = -1",
        "Host string 0+",
        "Port int32 0+",
    )

    def __init__(
        self,
        leader_id: int = -1,
        leader_epoch: int = -1,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.host = host
        self.port = port


class UpdateRaftVoterResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "current_leader",
    )
    API_KEY = 82
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "CurrentLeader CurrentLeader 0+ tag 0",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        current_leader: CurrentLeader = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.current_leader = CurrentLeader() if current_leader is DEFAULT else current_leader
