"""DescribeDelegationToken, API key 41.

Generated from protocol_specs/41_describe_delegation_token.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DescribeDelegationTokenOwner(Struct):
    """An element of DescribeDelegationTokenRequest.Owners."""

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


class DescribeDelegationTokenRequest(Message):
    """Request, versions 1 to 3."""

    __slots__ = ("owners",)
    API_KEY = 41
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = ("Owners []DescribeDelegationTokenOwner 0+ nullable 0+",)

    def __init__(
        self,
        owners: list[DescribeDelegationTokenOwner] | None = DEFAULT,
    ) -> None:
        # null: all
        self.owners = [] if owners is DEFAULT else owners


class DescribedDelegationTokenRenewer(Struct):
    """An element of DescribeDelegationTokenResponse.Tokens.Renewers."""

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


class DescribedDelegationToken(Struct):
    """An element of DescribeDelegationTokenResponse.Tokens."""

    __slots__ = (
        "principal_type",
        "principal_name",
        "token_requester_principal_type",
        "token_requester_principal_name",
        "issue_timestamp",
        "expiry_timestamp",
        "max_timestamp",
        "token_id",
        "hmac",
        "renewers",
    )
    FIELDS = (
        "PrincipalType string 0+",
        "PrincipalName string 0+",
        "TokenRequesterPrincipalType string 3+",
        "TokenRequesterPrincipalName string 3+",
        "IssueTimestamp int64 0+",
        "ExpiryTimestamp int64 0+",
        "MaxTimestamp int64 0+",
        "TokenId string 0+",
        "Hmac bytes 0+",
        "Renewers []DescribedDelegationTokenRenewer 0+",
    )

    def __init__(
        self,
        principal_type: str = "",
        principal_name: str = "",
        token_requester_principal_type: str = "",
        token_requester_principal_name: str = "",
        issue_timestamp: int = 0,
        expiry_timestamp: int = 0,
        max_timestamp: int = 0,
        token_id: str = "",
        hmac: bytes = b"",
        renewers: list[DescribedDelegationTokenRenewer] = DEFAULT,
    ) -> None:
        self.principal_type = principal_type
        self.principal_name = principal_name
        self.token_requester_principal_type = token_requester_principal_type
        self.token_requester_principal_name = token_requester_principal_name
        self.issue_timestamp = issue_timestamp
        self.expiry_timestamp = expiry_timestamp
        self.max_timestamp = max_timestamp
        self.token_id = token_id
        self.hmac = hmac
        self.renewers = [] if renewers is DEFAULT else renewers


class DescribeDelegationTokenResponse(Message):
    """Response, versions 1 to 3."""

    __slots__ = (
        "error_code",
        "tokens",
        "throttle_time_ms",
    )
    API_KEY = 41
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ErrorCode int16 0+",
        "Tokens []DescribedDelegationToken 0+",
        "ThrottleTimeMs int32 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        tokens: list[DescribedDelegationToken] = DEFAULT,
        throttle_time_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.tokens = [] if tokens is DEFAULT else tokens
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
