"""ListGroups, API key 16.

Generated from protocol_specs/16_list_groups.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ListGroupsRequest(Message):
    """Request, versions 0 to 5."""

    __slots__ = (
        "states_filter",
        "types_filter",
    )
    API_KEY = 16
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "StatesFilter []string 4+",
        "TypesFilter []string 5+",
    )

    def __init__(
        self,
        states_filter: list[str] = DEFAULT,
        types_filter: list[str] = DEFAULT,
    ) -> None:
        # empty: all
        self.states_filter = [] if states_filter is DEFAULT else states_filter
        # empty: all
        self.types_filter = [] if types_filter is DEFAULT else types_filter


class ListedGroup(Struct):
    """An element of ListGroupsResponse.Groups."""

    __slots__ = (
        "group_id",
        "protocol_type",
        "group_state",
        "group_type",
    )
    FIELDS = (
        "GroupId string 0+",
        "ProtocolType string 0+",
        "GroupState string 4+ ignorable",
        "GroupType string 5+ ignorable",
    )

    def __init__(
        self,
        group_id: str = "",
        protocol_type: str = "",
        group_state: str = "",
        group_type: str = "",
    ) -> None:
        self.group_id = group_id
        self.protocol_type = protocol_type
        self.group_state = group_state
        self.group_type = group_type


class ListGroupsResponse(Message):
    """Response, versions 0 to 5."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "groups",
    )
    API_KEY = 16
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ThrottleTimeMs int32 1+ ignorable",
        "ErrorCode int16 0+",
        "Groups []ListedGroup 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        groups: list[ListedGroup] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.groups = [] if groups is DEFAULT else groups
