"""Messages of raft.

Generated from protocol_specs/records/raft.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class KRaftVersionRecord(Message):
    """Data, versions 0 to 0."""

    __slots__ = (
        "version",
        "kraft_version",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Version int16 0+",
        "KRaftVersion int16 0+",
    )

    def __init__(
        self,
        version: int = 0,
        kraft_version: int = 0,
    ) -> None:
        self.version = version
        self.kraft_version = kraft_version


class LeaderChangeMessageVoter(Struct):
    """Shared by the structs of LeaderChangeMessage."""

    __slots__ = (
        "voter_id",
        "voter_directory_id",
    )
    FIELDS = (
        "VoterId int32 0+",
        "VoterDirectoryId uuid 1+",
    )

    def __init__(
        self,
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id


class LeaderChangeMessage(Message):
    """Data, versions 0 to 1."""

    __slots__ = (
        "version",
        "leader_id",
        "voters",
        "granting_voters",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Version int16 0+",
        "LeaderId int32 0+",
        "Voters []LeaderChangeMessageVoter 0+",
        "GrantingVoters []LeaderChangeMessageVoter 0+",
    )

    def __init__(
        self,
        version: int = 0,
        leader_id: int = 0,
        voters: list[LeaderChangeMessageVoter] = DEFAULT,
        granting_voters: list[LeaderChangeMessageVoter] = DEFAULT,
    ) -> None:
        self.version = version
        self.leader_id = leader_id
        self.voters = [] if voters is DEFAULT else voters
        self.granting_voters = [] if granting_voters is DEFAULT else granting_voters


class QuorumStateDataVoter(Struct):
    """An element of QuorumStateData.CurrentVoters."""

    __slots__ = ("voter_id",)
    FIELDS = ("VoterId int32 0",)

    def __init__(
        self,
        voter_id: int = 0,
    ) -> None:
        self.voter_id = voter_id


class QuorumStateData(Message):
    """Data, versions 0 to 1."""

    __slots__ = (
        "cluster_id",
        "leader_id",
        "leader_epoch",
        "voted_id",
        "voted_directory_id",
        "applied_offset",
        "current_voters",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 1
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ClusterId string 0",
        "LeaderId int32 0+ = -1",
        "LeaderEpoch int32 0+ = -1",
        "VotedId int32 0+ = -1",
        "VotedDirectoryId uuid 1+",
        "AppliedOffset int64 0",
        "CurrentVoters []QuorumStateDataVoter 0 nullable 0",
    )

    def __init__(
        self,
        cluster_id: str = "",
        leader_id: int = -1,
        leader_epoch: int = -1,
        voted_id: int = -1,
        voted_directory_id: bytes = ZERO_UUID,
        applied_offset: int = 0,
        current_voters: list[QuorumStateDataVoter] | None = DEFAULT,
    ) -> None:
        self.cluster_id = cluster_id
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.voted_id = voted_id
        self.voted_directory_id = voted_directory_id
        self.applied_offset = applied_offset
        self.current_voters = [] if current_voters is DEFAULT else current_voters


class SnapshotFooterRecord(Message):
    """Data, versions 0 to 0."""

    __slots__ = ("version",)
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Version int16 0+",)

    def __init__(
        self,
        version: int = 0,
    ) -> None:
        self.version = version


class SnapshotHeaderRecord(Message):
    """Data, versions 0 to 0."""

    __slots__ = (
        "version",
        "last_contained_log_timestamp",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Version int16 0+",
        "LastContainedLogTimestamp int64 0+",
    )

    def __init__(
        self,
        version: int = 0,
        last_contained_log_timestamp: int = 0,
    ) -> None:
        self.version = version
        self.last_contained_log_timestamp = last_contained_log_timestamp


class Endpoint(Struct):
    """An element of VotersRecord.Voters.Endpoints."""

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
    """The value of VotersRecord.Voters.KRaftVersionFeature."""

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


class VotersRecordVoter(Struct):
    """An element of VotersRecord.Voters."""

    __slots__ = (
        "voter_id",
        "voter_directory_id",
        "endpoints",
        "kraft_version_feature",
    )
    FIELDS = (
        "VoterId int32 0+",
        "VoterDirectoryId uuid 0+",
        "Endpoints []Endpoint 0+",
        "KRaftVersionFeature KRaftVersionFeature 0+",
    )

    def __init__(
        self,
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
        endpoints: list[Endpoint] = DEFAULT,
        kraft_version_feature: KRaftVersionFeature = DEFAULT,
    ) -> None:
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id
        self.endpoints = [] if endpoints is DEFAULT else endpoints
        self.kraft_version_feature = (
            KRaftVersionFeature() if kraft_version_feature is DEFAULT else kraft_version_feature
        )


class VotersRecord(Message):
    """Data, versions 0 to 0."""

    __slots__ = (
        "version",
        "voters",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Version int16 0+",
        "Voters []VotersRecordVoter 0+",
    )

    def __init__(
        self,
        version: int = 0,
        voters: list[VotersRecordVoter] = DEFAULT,
    ) -> None:
        self.version = version
        self.voters = [] if voters is DEFAULT else voters
