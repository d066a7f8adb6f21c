"""The small files of a data directory, in Kafka's text forms: offset checkpoints, metadata, clean shutdown marker."""

from __future__ import annotations

import base64
import binascii
from threading import Lock
from typing import TYPE_CHECKING

from kwire.files import read_file, replace_file
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kwire.files import Files

RECOVERY_POINTS = "recovery-point-offset-checkpoint"
LOG_START_OFFSETS = "log-start-offset-checkpoint"
CLEANER_OFFSETS = "cleaner-offset-checkpoint"
LEADER_EPOCHS = "leader-epoch-checkpoint"
PARTITION_METADATA = "partition.metadata"
META_PROPERTIES = "meta.properties"
CLEAN_SHUTDOWN = ".kafka_cleanshutdown"
LOCK = ".lock"

VERSION = 0
META_PROPERTIES_VERSION = 1
NO_TOPIC_ID = bytes(16)
NO_BROKER_EPOCH = -1

TopicPartition = tuple[str, int]


def format_offsets(offsets: Mapping[TopicPartition, int]) -> str:
    """Offsets by partition as an offset checkpoint: version, count, then a line each."""
    rows = [f"{topic} {partition} {offset}\n" for (topic, partition), offset in offsets.items()]
    return f"{VERSION}\n{len(rows)}\n{''.join(rows)}"


def parse_offsets(text: str) -> dict[TopicPartition, int]:
    """The offsets of an offset checkpoint.

    Raises:
        ValueError: the text is none.
    """
    lines = text.splitlines()
    if len(lines) < 2 or int(lines[0]) != VERSION or int(lines[1]) != len(lines) - 2:
        raise ValueError("not an offset checkpoint, or cut short")
    offsets = {}
    for line in lines[2:]:
        topic, partition, offset = line.split()
        offsets[topic, int(partition)] = int(offset)
    return offsets


def read_offsets(files: Files, path: str) -> dict[TopicPartition, int]:
    """The offsets of the checkpoint file; none when it is missing or damaged, which only costs a longer recovery."""
    try:
        return parse_offsets(read_file(files, path).decode())
    except (FileNotFoundError, ValueError):
        return {}


def format_uuid(uuid: bytes) -> str:
    """A uuid as Kafka writes it: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(uuid).rstrip(b"=").decode()


def parse_uuid(text: str) -> bytes:
    """The 16 bytes of a uuid.

    Raises:
        ValueError: it is none.
    """
    try:
        uuid = base64.urlsafe_b64decode(text + "==")
    except binascii.Error as error:
        raise ValueError(f"{text!r} is no uuid") from error
    if len(uuid) != 16:
        raise ValueError(f"{text!r} is no uuid")
    return uuid


def write_topic_id(files: Files, directory: str, topic_id: bytes) -> None:
    """Write the topic id into a partition's directory; it is durable once partition.metadata is synced.

    Raises:
        OSError.
    """
    content = f"version: {VERSION}\ntopic_id: {format_uuid(topic_id)}"
    replace_file(files, f"{directory}/{PARTITION_METADATA}", content.encode(), durable=False)


def read_topic_id(files: Files, directory: str) -> bytes:
    """The topic id in a partition's directory, NO_TOPIC_ID when nothing says it."""
    try:
        text = read_file(files, f"{directory}/{PARTITION_METADATA}").decode()
        fields = dict(line.split(": ", 1) for line in text.splitlines() if line)
        return parse_uuid(fields["topic_id"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
        return NO_TOPIC_ID


def format_meta_properties(*, cluster_id: str, node_id: int, directory_id: bytes) -> str:
    """The content of meta.properties."""
    return (
        f"node.id={node_id}\ndirectory.id={format_uuid(directory_id)}\n"
        f"version={META_PROPERTIES_VERSION}\ncluster.id={cluster_id}\n"
    )


def read_meta_properties(files: Files, path: str) -> dict[str, str] | None:
    """The properties of the directory, None when there is no such file.

    Raises:
        StorageError: the file says something else than we understand.
    """
    try:
        text = read_file(files, path).decode(errors="replace")
    except FileNotFoundError:
        return None
    lines = (line.strip() for line in text.splitlines())
    properties = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    if properties.get("version") != str(META_PROPERTIES_VERSION) or "cluster.id" not in properties:
        raise StorageError(f"{path} is not the meta.properties (version {META_PROPERTIES_VERSION}) of a data directory")
    return properties


def write_clean_shutdown(files: Files, path: str) -> None:
    """The marker says that every log was closed."""
    import json  # noqa: PLC0415 - not on the way to the first client

    marker = json.dumps({"version": VERSION, "brokerEpoch": NO_BROKER_EPOCH}, separators=(",", ":"))
    replace_file(files, path, marker.encode())


class OffsetCheckpoint:
    """An offset checkpoint file and what it should say. write() may run in a thread, beside set()."""

    __slots__ = ("_files", "_is_stored", "_is_synced", "_lock", "_path", "offsets")

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = path
        self._is_stored = True
        self._is_synced = True
        self._lock = Lock()
        self.offsets: dict[TopicPartition, int] = {}

    def read(self) -> None:
        """The offsets are the file's."""
        self.offsets = read_offsets(self._files, self._path)

    def set(self, partition: TopicPartition, offset: int | None) -> None:
        """The partition's offset is this; None: it has none."""
        if self.offsets.get(partition) == offset:
            return
        if offset is None:
            del self.offsets[partition]
        else:
            self.offsets[partition] = offset
        self._is_stored = self._is_synced = False

    def write(self, *, durable: bool) -> None:
        """Write the offsets to the file; durable: sync it as well.

        Raises:
            OSError: the file is unchanged.
        """
        with self._lock:
            if self._is_stored and (self._is_synced or not durable):
                return
            self._is_stored = True
            self._is_synced = durable
            try:
                replace_file(self._files, self._path, format_offsets(self.offsets.copy()).encode(), durable=durable)
            except OSError:
                self._is_stored = self._is_synced = False
                raise
