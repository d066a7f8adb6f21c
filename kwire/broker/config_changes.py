"""Alterations of configs: what a request asks of one resource becomes the ConfigRecords that do it, or an error.

Nothing changes here: the controller appends the records, and their replay changes the image. A resource changes as a
whole or not at all. Only the broker that is named may alter its own configs, so that it can judge them.

Source: KIP-226, KIP-339 (incremental alterations).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from kwire.broker import config_validation, loggers
from kwire.broker.config_definitions import definitions, parse_integer
from kwire.broker.resources import BROKER, BROKER_LOGGER, CLIENT_METRICS, CLUSTER_DEFAULT, GROUP, TOPIC
from kwire.broker.topic_names import why_invalid
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.records.cluster_metadata import ConfigRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kwire.broker.config_definitions import ConfigDefinition
    from kwire.broker.configs import Configs
    from kwire.broker.metadata import MetadataImage

Resource = tuple[int, str]
"""Resource type and name."""

ALTERABLE = frozenset({TOPIC, BROKER, CLIENT_METRICS, GROUP})
WITH_LISTS = frozenset({TOPIC, BROKER})
"""Types of resources with configs to which values can be appended; the others have none of type LIST."""


class Operation(IntEnum):
    """What an incremental alteration does to one config."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


OPERATIONS = frozenset(Operation)


def alter_incrementally(
    resource: Resource,
    changes: Sequence[tuple[str, int, str | None]],
    *,
    node_id: int,
    image: MetadataImage,
    configs: Configs,
) -> list[ConfigRecord]:
    """Make the records for these changes (config name, operation, value).

    node_id: the broker that was asked. Levels of loggers have no records: the caller sets them.

    Raises:
        ApiError: one of the changes is not allowed; make none of them.
    """
    _check_names([name for name, _, _ in changes])
    _check_nulls([name for name, operation, value in changes if value is None and operation != Operation.DELETE])
    if resource[0] == BROKER_LOGGER:
        _check_loggers(resource[1], changes, node_id)
        return []
    _check_resource(resource, node_id)
    _check_operations(resource[0], [operation for _, operation, _ in changes])
    current = image.configs.get(resource, {})
    altered = {name: _operated(resource[0], name, operation, value, current) for name, operation, value in changes}
    return _decided(resource, altered, node_id, image, configs)


def replace(
    resource: Resource,
    values: Sequence[tuple[str, str | None]],
    *,
    node_id: int,
    image: MetadataImage,
    configs: Configs,
) -> list[ConfigRecord]:
    """The records after which the resource has these configs (name, value) and no others.

    Raises:
        ApiError: as alter_incrementally.
    """
    _check_names([name for name, _ in values])
    _check_nulls([name for name, value in values if value is None])
    _check_resource(resource, node_id)
    altered: dict[str, str | None] = dict(values)
    for name in image.configs.get(resource, {}):
        altered.setdefault(name, None)
    return _decided(resource, altered, node_id, image, configs)


def _check_names(names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise ApiError(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")


def _check_nulls(names: Sequence[str]) -> None:
    if names:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {', '.join(names)}")


def _check_resource(resource: Resource, node_id: int) -> None:
    resource_type, name = resource
    if resource_type not in ALTERABLE:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Unknown resource type {resource_type}")
    if resource_type == BROKER and name != CLUSTER_DEFAULT:
        named = parse_integer(name)
        if named is None:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {name}")
        if named != node_id:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"Unexpected broker id, expected {node_id}, but received {name}")


def _check_operations(resource_type: int, operations: Sequence[int]) -> None:
    for operation in operations:
        if operation not in OPERATIONS:
            if resource_type == BROKER:
                raise ApiError(ErrorCode.INVALID_REQUEST, f"Unknown operations type {operation}")
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)  # Kafka fails on it


def _check_loggers(broker: str, changes: Sequence[tuple[str, int, str | None]], node_id: int) -> None:
    named = parse_integer(broker)
    if named is None:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {broker}")
    if named != node_id:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Unexpected node id. Expected {node_id}, but received {broker}")
    known = loggers.levels()
    for name, operation, level in changes:
        if operation not in OPERATIONS:
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)  # Kafka fails on it
        if operation in {Operation.APPEND, Operation.SUBTRACT}:
            word = Operation(operation).name
            raise ApiError(ErrorCode.INVALID_REQUEST, f"{word} operation is not allowed for the BROKER_LOGGER resource")
        if name not in known:
            raise ApiError(ErrorCode.INVALID_CONFIG, f"Logger {name} does not exist!")
        if operation == Operation.SET and level not in loggers.LEVELS:
            raise ApiError(
                ErrorCode.INVALID_CONFIG,
                f"Cannot set the log level of {name} to {level} as it is not a supported log level. "
                f"Valid log levels are {', '.join(sorted(loggers.LEVELS))}",
            )
        if operation == Operation.DELETE and name == loggers.ROOT:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Removing the log level of the root logger is not allowed")


def _operated(
    resource_type: int, name: str, operation: int, value: str | None, current: Mapping[str, str]
) -> str | None:
    """The config's value after the operation, None where it is then unset."""
    if operation == Operation.DELETE:
        return None
    if operation == Operation.SET or value is None:
        return value
    definition = definitions(resource_type).get(name)
    if definition is None or definition.type != "LIST" or resource_type not in WITH_LISTS:
        raise ApiError(ErrorCode.INVALID_CONFIG, _why_no_list(resource_type, name, operation, definition))
    parts = [part for part in (current.get(name, definition.default) or "").split(",") if part]
    for part in value.split(","):
        if operation == Operation.APPEND and part not in parts:
            parts.append(part)
        elif operation == Operation.SUBTRACT and part in parts:
            parts.remove(part)
    return ",".join(parts)


def _why_no_list(resource_type: int, name: str, operation: int, definition: ConfigDefinition | None) -> str:
    word = Operation(operation).name
    if resource_type != BROKER:
        return f"Can't {word} to key {name} because its type is not LIST."
    if definition is None:
        return f"Unknown config name: {name}"
    return f"Config value {word.lower()} is not allowed for config key: {name}"


def _decided(
    resource: Resource, altered: Mapping[str, str | None], node_id: int, image: MetadataImage, configs: Configs
) -> list[ConfigRecord]:
    current = image.configs.get(resource, {})
    after = {**current, **{name: text for name, text in altered.items() if text is not None}}
    for name, text in altered.items():
        if text is None:
            after.pop(name, None)
    _validate(resource, after, node_id, image, configs)
    resource_type, resource_name = resource
    return [
        ConfigRecord(resource_type=resource_type, resource_name=resource_name, name=name, value=text)
        for name, text in altered.items()
        if text != current.get(name)
    ]


def _validate(
    resource: Resource, after: Mapping[str, str], node_id: int, image: MetadataImage, configs: Configs
) -> None:
    """The resource exists and may have these configs."""
    resource_type, name = resource
    if resource_type == TOPIC:
        if not name:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
        wrong = why_invalid(name)
        if wrong is not None:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, wrong)
        config_validation.validate_topic(after, configs)
        if image.topic(name) is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.")
    elif resource_type == GROUP:
        if not name:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Default group resources are not allowed.")
        config_validation.validate_group(after, configs.broker_texts(configs.sole_broker()))
    elif resource_type == CLIENT_METRICS:
        if not name:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Subscription name can't be empty")
        config_validation.validate_client_metrics(after)
    else:
        config_validation.validate_dynamic_broker(
            after,
            per_broker=name != CLUSTER_DEFAULT,
            current=configs.broker_texts(node_id),
            changed=configs.broker_texts(node_id, {name: after}),
        )
