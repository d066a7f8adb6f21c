"""The response to a request that met a bug: Kafka's error in every row that the request asks for, whatever the API.

A response is built from its declaration: each error_code in it is set, and each array whose elements have one gets an
element for each of the request's (matched by the fields that name a topic, a partition, a resource).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kwire.protocol.schema import Field, Message, Struct, parse_field

if TYPE_CHECKING:
    from kwire.protocol.errors import ErrorCode

SAME_MEANING = {"topic": "name", "topic_name": "name", "partition": "index", "partition_index": "index"}
"""Fields that name the same thing under several names, to one of them."""


def error_response(request: Message, response_class: type[Message], code: ErrorCode) -> Message:
    """The response that tells code for the whole request and for everything in it."""
    response = response_class()
    _fill(response, request, code)
    return response


def _fill(target: Struct, source: Struct, code: ErrorCode) -> None:
    for field in map(parse_field, type(target).FIELDS):
        if field.name == "error_code":
            target.error_code = code  # type: ignore[attr-defined]
        elif field.is_array and field.is_struct:
            row_class = _struct(type(target), field)
            if _tells_errors(row_class):
                rows = _matching_rows(row_class, source)
                setattr(target, field.name, [_row(row_class, row, code) for row in rows])


def _row(row_class: type[Struct], source: object, code: ErrorCode) -> Struct:
    row = row_class()
    if isinstance(source, Struct):
        values = {_meaning(name): getattr(source, name) for name in source.__slots__}
    else:
        values = dict.fromkeys(("name", "key", "group_id", "index"), source)
    for field in map(parse_field, row_class.FIELDS):
        value = values.get(_meaning(field.name))
        if not field.is_array and not field.is_struct and isinstance(value, type(getattr(row, field.name))):
            setattr(row, field.name, value)
    if isinstance(source, Struct):
        _fill(row, source, code)
    elif hasattr(row, "error_code"):
        row.error_code = code
    return row


def _matching_rows(row_class: type[Struct], source: Struct) -> list[Any]:
    """The request's array that row_class answers: the one whose elements share most fields with it."""
    wanted = {_meaning(name) for name in row_class.__slots__} - {"error_code"}
    best: list[Any] = []
    best_shared = 0
    for name in source.__slots__:
        value = getattr(source, name)
        if isinstance(value, list) and value:
            element = value[0]
            shared = len({_meaning(slot) for slot in element.__slots__} & wanted) if isinstance(element, Struct) else 1
            if shared > best_shared:
                best, best_shared = value, shared
    return best


def _tells_errors(row_class: type[Struct]) -> bool:
    return any(
        field.name == "error_code" or (field.is_array and field.is_struct and _tells_errors(_struct(row_class, field)))
        for field in map(parse_field, row_class.FIELDS)
    )


def _struct(owner: type[Struct], field: Field) -> type[Struct]:
    struct: type[Struct] = getattr(sys.modules[owner.__module__], field.type)
    return struct


def _meaning(name: str) -> str:
    return SAME_MEANING.get(name, name)
