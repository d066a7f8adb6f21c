"""CreateTopics (key 19), versions 2-7.

A topic and its leaders are there when the reply leaves, so timeout_ms never counts.

Versions
    4   -1 leaves the counts to the broker (KIP-464)
    5   the topic's counts and configs in the reply (KIP-525)
    7   its id in the reply (KIP-516)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.create_topics import (
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.api.context import RequestContext
    from kwire.broker.topic_creation import NewTopic
    from kwire.protocol.messages.create_topics import CreateTopicsRequest

DETAILS_VERSION = 5
"""First version whose reply has counts and configs."""


async def handle(request: CreateTopicsRequest, context: RequestContext) -> CreateTopicsResponse:
    """Each topic has its row: what it is, or why it is not; one that is named twice is not created."""
    times = Counter(topic.name for topic in request.topics)
    once = [topic for topic in request.topics if times[topic.name] == 1]
    try:
        outcomes = await context.cluster.controller.create_topics(once, validate_only=request.validate_only)
    except ApiError as error:
        rows = [_failed(topic.name, error) for topic in once]
    else:
        configs = _Configs(context)
        rows = [_row(topic.name, outcome, context, configs) for topic, outcome in zip(once, outcomes, strict=True)]
    twice = ApiError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
    rows += [_failed(name, twice) for name, count in times.items() if count > 1]
    return CreateTopicsResponse(topics=rows)


def _row(name: str, outcome: NewTopic | ApiError, context: RequestContext, configs: _Configs) -> CreatableTopicResult:
    if isinstance(outcome, ApiError):
        return _failed(name, outcome)
    row = CreatableTopicResult(name=name, topic_id=outcome.topic_id, error_message=None)
    if context.api_version >= DETAILS_VERSION:
        row.num_partitions = len(outcome.partitions)
        row.replication_factor = len(outcome.partitions[0].replicas)
        row.configs = configs.of(outcome.configs)
    return row


def _failed(name: str, error: ApiError) -> CreatableTopicResult:
    return CreatableTopicResult(name=name, error_code=error.code, error_message=error.message)


class _Configs:
    """The configs of one request's topics: most of them have the same, which are described once."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._described: dict[frozenset[tuple[str, str]], list[CreatableTopicConfigs]] = {}

    def of(self, overrides: Mapping[str, str]) -> list[CreatableTopicConfigs]:
        """One row for each config of a topic with these overrides; nobody may change them."""
        key = frozenset(overrides.items())
        if key not in self._described:
            self._described[key] = _described(overrides, self._context)
        return self._described[key]


def _described(overrides: Mapping[str, str], context: RequestContext) -> list[CreatableTopicConfigs]:
    from kwire.api.describe_configs import describe_topic  # noqa: PLC0415 - the definitions are long, serving needs none

    return [
        CreatableTopicConfigs(
            name=row.name,
            value=row.value,
            read_only=row.read_only,
            config_source=row.config_source,
            is_sensitive=row.is_sensitive,
        )
        for row in describe_topic(overrides, context)
    ]
