"""Checkpoints of the metadata image in the form of Kafka's snapshots: `<end offset>-<epoch>.checkpoint`.

A file of batches: a control batch with a SnapshotHeaderRecord, the records that build the image, a control batch with
a SnapshotFooterRecord, without which the file is not whole. Source: KIP-630.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kwire.broker.metadata_records import frame, unframe
from kwire.files import read_file, replace_file
from kwire.protocol.codec import encode
from kwire.protocol.errors import ProtocolError
from kwire.protocol.messages.records.cluster_metadata import (
    ConfigRecord,
    FeatureLevelRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    TopicRecord,
)
from kwire.protocol.messages.records.raft import SnapshotFooterRecord, SnapshotHeaderRecord
from kwire.protocol.records.batch import CorruptBatch, check_crc, iter_headers
from kwire.protocol.records.control import ControlType, encode_control_batch, read_control_type
from kwire.protocol.records.record import Record, encode_batch, iter_records
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwire.broker.metadata import MetadataImage
    from kwire.files import Files
    from kwire.protocol.schema import Message

BATCH_RECORDS = 1000

_NAME = re.compile(r"([0-9]{20})-([0-9]{10})\.checkpoint")


class Checkpoint(NamedTuple):
    """A checkpoint's end offset (exclusive), epoch and path."""

    end_offset: int
    epoch: int
    path: str


def newest(files: Files, directory: str) -> Checkpoint | None:
    """The checkpoint with the highest end offset in the directory."""
    return max(_all(files, directory), default=None)


def remove_older(files: Files, directory: str, end_offset: int) -> None:
    """Checkpoints that end before that offset are gone."""
    for checkpoint in _all(files, directory):
        if checkpoint.end_offset < end_offset:
            files.remove(checkpoint.path)


def _all(files: Files, directory: str) -> list[Checkpoint]:
    found: list[Checkpoint] = []
    if not files.exists(directory):
        return found
    for name in files.listdir(directory):
        match = _NAME.fullmatch(name)
        if match is not None:
            found.append(Checkpoint(int(match[1]), int(match[2]), f"{directory}/{name}"))
    return found


def write(
    files: Files, directory: str, end_offset: int, epoch: int, records: Sequence[Message], timestamp_ms: int
) -> None:
    """The directory has, durably, a checkpoint of these records that stands for the log before end_offset.

    Raises:
        StorageError: it has none.
    """
    out = encode_control_batch(
        ControlType.SNAPSHOT_HEADER,
        encode(SnapshotHeaderRecord(version=0, last_contained_log_timestamp=timestamp_ms), 0),
        timestamp_ms,
        leader_epoch=epoch,
    )
    offset = 1
    for first in range(0, len(records), BATCH_RECORDS):
        batch = [Record(0, timestamp_ms, None, frame(record)) for record in records[first : first + BATCH_RECORDS]]
        out += encode_batch(batch, base_offset=offset, leader_epoch=epoch)
        offset += len(batch)
    footer = encode(SnapshotFooterRecord(version=0), 0)
    out += encode_control_batch(
        ControlType.SNAPSHOT_FOOTER, footer, timestamp_ms, leader_epoch=epoch, base_offset=offset
    )
    try:
        replace_file(files, f"{directory}/{end_offset:020d}-{epoch:010d}.checkpoint", out)
    except OSError as error:
        raise StorageError(f"cannot write a checkpoint of the metadata log: {error}") from error


def read(files: Files, path: str) -> Iterator[Message]:
    """The records of a whole checkpoint.

    Raises:
        StorageError: it is damaged or cut off.
    """
    is_whole = False
    try:
        data = read_file(files, path)
        for position, header in iter_headers(data):
            check_crc(data, header, position)
            if header.is_control:
                is_whole = read_control_type(data, header, position) == ControlType.SNAPSHOT_FOOTER
            else:
                for record in iter_records(data, header, position):
                    yield unframe(record.value or b"")
    except (OSError, CorruptBatch, ProtocolError) as error:
        raise StorageError(f"cannot read the metadata checkpoint {path}: {error}") from error
    if not is_whole:
        raise StorageError(f"the metadata checkpoint {path} ends too early")


def records_of(image: MetadataImage) -> Iterator[Message]:
    """Records that build the image, on an empty one."""
    for name, level in image.features.items():
        yield FeatureLevelRecord(name=name, feature_level=level)
    for broker in image.brokers.values():
        yield RegisterBrokerRecord(
            broker_id=broker.node_id, broker_epoch=broker.epoch, rack=broker.rack, fenced=broker.fenced
        )
    for topic in image.topics.values():
        yield TopicRecord(name=topic.name, topic_id=topic.topic_id)
        for partition in topic.partitions:
            yield PartitionRecord(
                partition_id=partition.index,
                topic_id=topic.topic_id,
                replicas=partition.replicas,
                isr=partition.isr,
                adding_replicas=partition.adding_replicas,
                removing_replicas=partition.removing_replicas,
                leader=partition.leader,
                leader_epoch=partition.leader_epoch,
                partition_epoch=partition.partition_epoch,
            )
    for (resource_type, resource_name), configs in image.configs.items():
        for name, value in configs.items():
            yield ConfigRecord(resource_type=resource_type, resource_name=resource_name, name=name, value=value)
    if image.next_producer_id:
        yield ProducerIdsRecord(next_producer_id=image.next_producer_id)
