"""CreateAcls, API key 30.

Generated from protocol_specs/30_create_acls.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class AclCreation(Struct):
    """An element of CreateAclsRequest.Creations."""

    __slots__ = (
        "resource_type",
        "resource_name",
        "resource_pattern_type",
        "principal",
        "host",
        "operation",
        "permission_type",
    )
    FIELDS = (
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "ResourcePatternType int8 1+ = 3",
        "Principal string 0+",
        "Host string 0+",
        "Operation int8 0+",
        "PermissionType int8 0+",
    )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        resource_pattern_type: int = 3,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        # 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.resource_pattern_type = resource_pattern_type
        self.principal = principal
        self.host = host
        self.operation = operation
        # 1: any, 2: deny, 3: allow
        self.permission_type = permission_type


class CreateAclsRequest(Message):
    """Request, versions 1 to 3."""

    __slots__ = ("creations",)
    API_KEY = 30
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = ("Creations []AclCreation 0+",)

    def __init__(
        self,
        creations: list[AclCreation] = DEFAULT,
    ) -> None:
        self.creations = [] if creations is DEFAULT else creations


class AclCreationResult(Struct):
    """An element of CreateAclsResponse.Results."""

    __slots__ = (
        "error_code",
        "error_message",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message


class CreateAclsResponse(Message):
    """Response, versions 1 to 3."""

    __slots__ = (
        "throttle_time_ms",
        "results",
    )
    API_KEY = 30
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Results []AclCreationResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[AclCreationResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.results = [] if results is DEFAULT else results
