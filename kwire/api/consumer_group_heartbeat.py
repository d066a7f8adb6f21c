"""ConsumerGroupHeartbeat (key 68), versions 0-1.

A member of a consumer group joins, says what has changed, learns what to consume, and leaves (KIP-848).

Versions
    1   regular expressions; members choose their own ids
"""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, cast

from kwire.api.group_coordinator import answer_group
from kwire.coordinator.group.commands import ConsumerBeat
from kwire.coordinator.group.consumer.member import JOINS, LEAVES, LEAVES_FOR_A_WHILE
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatResponse

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from kwire.api.context import RequestContext
    from kwire.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest

OWN_MEMBER_ID_VERSION = 1


async def handle(request: ConsumerGroupHeartbeatRequest, context: RequestContext) -> ConsumerGroupHeartbeatResponse:
    """The member's epoch, and its assignment where that has changed; or an error with a message."""
    answered = answer(request, context)
    return await answered if iscoroutine(answered) else cast("ConsumerGroupHeartbeatResponse", answered)


def answer(
    request: ConsumerGroupHeartbeatRequest, context: RequestContext
) -> ConsumerGroupHeartbeatResponse | Coroutine[Any, Any, ConsumerGroupHeartbeatResponse]:
    """As handle; a coroutine only where something has to become durable first."""
    try:
        _check(request, context)
    except ApiError as error:
        return _refused(error)
    expected = context.cluster.groups.expected_members(request.group_id) if request.member_epoch == JOINS else 0
    command = ConsumerBeat(request, context.client_id or "", f"/{context.connection.peer[0]}", expected)
    return answer_group(context, request.group_id, command, _refused)


def _refused(error: ApiError) -> ConsumerGroupHeartbeatResponse:
    return ConsumerGroupHeartbeatResponse(error_code=error.code, error_message=error.message)


def _check(request: ConsumerGroupHeartbeatRequest, context: RequestContext) -> None:
    """The request is well formed.

    Raises:
        ApiError: INVALID_REQUEST, UNSUPPORTED_ASSIGNOR.
    """
    epoch = request.member_epoch
    if context.api_version >= OWN_MEMBER_ID_VERSION or epoch > JOINS or epoch == LEAVES:
        _check_text(request.member_id, "MemberId")
    _check_text(request.group_id, "GroupId")
    _check_text(request.instance_id, "InstanceId")
    _check_text(request.rack_id, "RackId")
    if epoch == JOINS:
        if request.rebalance_timeout_ms == -1:
            raise ApiError(ErrorCode.INVALID_REQUEST, "RebalanceTimeoutMs must be provided in first request.")
        if request.topic_partitions is None or request.topic_partitions:
            raise ApiError(ErrorCode.INVALID_REQUEST, "TopicPartitions must be empty when (re-)joining.")
        if request.subscribed_topic_names is None and request.subscribed_topic_regex is None:
            message = "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
            raise ApiError(ErrorCode.INVALID_REQUEST, message)
    elif epoch == LEAVES_FOR_A_WHILE and request.instance_id is None:
        raise ApiError(ErrorCode.INVALID_REQUEST, "InstanceId can't be null.")
    elif epoch < LEAVES_FOR_A_WHILE:
        raise ApiError(ErrorCode.INVALID_REQUEST, "MemberEpoch is invalid.")
    if request.server_assignor is not None:
        _check_assignor(request.server_assignor, context.broker.config.group_consumer_assignors)


def _check_text(text: str | None, name: str) -> None:
    if text is not None and not text.strip():
        raise ApiError(ErrorCode.INVALID_REQUEST, f"{name} can't be empty.")


def _check_assignor(name: str, supported: str) -> None:
    names = [each.strip() for each in supported.split(",")]
    if name not in names:
        message = f"ServerAssignor {name} is not supported. Supported assignors: {', '.join(names)}."
        raise ApiError(ErrorCode.UNSUPPORTED_ASSIGNOR, message)
