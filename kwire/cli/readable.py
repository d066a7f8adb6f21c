"""Messages, record batches and the records of internal topics as plain values, with Kafka's names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from kwire.protocol import codec
from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import CorruptBatch, check_crc, iter_headers
from kwire.protocol.records.compression import Codec
from kwire.protocol.records.control import ControlType, parse_control_type, parse_marker
from kwire.protocol.records.record import iter_records
from kwire.protocol.schema import Message, fields_of, has
from kwire.storage.segments.checkpoints import format_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kwire.protocol.records.batch import BatchHeader, ReadableBuffer
    from kwire.protocol.records.record import Record
    from kwire.protocol.schema import Struct

COORDINATORS: Final = {
    "__consumer_offsets": "consumer_offsets",
    "__transaction_state": "transaction_state",
    "__share_group_state": "share_group_state",
}
"""Topics whose keys are int16 type and body, their values int16 version and body; and the specs that declare them."""

RAFT: Final = {
    ControlType.LEADER_CHANGE: "LeaderChangeMessage",
    ControlType.SNAPSHOT_HEADER: "SnapshotHeaderRecord",
    ControlType.SNAPSHOT_FOOTER: "SnapshotFooterRecord",
    ControlType.KRAFT_VERSION: "KRaftVersionRecord",
    ControlType.KRAFT_VOTERS: "VotersRecord",
}
"""What the values of KRaft's control records are; each begins with its version."""

METADATA: Final = "__cluster_metadata"


def message(struct: Struct, version: int) -> dict[str, Any]:
    """The fields that the struct has in this version."""
    values = {}
    for field in fields_of(type(struct)):
        if has(field.versions, version):
            value = getattr(struct, field.name)
            if field.is_array and value is not None:
                values[field.kafka_name] = [_value(one, field.type, version) for one in value]
            else:
                values[field.kafka_name] = _value(value, field.type, version)
    return values


def _value(value: Any, kind: str, version: int) -> Any:
    if value is None:
        return None
    if kind[0].isupper():
        return message(value, version)
    if kind == "uuid":
        return format_uuid(value)
    if kind == "records":
        return batches(value)
    if kind == "bytes":
        return content(value)
    return value


def content(data: ReadableBuffer | None) -> str | None:
    """Bytes as text where they are UTF-8, else as 0x and hex digits."""
    if data is None:
        return None
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError:
        return f"0x{bytes(data).hex()}"
    return text if text.isprintable() or text.isspace() or "\n" in text else f"0x{bytes(data).hex()}"


def time(timestamp_ms: int) -> str | int:
    """A timestamp in ISO 8601; what is beyond the year 9999 stays a number."""
    try:
        moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return timestamp_ms
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def batches(data: ReadableBuffer) -> list[dict[str, Any]]:
    """The whole v2 batches in a records field, with their records; what is no whole batch ends the list as an error."""
    found: list[dict[str, Any]] = []
    end = 0
    try:
        for position, header in iter_headers(data):
            end = position + header.size_bytes
            batch = batch_fields(header)
            try:
                check_crc(data, header, position)
                batch["Records"] = [record_fields(one, header) for one in iter_records(data, header, position)]
            except CorruptBatch as error:
                batch["Error"] = str(error)
            found.append(batch)
    except CorruptBatch as error:
        found.append({"Error": str(error)})
    else:
        if rest := len(memoryview(data)) - end:
            found.append({"Error": f"the last {rest} bytes are no whole batch"})
    return found


def batch_fields(header: BatchHeader) -> dict[str, Any]:
    """What a batch's header says."""
    fields: dict[str, Any] = {
        "BaseOffset": header.base_offset,
        "LastOffset": header.last_offset,
        "Count": header.records_count,
        "MaxTimestamp": time(header.max_timestamp) if header.max_timestamp >= 0 else None,
        "TimestampType": "LogAppendTime" if header.is_log_append_time else "CreateTime",
        "LeaderEpoch": header.partition_leader_epoch,
        "Compression": Codec(header.compression).name.lower()
        if header.compression < len(Codec)
        else header.compression,
        "Size": header.size_bytes,
        "Crc": header.crc,
    }
    if header.has_producer_id:
        fields["ProducerId"] = header.producer_id
        fields["ProducerEpoch"] = header.producer_epoch
        fields["BaseSequence"] = header.base_sequence
    if header.is_transactional:
        fields["Transactional"] = True
    if header.is_control:
        fields["Control"] = True
    if header.has_delete_horizon:
        fields["DeleteHorizon"] = time(header.base_timestamp)
    return fields


def record_fields(record: Record, header: BatchHeader | None, topic: str | None = None) -> dict[str, Any]:
    """A record; decoded where it is a control record, or one of an internal topic.

    header: its batch's, None for a message of magic 0 or 1.
    """
    fields: dict[str, Any] = {"Offset": record.offset}
    if record.timestamp >= 0:
        fields["Timestamp"] = time(record.timestamp)
    decoded = _decoded(record, header, topic)
    if decoded is None:
        fields |= {"Key": content(record.key), "Value": content(record.value)}
    else:
        fields |= decoded
    if record.headers:
        fields["Headers"] = [{"Key": name, "Value": content(value)} for name, value in record.headers]
    return fields


def _decoded(record: Record, header: BatchHeader | None, topic: str | None) -> dict[str, Any] | None:
    try:
        if header is not None and header.is_control:
            return _control(record)
        if topic == METADATA and record.value is not None:
            return _metadata(record.value)
        if topic in COORDINATORS and record.key is not None:
            return _of_coordinator(COORDINATORS[topic], bytes(record.key), record.value)
    except ProtocolError as error:
        return {"Key": content(record.key), "Value": content(record.value), "Error": str(error)}
    return None


def _control(record: Record) -> dict[str, Any]:
    kind = parse_control_type(record.key)
    if kind in {ControlType.ABORT, ControlType.COMMIT}:
        return {"Type": kind.name, "CoordinatorEpoch": parse_marker(record).coordinator_epoch}
    name = RAFT.get(kind)
    if name is None or record.value is None:
        return {"Type": kind.name, "Value": content(record.value)}
    cls = vars(import_module("kwire.protocol.messages.records.raft"))[name]
    return {"Type": kind.name, "Value": _versioned(cls, record.value, 0)}


def _metadata(value: ReadableBuffer) -> dict[str, Any]:
    from kwire.broker.metadata_records import read_frame

    decoded, version = read_frame(value)
    return {"Type": type(decoded).__name__, "Version": version, "Value": message(decoded, version)}


def _of_coordinator(module: str, key: bytes, value: ReadableBuffer | None) -> dict[str, Any] | None:
    kind = int.from_bytes(key[:2], "big", signed=True)
    classes = _classes(module).get(kind)
    if classes is None:
        return None
    key_class, value_class = classes
    fields: dict[str, Any] = {
        "Type": key_class.__name__.removesuffix("Key"),
        "Key": message(codec.decode(key_class, 0, key, 2), 0),
        "Value": None,
    }
    if value is not None:
        fields["Value"] = _versioned(value_class, value, 2)
    return fields


def _versioned(cls: type[Message], value: ReadableBuffer, start: int) -> dict[str, Any]:
    """The message of the version that its first two bytes say."""
    version = int.from_bytes(value[:2], "big", signed=True)
    if not cls.MIN_VERSION <= version <= cls.MAX_VERSION:
        raise ProtocolError(f"{cls.__name__} has no version {version}")
    return message(codec.decode(cls, version, value, start), version)


@cache
def _classes(module: str) -> Mapping[int, tuple[type[Message], type[Message]]]:
    """Key and value class by record type."""
    found = vars(import_module(f"kwire.protocol.messages.records.{module}"))
    keys = {name: cls for name, cls in found.items() if name.endswith("Key") and issubclass(cls, Message)}
    return {cls.API_KEY: (cls, found[name.removesuffix("Key") + "Value"]) for name, cls in keys.items()}


def lines(value: Any, indent: str = "") -> Iterator[str]:
    """Nested values, a line each; what has only plain values stands on one line."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if _is_plain(inner):
                yield f"{indent}{name}: {plain(inner)}"
            else:
                yield f"{indent}{name}:"
                yield from lines(inner, indent + "  ")
    else:
        for inner in value:
            if _is_plain(inner):
                yield f"{indent}- {plain(inner)}"
            else:
                first, *rest = lines(inner, indent + "  ")
                yield f"{indent}- {first.lstrip()}"
                yield from rest


def _is_plain(value: Any) -> bool:
    return (
        not isinstance(value, dict | list)
        or not value
        or (isinstance(value, list) and not isinstance(value[0], dict | list))
    )


def plain(value: Any) -> str:
    """A value that is not nested, as people read it."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, str):
        return (
            json.dumps(value, ensure_ascii=False)
            if not value.isprintable() or value != value.strip() or not value
            else value
        )
    return str(value).lower() if isinstance(value, bool) else str(value)
