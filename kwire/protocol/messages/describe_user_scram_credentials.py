"""DescribeUserScramCredentials, API key 50.

Generated from protocol_specs/50_describe_user_scram_credentials.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class UserName(Struct):
    """An element of DescribeUserScramCredentialsRequest.Users."""

    __slots__ = ("name",)
    FIELDS = ("Name string 0+",)

    def __init__(
        self,
        name: str = "",
    ) -> None:
        self.name = name


class DescribeUserScramCredentialsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = ("users",)
    API_KEY = 50
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Users []UserName 0+ nullable 0+",)

    def __init__(
        self,
        users: list[UserName] | None = DEFAULT,
    ) -> None:
        # null or empty: all
        self.users = [] if users is DEFAULT else users


class CredentialInfo(Struct):
    """An element of DescribeUserScramCredentialsResponse.Results.CredentialInfos."""

    __slots__ = (
        "mechanism",
        "iterations",
    )
    FIELDS = (
        "Mechanism int8 0+",
        "Iterations int32 0+",
    )

    def __init__(
        self,
        mechanism: int = 0,
        iterations: int = 0,
    ) -> None:
        # 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
        self.mechanism = mechanism
        self.iterations = iterations


class DescribeUserScramCredentialsResult(Struct):
    """An element of DescribeUserScramCredentialsResponse.Results."""

    __slots__ = (
        "user",
        "error_code",
        "error_message",
        "credential_infos",
    )
    FIELDS = (
        "User string 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "CredentialInfos []CredentialInfo 0+",
    )

    def __init__(
        self,
        user: str = "",
        error_code: int = 0,
        error_message: str | None = "",
        credential_infos: list[CredentialInfo] = DEFAULT,
    ) -> None:
        self.user = user
        self.error_code = error_code
        self.error_message = error_message
        self.credential_infos = [] if credential_infos is DEFAULT else credential_infos


class DescribeUserScramCredentialsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "results",
    )
    API_KEY = 50
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Results []DescribeUserScramCredentialsResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        results: list[DescribeUserScramCredentialsResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.results = [] if results is DEFAULT else results
