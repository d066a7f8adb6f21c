"""CreateDelegationToken, API key 38.

Generated from protocol_specs/38_create_delegation_token.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class CreatableRenewers(Struct):
    """An element of CreateDelegationTokenRequest.Renewers."""

    __slots__ = (
        "principal_type",
        "principal_name",
    )
    FIELDS = (
        "PrincipalType string 0+",
        "PrincipalName string 0+",
    )

    def __init__(
        self,
        principal_type: str = "",
        principal_name: str = "",
    ) -> None:
        self.principal_type = principal_type
        self.principal_name = principal_name


class CreateDelegationTokenRequest(Message):
    """Request, versions 1 to 3."""

    __slots__ = (
        "owner_principal_type",
        "owner_principal_name",
        "renewers",
        "max_lifetime_ms",
    )
    API_KEY = 38
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "OwnerPrincipalType string 3+ nullable 3+",
        "OwnerPrincipalName string 3+ nullable 3+",
        "Renewers []CreatableRenewers 0+",
        "MaxLifetimeMs int64 0+",
    )

    def __init__(
        self,
        owner_principal_type: str | None = "",
        owner_principal_name: str | None = "",
        renewers: list[CreatableRenewers] = DEFAULT,
        max_lifetime_ms: int = 0,
    ) -> None:
        self.owner_principal_type = owner_principal_type
        self.owner_principal_name = owner_principal_name
        self.renewers = [] if renewers is DEFAULT else renewers
        # -1: the broker's
        self.max_lifetime_ms = max_lifetime_ms


class CreateDelegationTokenResponse(Message):
    """Response, versions 1 to 3."""

    __slots__ = (
        "error_code",
        "principal_type",
        "principal_name",
        "token_requester_principal_type",
        "token_requester_principal_name",
        "issue_timestamp_ms",
        "expiry_timestamp_ms",
        "max_timestamp_ms",
        "token_id",
        "hmac",
        "throttle_time_ms",
    )
    API_KEY = 38
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ErrorCode int16 0+",
        "PrincipalType string 0+",
        "PrincipalName string 0+",
        "TokenRequesterPrincipalType string 3+",
        "TokenRequesterPrincipalName string 3+",
        "IssueTimestampMs int64 0+",
        "ExpiryTimestampMs int64 0+",
        "MaxTimestampMs int64 0+",
        "TokenId string 0+",
        "Hmac bytes 0+",
        "ThrottleTimeMs int32 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        principal_type: str = "",
        principal_name: str = "",
        token_requester_principal_type: str = "",
        token_requester_principal_name: str = "",
        issue_timestamp_ms: int = 0,
        expiry_timestamp_ms: int = 0,
        max_timestamp_ms: int = 0,
        token_id: str = "",
        hmac: bytes = b"",
        throttle_time_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.principal_type = principal_type
        self.principal_name = principal_name
        self.token_requester_principal_type = token_requester_principal_type
        self.token_requester_principal_name = token_requester_principal_name
        self.issue_timestamp_ms = issue_timestamp_ms
        self.expiry_timestamp_ms = expiry_timestamp_ms
        self.max_timestamp_ms = max_timestamp_ms
        self.token_id = token_id
        self.hmac = hmac
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
