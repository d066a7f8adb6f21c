"""Frameworks, each with the same small application: see DRIVERS.md."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, TopicPartition

from compat.matrix.driver import Row
from compat.matrix.features.stage import Stage, wait_until

STOP_S = 40
READY_S = 90
COUNT = 200
PARTITIONS = 2


@contextmanager
def _running(stage: Stage, source: str, sink: str, group: str) -> Iterator[None]:
    log_path = stage.directory / "application.log"
    with log_path.open("ab") as log:
        command = [*stage.client.command, stage.broker.bootstrap, source, sink, group]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **stage.environment})
        try:
            try:
                yield
            except AssertionError as error:
                error.add_note(log_path.read_text(errors="replace")[-4000:])
                raise
            assert process.poll() is None, f"it ended by itself\n{log_path.read_text(errors='replace')[-4000:]}"
            process.send_signal(signal.SIGTERM)
            status = process.wait(STOP_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    assert status in {0, 143}, f"it ended with status {status}\n{log_path.read_text(errors='replace')[-4000:]}"


def _sent(stage: Stage, topic: str, first: int) -> list[Row]:
    rows = [Row(b"truck-%d" % (i % 7), b"position %d" % i) for i in range(first, first + COUNT)]
    stage.send(topic, rows)
    return rows


def _ends(stage: Stage, topic: str) -> list[int]:
    consumer = Consumer({"bootstrap.servers": stage.broker.bootstrap, "group.id": "unused"})
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, index), STOP_S)[1] for index in range(PARTITIONS)]
    consumer.close()
    return ends


def _expected(rows: list[Row]) -> list[tuple[bytes | None, bytes | None]]:
    return sorted((row.key, (row.value or b"").upper()) for row in rows)


def _wait_arrived(stage: Stage, topic: str, rows: list[Row]) -> None:
    wait_until("everything has arrived", lambda: sum(_ends(stage, topic)) >= len(rows), READY_S)
    found = [row for index, end in enumerate(_ends(stage, topic)) if end for row in stage.stored(topic, end, index)]
    assert sorted((row.key, row.value) for row in found) == _expected(rows)


def pipeline(stage: Stage) -> None:
    """Every record is read, changed and written."""
    source, sink = stage.topic(PARTITIONS), stage.topic(PARTITIONS)
    with _running(stage, source, sink, stage.new_name("g")):
        _wait_arrived(stage, sink, _sent(stage, source, 0))


def resume(stage: Stage) -> None:
    """Stopped and started again, it goes on where it was, with what came in between."""
    source, sink, group = stage.topic(PARTITIONS), stage.topic(PARTITIONS), stage.new_name("g")
    with _running(stage, source, sink, group):
        rows = _sent(stage, source, 0)
        _wait_arrived(stage, sink, rows)
    rows += _sent(stage, source, COUNT)
    with _running(stage, source, sink, group):
        _wait_arrived(stage, sink, rows)
