"""DescribeAcls, API key 29.

Generated from protocol_specs/29_describe_acls.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DescribeAclsRequest(Message):
    """Request, versions 1 to 3."""

    __slots__ = (
        "resource_type_filter",
        "resource_name_filter",
        "pattern_type_filter",
        "principal_filter",
        "host_filter",
        "operation",
        "permission_type",
    )
    API_KEY = 29
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ResourceTypeFilter int8 0+",
        "ResourceNameFilter string 0+ nullable 0+",
        "PatternTypeFilter int8 1+ = 3",
        "PrincipalFilter string 0+ nullable 0+",
        "HostFilter string 0+ nullable 0+",
        "Operation int8 0+",
        "PermissionType int8 0+",
    )

    def __init__(
        self,
        resource_type_filter: int = 0,
        resource_name_filter: str | None = "",
        pattern_type_filter: int = 3,
        principal_filter: str | None = "",
        host_filter: str | None = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        # 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
        self.resource_type_filter = resource_type_filter
        self.resource_name_filter = resource_name_filter
        # 1: any, 2: what would match, 3: literal, 4: prefixed
        self.pattern_type_filter = pattern_type_filter
        self.principal_filter = principal_filter
        self.host_filter = host_filter
        self.operation = operation
        # 1: any, 2: deny, 3: allow
        self.permission_type = permission_type


class AclDescription(Struct):
    """An element of DescribeAclsResponse.Resources.Acls."""

    __slots__ = (
        "principal",
        "host",
        "operation",
        "permission_type",
    )
    FIELDS = (
        "Principal string 0+",
        "Host string 0+",
        "Operation int8 0+",
        "PermissionType int8 0+",
    )

    def __init__(
        self,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.principal = principal
        self.host = host
        self.operation = operation
        # 1: any, 2: deny, 3: allow
        self.permission_type = permission_type


class DescribeAclsResource(Struct):
    """An element of DescribeAclsResponse.Resources."""

    __slots__ = (
        "resource_type",
        "resource_name",
        "pattern_type",
        "acls",
    )
    FIELDS = (
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "PatternType int8 1+ = 3",
        "Acls []AclDescription 0+",
    )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        pattern_type: int = 3,
        acls: list[AclDescription] = DEFAULT,
    ) -> None:
        # 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
        self.resource_type = resource_type
        self.resource_name = resource_name
        # 3: literal, 4: prefixed
        self.pattern_type = pattern_type
        self.acls = [] if acls is DEFAULT else acls


class DescribeAclsResponse(Message):
    """Response, versions 1 to 3."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
        "resources",
    )
    API_KEY = 29
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "Resources []DescribeAclsResource 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        resources: list[DescribeAclsResource] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.resources = [] if resources is DEFAULT else resources
