"""Asks the group coordinator for the handlers of groups' APIs."""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kwire.protocol.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from kwire.api.context import RequestContext
    from kwire.coordinator.decision import Command

R = TypeVar("R")


async def ask_group(context: RequestContext, group_id: str, command: Command) -> Any:
    """The reply of the group's coordinator, which has to be the broker that was asked.

    Raises:
        ApiError: as GroupCoordinators.ask_at_once.
    """
    reply = context.cluster.groups.ask_at_once(context.broker.node_id, group_id, command)
    return await reply if iscoroutine(reply) else reply


def answer_group(
    context: RequestContext, group_id: str, command: Command, refused: Callable[[ApiError], R]
) -> R | Coroutine[Any, Any, R]:
    """The response that the group's coordinator gives, or what refused makes of an error.

    A coroutine, which has not begun, only where it has to be waited for.
    """
    try:
        reply = context.cluster.groups.ask_at_once(context.broker.node_id, group_id, command)
    except ApiError as error:
        return refused(error)
    return _wait_answered(reply, refused) if iscoroutine(reply) else cast("R", reply)


async def _wait_answered(reply: Coroutine[Any, Any, R], refused: Callable[[ApiError], R]) -> R:
    try:
        return await reply
    except ApiError as error:
        return refused(error)
