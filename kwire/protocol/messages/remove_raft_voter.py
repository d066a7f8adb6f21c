"""RemoveRaftVoter, API key 81.

Generated from protocol_specs/81_remove_raft_voter.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import ZERO_UUID, Message


class RemoveRaftVoterRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "cluster_id",
        "voter_id",
        "voter_directory_id",
    )
    API_KEY = 81
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ClusterId string 0+ nullable 0+",
        "VoterId int32 0+",
        "VoterDirectoryId uuid 0+",
    )

    def __init__(
        self,
        cluster_id: str | None = "",
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.cluster_id = cluster_id
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id


class RemoveRaftVoterResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
    )
    API_KEY = 81
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ ignorable",
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
