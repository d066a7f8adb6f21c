"""DeleteAcls, API key 31.

Generated from protocol_specs/31_delete_acls.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DeleteAclsFilter(Struct):
    """An element of DeleteAclsRequest.Filters."""

    __slots__ = (
        "resource_type_filter",
        "resource_name_filter",
        "pattern_type_filter",
        "principal_filter",
        "host_filter",
        "operation",
        "permission_type",
    )
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


class DeleteAclsRequest(Message):
    """Request, versions 1 to 3."""

    __slots__ = ("filters",)
    API_KEY = 31
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = ("Filters []DeleteAclsFilter 0+",)

    def __init__(
        self,
        filters: list[DeleteAclsFilter] = DEFAULT,
    ) -> None:
        self.filters = [] if filters is DEFAULT else filters


class DeleteAclsMatchingAcl(Struct):
    """An element of DeleteAclsResponse.FilterResults.MatchingAcls."""

    __slots__ = (
        "error_code",
        "error_message",
        "resource_type",
        "resource_name",
        "pattern_type",
        "principal",
        "host",
        "operation",
        "permission_type",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "PatternType int8 1+ = 3",
        "Principal string 0+",
        "Host string 0+",
        "Operation int8 0+",
        "PermissionType int8 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        resource_type: int = 0,
        resource_name: str = "",
        pattern_type: int = 3,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        # 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
        self.resource_type = resource_type
        self.resource_name = resource_name
        # 3: literal, 4: prefixed
        self.pattern_type = pattern_type
        self.principal = principal
        self.host = host
        self.operation = operation
        # 1: any, 2: deny, 3: allow
        self.permission_type = permission_type


class DeleteAclsFilterResult(Struct):
    """An element of DeleteAclsResponse.FilterResults."""

    __slots__ = (
        "error_code",
        "error_message",
        "matching_acls",
    )
    FIELDS = (
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+",
        "MatchingAcls []DeleteAclsMatchingAcl 0+",
    )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        matching_acls: list[DeleteAclsMatchingAcl] = DEFAULT,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.matching_acls = [] if matching_acls is DEFAULT else matching_acls


class DeleteAclsResponse(Message):
    """Response, versions 1 to 3."""

    __slots__ = (
        "throttle_time_ms",
        "filter_results",
    )
    API_KEY = 31
    MIN_VERSION = 1
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "FilterResults []DeleteAclsFilterResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        filter_results: list[DeleteAclsFilterResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.filter_results = [] if filter_results is DEFAULT else filter_results
