"""Warming: what later requests will need is imported while nobody asks for anything."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import trio

from kwire.api.registry import APIS
from kwire.protocol.api_keys import request_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwire.env import Env
    from kwire.server.server import Server

logger = logging.getLogger("kwire.server")

QUIET_S: Final = 0.05
"""Silence that says that no client is in the middle of something that an import would hold up."""


async def warm(servers: Sequence[Server], env: Env) -> None:
    """Every handler is imported, one at a time, each after a silence of QUIET_S."""
    level = logging.WARNING
    for api in APIS.values():
        while not api.is_loaded:
            await trio.sleep(QUIET_S)
            if env.clock_s() - max(server.active_s for server in servers) >= QUIET_S:
                try:
                    _ = request_class(api.key), api.handle
                except (ImportError, OSError) as error:  # no descriptor left, no memory: the first request tries again
                    logger.log(level, "cannot import the handler of %s yet: %s", api.name, error)
                    level = logging.DEBUG  # further ones probably fail for the same reason
                    break
