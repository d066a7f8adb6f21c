"""Read the metadata log of a data directory without a broker."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from kwire.broker import metadata_snapshot
from kwire.broker.metadata import MetadataImage
from kwire.broker.metadata_records import METADATA_TOPIC, unframe
from kwire.cli.segment_files import BadFile, batches
from kwire.files import OsFiles
from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import CorruptBatch
from kwire.storage.port import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def is_unwritten(path: Path) -> bool:
    """Whether the path belongs to a partition that exists, but has no directory because nothing was written to it."""
    named = re.fullmatch(r"(.+)-(\d+)", path.name)
    if named is None:
        return False
    topic = _image(path.absolute().parent / f"{METADATA_TOPIC}-0").topic(named[1])
    return topic is not None and int(named[2]) < len(topic.partitions)


def _image(log: Path) -> MetadataImage:
    """Read the log as far as possible: a running broker may be writing its end."""
    image = MetadataImage()
    with suppress(BadFile, CorruptBatch, ProtocolError, StorageError):
        newest = metadata_snapshot.newest(OsFiles(), str(log))
        for message in metadata_snapshot.read(OsFiles(), newest.path) if newest else ():
            image.replay(message)
        for file in sorted(log.glob("*.log")):
            for batch in batches(file):
                for record in batch.records() if batch.header and not batch.header.is_control else ():
                    if record.offset >= (newest.end_offset if newest else 0):
                        image.replay(unframe(record.value or b""))
    return image
