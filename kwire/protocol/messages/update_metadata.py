"""UpdateMetadata, API key 6.

Generated from protocol_specs/06_update_metadata.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import Message


class UpdateMetadataRequest(Message):
    """Request, no longer in use."""

    __slots__ = ()
    API_KEY = 6
    MIN_VERSION = 0
    MAX_VERSION = -1


class UpdateMetadataResponse(Message):
    """Response, no longer in use."""

    __slots__ = ()
    API_KEY = 6
    MIN_VERSION = 0
    MAX_VERSION = -1
