"""Messages of principal.

Generated from protocol_specs/records/principal.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class DefaultPrincipalData(Message):
    """Data, versions 0 to 0."""

    __slots__ = (
        "type",
        "name",
        "token_authenticated",
    )
    API_KEY = -1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Type string 0+",
        "Name string 0+",
        "TokenAuthenticated bool 0+",
    )

    def __init__(
        self,
        type: str = "",
        name: str = "",
        token_authenticated: bool = False,
    ) -> None:
        self.type = type
        self.name = name
        self.token_authenticated = token_authenticated
