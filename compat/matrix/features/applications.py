"""Frameworks, each with the same small application: see DRIVERS.md."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from compat.conftest import running
from compat.matrix.driver import Row
from compat.matrix.features.stage import Stage, wait_until

STOP_S = 40
READY_S = 240
"""PySpark takes 41 s of CPU from its start to its first record."""
CELL_S = 900
"""As long as all that a scenario waits for, one after the other."""
COUNT = 200
PARTITIONS = 2


class Pipeline:
    """What is sent to the source comes out at the sink: of its cluster, or of another one for what mirrors."""

    def __init__(self, stage: Stage, target: Stage) -> None:
        self.stage, self.target, self.sent = stage, target, 0
        self.source = stage.topic(PARTITIONS)
        self.sink = target.topic(PARTITIONS, name=f"{stage.new_name()}.{self.source}")
        self.group = stage.new_name("g")
        self.log = stage.directory / "application.log"

    @contextmanager
    def running(self) -> Iterator[None]:
        """The application runs, and ends cleanly."""
        command = [*self.stage.client.command, self.stage.broker.bootstrap, self.source, self.sink, self.group]
        if self.target is not self.stage:
            command.append(self.target.broker.bootstrap)
        environment = {**os.environ, **self.stage.environment}
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.stage.directory)
        try:
            yield
            assert process.poll() is None, "it ended by itself"
            process.send_signal(signal.SIGTERM)
            status = process.wait(STOP_S)
            assert status in {0, 143}, f"it ended with status {status}"
        except Exception as error:
            error.add_note(self.log.read_text(errors="replace")[-4000:])
            raise
        finally:
            process.kill()
            process.wait()

    def send(self) -> None:
        """More records are in the source."""
        numbers = range(self.sent, self.sent + COUNT)
        rows = [Row(b"truck-%d" % (i % 7), b"position %d" % i, [("number", b"%d" % i)]) for i in numbers]
        self.stage.send(self.source, rows)
        self.sent += COUNT

    def wait_arrived(self) -> None:
        """Everything has come out, and nothing else."""
        wait_until("everything has arrived", lambda: sum(_ends(self.target, self.sink)) >= self.sent, READY_S)
        given, found = _stored(self.stage, self.source), _stored(self.target, self.sink)
        if self.stage.client.mirrors:
            assert [row._replace(topic=self.sink) for row in given] == found
            self._wait_group_mirrored()
            return
        with_keys = "keys of records" not in self.stage.client.lacks
        changed = "changed values" not in self.stage.client.lacks
        expected = [(row.key if with_keys else None, row.value.upper() if changed else row.value) for row in given]
        assert sorted(expected, key=str) == sorted([(row.key, row.value) for row in found], key=str)

    def _wait_group_mirrored(self) -> None:
        """What a group commits at the source it has committed at the sink, as far as the mirror knows its offsets."""
        ends = _ends(self.stage, self.source)
        settings = {"bootstrap.servers": self.stage.broker.bootstrap, "group.id": self.group}
        member = Consumer({**settings, "enable.auto.commit": False})
        places = [TopicPartition(self.source, index, end) for index, end in enumerate(ends)]
        member.commit(offsets=places, asynchronous=False)
        member.close()

        def mirrored() -> bool:
            committed = self.target.committed(self.group, self.sink, PARTITIONS)
            return all(0 < offset <= end for offset, end in zip(committed, ends, strict=True))

        wait_until("the group's offsets are mirrored", mirrored, READY_S)


def _ends(stage: Stage, topic: str) -> list[int]:
    consumer = Consumer({"bootstrap.servers": stage.broker.bootstrap, "group.id": "unused"})
    ends = [_end(consumer, TopicPartition(topic, index)) for index in range(PARTITIONS)]
    consumer.close()
    return ends


def _end(consumer: Consumer, place: TopicPartition) -> int:
    try:
        return consumer.get_watermark_offsets(place, STOP_S)[1]
    except KafkaException as error:
        if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
            raise
        return 0  # Apache Kafka tells of a new topic before its leader knows of it


def _stored(stage: Stage, topic: str) -> list[Row]:
    return [row for index, end in enumerate(_ends(stage, topic)) if end for row in stage.stored(topic, end, index)]


@contextmanager
def _pipeline(stage: Stage) -> Iterator[Pipeline]:
    if not stage.client.mirrors:
        yield Pipeline(stage, stage)
        return
    directory = stage.directory / "target"
    directory.mkdir()
    with running(stage.broker.kind, directory) as broker:
        yield Pipeline(stage, Stage(stage.client, broker, directory))


def pipeline(stage: Stage) -> None:
    """Every record is read, changed and written."""
    with _pipeline(stage) as made, made.running():
        made.send()
        made.wait_arrived()


def resume(stage: Stage) -> None:
    """Stopped and started again, it goes on where it was, with what came in between."""
    with _pipeline(stage) as made:
        with made.running():
            made.send()
            made.wait_arrived()
        made.send()
        with made.running():
            made.wait_arrived()
            made.send()
            made.wait_arrived()
