"""Produce and consume without groups."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from compat.matrix.driver import Content, Driver, EndedError, FailedError, Row
from compat.matrix.features.stage import Stage, numbered

START_MS = 1_700_000_000_000
KEPT = {"retention_ms": "-1"}
"""Config of topics whose records are of START_MS, which retention would delete."""
MESSAGE_MAX_BYTES = 1_048_588
ENOUGH_MS = 30_000


def acks(stage: Stage) -> None:
    """Every setting of acks; offsets are told, dense and right."""
    driver = stage.driver()
    for setting in ("1", "all"):
        topic, rows = stage.topic(), numbered(500)
        in_partition = [row._replace(partition=0) for row in rows]
        assert driver.produce(topic, in_partition, acks=setting) == [(0, offset) for offset in range(500)]
        assert [row.content for row in stage.stored(topic, 500)] == [row.content for row in rows]
    if "acks 0" in stage.client.lacks:
        return
    topic, rows = stage.topic(), numbered(50)
    driver.produce(topic, [row._replace(partition=0) for row in rows], acks="0")
    assert [row.content for row in stage.stored(topic, 50)] == [row.content for row in rows]


def _codec(stage: Stage, codec: str) -> None:
    rows = [row._replace(partition=0) for row in numbered(200, 300)]
    written, driver = stage.topic(), stage.driver()
    driver.produce(written, rows, compression=codec, linger_ms=100)
    assert [row.content for row in stage.stored(written, 200)] == [row.content for row in rows]
    assert set(stage.broker.stored_codecs(written)) == {codec}
    read = stage.topic()
    stage.send(read, rows, **{"compression.type": codec, "linger.ms": 100})
    assert [row.content for row in driver.consume(read, 200)] == [row.content for row in rows]
    assert set(stage.broker.stored_codecs(read)) == {codec}


def gzip(stage: Stage) -> None:
    """Gzip, both ways."""
    _codec(stage, "gzip")


def snappy(stage: Stage) -> None:
    """Snappy, both ways."""
    _codec(stage, "snappy")


def lz4(stage: Stage) -> None:
    """LZ4, both ways."""
    _codec(stage, "lz4")


def zstd(stage: Stage) -> None:
    """Zstandard, both ways."""
    _codec(stage, "zstd")


EVERY_BYTE = bytes(range(256))
RECORDS = [
    Row(None, b"no key"),
    Row(b"tombstone", None),
    Row(EVERY_BYTE, EVERY_BYTE),
    Row(b"h", b"one", [("trace", b"1")]),
    Row("schlüssel".encode(), "značení 🚚".encode(), [("größe", "ü".encode())]),
]
PARTS = {
    "repeated header names": Row(b"h", b"twice", [("trace", b"1"), ("trace", b"2"), ("other", EVERY_BYTE)]),
    "empty keys": Row(b"", b"v"),
    "empty values": Row(b"k", b""),
    "empty header values": Row(b"h", b"empty", [("empty", b"")]),
    "null header values": Row(b"h", b"null", [("nothing", None)]),
}


def headers(stage: Stage) -> None:
    """Whatever a record may consist of, both ways to the byte; what the client lacks of it is really not there."""
    for sends in (True, False):
        lacking = [part for part in PARTS if _lacks(stage, part, sends)]
        rows = RECORDS + [row for part, row in PARTS.items() if part not in lacking]
        assert _arrived(stage, stage.driver(), rows, sends=sends) == [row.content for row in rows]
        for part in lacking:
            driver = stage.driver()
            with suppress(FailedError, EndedError):
                assert _arrived(stage, driver, [PARTS[part]], sends=sends) != [PARTS[part].content], part
            driver.kill()
            stage.drivers.remove(driver)


def _lacks(stage: Stage, part: str, sends: bool) -> bool:
    return part in stage.client.lacks or f"{part} {'sent' if sends else 'read'}" in stage.client.lacks


def _arrived(stage: Stage, driver: Driver, rows: list[Row], *, sends: bool) -> list[Content]:
    """What comes of rows that the driver sends and another client reads, or the other way round."""
    topic = stage.topic(**KEPT)
    rows = [row._replace(partition=0, timestamp=START_MS + index) for index, row in enumerate(rows)]
    if sends:
        driver.produce(topic, rows)
    else:
        stage.send(topic, rows)
    found = stage.stored(topic, len(rows)) if sends else driver.consume(topic, len(rows))
    if not _lacks(stage, "timestamps of records", sends):
        assert [row.timestamp for row in found] == [row.timestamp for row in rows]
    return [row.content for row in found]


def big_records(stage: Stage) -> None:
    """Just under message.max.bytes goes, above it is refused, and what follows goes on."""
    driver, topic = stage.driver(), stage.topic()
    limits = {"max_request_bytes": 8_000_000, "batch_bytes": 2_000_000}
    fits = Row(b"big", os.urandom(MESSAGE_MAX_BYTES - 1000), partition=0)
    driver.produce(topic, [fits], **limits)
    with pytest.raises(FailedError):
        driver.produce(topic, [fits._replace(value=os.urandom(MESSAGE_MAX_BYTES + 1000))], **limits)
    driver.produce(topic, [Row(b"small", b"after it", partition=0)], **limits)
    expected = [fits.content, (b"small", b"after it", [])]
    assert [row.content for row in stage.stored(topic, 2)] == expected
    assert [row.content for row in driver.consume(topic, 2)] == expected


def big_batches(stage: Stage) -> None:
    """Many records at once keep their order."""
    driver, topic = stage.driver(), stage.topic()
    rows = [row._replace(partition=0) for row in numbered(10_000, 100)]
    positions = driver.produce(topic, rows, batch_bytes=900_000, linger_ms=100)
    assert positions == [(0, offset) for offset in range(10_000)]
    assert [row.content for row in stage.stored(topic, 10_000)] == [row.content for row in rows]
    assert [row.content for row in driver.consume(topic, 10_000)] == [row.content for row in rows]


def keys(stage: Stage) -> None:
    """A key has one partition, several partitions are used, and each key's records are in order."""
    driver, topic = stage.driver(), stage.topic(6)
    rows = [Row(b"truck-%d" % (index % 20), b"%d" % index) for index in range(400)]
    positions = driver.produce(topic, rows)
    where = {row.key: {partition for key, (partition, _) in _zipped(rows, positions) if key == row.key} for row in rows}
    assert all(len(partitions) == 1 for partitions in where.values())
    assert len(set.union(*where.values())) > 1
    for _, own in groupby(sorted(_zipped(rows, positions), key=lambda pair: pair[0] or b""), lambda pair: pair[0]):
        offsets = [offset for _, (_, offset) in own]
        assert offsets == sorted(offsets)


def _zipped(rows: list[Row], positions: list[tuple[int, int]]) -> list[tuple[bytes | None, tuple[int, int]]]:
    return [(row.key, position) for row, position in zip(rows, positions, strict=True)]


def offsets(stage: Stage) -> None:
    """Where a partition begins and ends, reading from anywhere, and from what was deleted."""
    driver, topic = stage.driver(), stage.topic()
    stage.send(topic, [row._replace(partition=0) for row in numbered(100)])
    found = driver.ask("offsets", topic=topic, partition=0, timestamp=0)
    assert (found["beginning"], found["end"]) == (0, 100)
    assert [row.offset for row in driver.consume(topic, 5, start=95)] == [95, 96, 97, 98, 99]
    assert driver.consume(topic, 1, start="end", within_ms=1_000) == []
    admin = AdminClient({"bootstrap.servers": stage.broker.bootstrap})
    (deleted,) = admin.delete_records([TopicPartition(topic, 0, 40)]).values()
    deleted.result(ENOUGH_MS / 1000)
    assert driver.ask("offsets", topic=topic, partition=0, timestamp=0)["beginning"] == 40
    assert [row.offset for row in driver.consume(topic, 60)] == list(range(40, 100))


def timestamps(stage: Stage) -> None:
    """Find offsets by time: in another client's records, and in an own batch with later, earlier and equal times."""
    driver, topic = stage.driver(), stage.topic(**KEPT)
    stage.send(topic, _dated(range(10)))
    for at_ms, offset in ((0, 0), (START_MS + 3000, 3), (START_MS + 3001, 4), (START_MS + 99_000, None)):
        assert driver.ask("offsets", topic=topic, partition=0, timestamp=at_ms)["at_timestamp"] == offset
    if _lacks(stage, "timestamps of records", sends=True):
        return
    topic = stage.topic(**KEPT)
    driver.produce(topic, _dated([0, 30, 10, 40, 40, 20]), linger_ms=100)
    for at_s, offset in ((0, 0), (5, 1), (20, 1), (30, 1), (31, 3), (40, 3), (41, None)):
        asked = driver.ask("offsets", topic=topic, partition=0, timestamp=START_MS + 1000 * at_s)
        assert asked["at_timestamp"] == offset, at_s


def _dated(times_s: Iterable[int]) -> list[Row]:
    """Make records with these times, in seconds since START_MS."""
    times_s = list(times_s)
    rows = zip(numbered(len(times_s)), times_s, strict=True)
    return [row._replace(partition=0, timestamp=START_MS + 1000 * at_s) for row, at_s in rows]


def long_poll(stage: Stage) -> None:
    """A consumer that waits gets the record that comes, soon after it came."""
    driver, topic = stage.driver(), stage.topic()
    stage.send(topic, [Row(None, b"before", partition=0)])
    assert len(driver.consume(topic, 1)) == 1  # connected and warm
    encoded = {"topic": topic, "partition": 0, "start": 1, "count": 1, "isolation": "read_uncommitted"}
    driver.send("consume", within_ms=ENOUGH_MS, **encoded)
    time.sleep(2)
    began = time.monotonic()
    stage.send(topic, [Row(None, b"awaited", partition=0)])
    (row,) = driver.answer()["records"]
    assert row["offset"] == 1
    assert time.monotonic() - began < 10


def idempotent(stage: Stage) -> None:
    """An idempotent producer's records are there once and in order."""
    driver, topic = stage.driver(), stage.topic()
    rows = [row._replace(partition=0) for row in numbered(2_000)]
    positions = driver.produce(topic, rows, acks="all", idempotence=True)
    assert positions == [(0, offset) for offset in range(2_000)]
    assert [row.content for row in stage.stored(topic, 2_000)] == [row.content for row in rows]
