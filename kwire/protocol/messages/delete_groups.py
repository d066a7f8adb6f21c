"""DeleteGroups, API key 42.

Generated from protocol_specs/42_delete_groups.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class DeleteGroupsRequest(Message):
    """Request, versions 0 to 3."""

    __slots__ = ("groups_names",)
    API_KEY = 42
    MIN_VERSION = 0
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = ("GroupsNames []string 0+",)

    def __init__(
        self,
        groups_names: list[str] = DEFAULT,
    ) -> None:
        self.groups_names = [] if groups_names is DEFAULT else groups_names


class DeletableGroupResult(Struct):
    """An element of DeleteGroupsResponse.Results."""

    __slots__ = (
        "group_id",
        "error_code",
        "error_message",
    )
    FIELDS = (
        "GroupId string 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 3+ nullable 3+ ignorable = null",
    )

    def __init__(
        self,
        group_id: str = "",
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.group_id = group_id
        self.error_code = error_code
        self.error_message = error_message


class DeleteGroupsResponse(Message):
    """Response, versions 0 to 3."""

    __slots__ = (
        "throttle_time_ms",
        "results",
    )
    API_KEY = 42
    MIN_VERSION = 0
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 2
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "Results []DeletableGroupResult 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[DeletableGroupResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.results = [] if results is DEFAULT else results
