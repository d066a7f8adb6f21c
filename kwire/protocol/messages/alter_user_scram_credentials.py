"""AlterUserScramCredentials, API key 51.

Generated from protocol_specs/51_alter_user_scram_credentials.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ScramCredentialDeletion(Struct):
    """An element of AlterUserScramCredentialsRequest.Deletions."""

    __slots__ = (
        "name",
        "mechanism",
    )
    FIELDS = (
        "Name string 0+",
        "Mechanism int8 0+",
    )

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
    ) -> None:
        self.name = name
        # 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
        self.mechanism = mechanism


class ScramCredentialUpsertion(Struct):
    """An element of AlterUserScramCredentialsRequest.Upsertions."""

    __slots__ = (
        "name",
        "mechanism",
        "iterations",
        "salt",
        "salted_password",
    )
    FIELDS = (
        "Name string 0+",
        "Mechanism int8 0+",
        "Iterations int32 0+",
        "Salt bytes 0+",
        "SaltedPassword bytes 0+",
    )

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
        iterations: int = 0,
        salt: bytes = b"",
        salted_password: bytes = b"",
    ) -> None:
        self.name = name
        # 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
        self.mechanism = mechanism
        self.iterations = iterations
        self.salt = salt
        self.salted_password = salted_password


class AlterUserScramCredentialsRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "deletions",
        "upsertions",
    )
    API_KEY = 51
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Deletions []ScramCredentialDeletion 0+",
        "Upsertions []ScramCredentialUpsertion 0+",
    )

    def __init__(
        self,
        deletions: list[ScramCredentialDeletion] = DEFAULT,
        upsertions: list[ScramCredentialUpsertion] = DEFAULT,
    ) -> None:
        self.deletions = [] if deletions is DEFAULT else deletions
        self.upsertions = [] if upsertions is DEFAULT else upsertions


class AlterUserScramCredentialsResult(Struct):
    """An element of AlterUserScramCredentialsResponse.Results."""

    __slots__ = (
        "user",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "User string 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
    )

    def __init__(
        self,
        user: str = "",
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.user = user
        self.error_code = error_code
        self.error_message = error_message


class AlterUserScramCredentialsResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "results",
    )
    API_KEY = 51
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Results []AlterUserScramCredentialsResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[AlterUserScramCredentialsResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.results = [] if results is DEFAULT else results
