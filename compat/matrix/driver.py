"""A driver's process, and what scenarios ask of it: see DRIVERS.md."""

import base64
import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from compat.matrix.plan import Client

ANSWER_S = 90
"""Longer than anything that is asked of a driver takes."""
STOP_S = 20


class FailedError(Exception):
    """The client could not do it; the text is the client's."""


class EndedError(Exception):
    """The driver ended instead of answering: the client threw what is none of its own errors."""


Content = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value and headers."""


class Row(NamedTuple):
    """A record as it is sent, or as it was read. timestamp in ms."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    partition: int | None = None
    timestamp: int | None = None
    offset: int | None = None
    topic: str | None = None

    def encoded(self) -> dict[str, Any]:
        """As drivers take it; what is not said is left out."""
        row: dict[str, Any] = {"key": _text(self.key), "value": _text(self.value)}
        row["headers"] = [[name, _text(value)] for name, value in self.headers]
        if self.partition is not None:
            row["partition"] = self.partition
        if self.timestamp is not None:
            row["timestamp"] = self.timestamp
        return row

    @property
    def content(self) -> Content:
        """What the producer meant."""
        return self.key, self.value, list(self.headers)


def decoded(row: dict[str, Any]) -> Row:
    """A record as a driver tells it."""
    return Row(
        _bytes(row["key"]),
        _bytes(row["value"]),
        [(name, _bytes(value)) for name, value in row["headers"]],
        row["partition"],
        row["timestamp"],
        row["offset"],
        row.get("topic"),
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


@dataclass
class Driver:
    """A running driver. log: what it writes to stderr."""

    client: Client
    process: subprocess.Popen[str]
    log: Path
    _lines: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)

    @classmethod
    def start(cls, client: Client, bootstrap: str, log: Path, environment: dict[str, str]) -> "Driver":
        """A driver that talks to that broker."""
        with log.open("ab") as stderr:
            process = subprocess.Popen(
                [*client.command, bootstrap],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment,
                text=True,
            )
        driver = cls(client, process, log)
        threading.Thread(target=driver._read, daemon=True).start()
        return driver

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The driver's answer.

        Raises:
            FailedError, EndedError: see answer.
        """
        self.send(do, **arguments)
        return self.answer()

    def send(self, do: str, **arguments: Any) -> None:
        """Asks without waiting; answer() takes the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The answer to what was sent.

        Raises:
            FailedError: the client could not do it.
            EndedError: the driver is not there any more.
        """
        try:
            line = self._lines.get(timeout=ANSWER_S)
        except queue.Empty:
            raise AssertionError(f"{self.client.name} did not answer within {ANSWER_S} s") from None
        if not line:
            raise EndedError(f"{self.client.name} ended with status {self.process.wait(STOP_S)}\n{self.errors()}")
        answer = json.loads(line)
        if "error" in answer:
            raise FailedError(answer["error"])
        assert "unsupported" not in answer, f"{self.client.name} says it cannot: {answer['unsupported']}"
        return answer["ok"]

    def errors(self) -> str:
        """The end of what it wrote to stderr."""
        return self.log.read_text(errors="replace")[-4000:]

    def produce(self, topic: str, rows: list[Row], **settings: Any) -> list[tuple[int, int]]:
        """Partition and offset of each row."""
        encoded = [row.encoded() for row in rows]
        positions = self.ask("produce", topic=topic, records=encoded, settings=settings)["positions"]
        assert len(positions) == len(rows)
        return [(partition, offset) for partition, offset in positions]

    def consume(self, topic: str, count: int, **arguments: Any) -> list[Row]:
        """What is read of partition 0 from the beginning, or as told otherwise."""
        defaults = {"partition": 0, "start": "beginning", "within_ms": 30_000, "isolation": "read_uncommitted"}
        answer = self.ask("consume", topic=topic, count=count, **{**defaults, **arguments})
        return [decoded(row) for row in answer["records"]]

    def poll(self, consumer: str, count: int, within_ms: int) -> tuple[list[Row], set[tuple[str, int]]]:
        """Records, and the assignment."""
        answer = self.ask("poll", consumer=consumer, count=count, within_ms=within_ms)
        return [decoded(row) for row in answer["records"]], {(topic, index) for topic, index in answer["assignment"]}

    def kill(self) -> None:
        """As kill -9."""
        self.process.kill()
        self.process.wait(STOP_S)

    def stop(self) -> None:
        """The driver has ended, with status 0."""
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.client.name} did not end within {STOP_S} s\n{self.errors()}") from None
        assert status in {0, -9}, f"{self.client.name} ended with status {status}\n{self.errors()}"
