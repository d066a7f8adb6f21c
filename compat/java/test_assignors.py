"""Our server-side assignors beside Apache Kafka's own classes, on hundreds of generated groups.

`python -m compat.java.test_assignors` writes Kafka's answers to tests/vectors/assignors for the tests without Java.
"""

import gzip
import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from compat import apache_kafka
from tests.coordinator.group.consumer.assignors import cases

PROGRAM = Path(__file__).parent / "Assignors.java"
VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "assignors" / "cases.jsonl.gz"
STORED_SEEDS = range(40)
SEEDS = range(1000, 1150)
WAIT_S = 240

if shutil.which("javac") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


def kafka_answers(asked):
    """What Apache Kafka's assignors answer to the cases."""
    lines = "".join(f"{json.dumps(case)}\n" for case in asked)
    command = apache_kafka.java(str(PROGRAM))
    done = subprocess.run(command, check=True, input=lines, stdout=subprocess.PIPE, text=True, timeout=WAIT_S)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_our_assignors_answer_as_kafkas_do():
    asked = cases.lives(SEEDS)
    kinds = Counter()
    for case, theirs in zip(asked, kafka_answers(asked), strict=True):
        ours = cases.answer(case)
        exact = cases.is_exact(case) or "error" in theirs
        if exact:
            assert ours == theirs, case
        else:
            assert cases.summary(case, ours) == cases.summary(case, theirs), case
        kinds[case["assignor"], "exact" if exact else "alike"] += 1
    assert min(kinds["uniform", "exact"], kinds["uniform", "alike"], kinds["range", "exact"]) > 100, kinds


if __name__ == "__main__":
    stored = cases.lives(STORED_SEEDS)
    VECTORS.parent.mkdir(exist_ok=True)
    rows = [{**case, "answer": answer} for case, answer in zip(stored, kafka_answers(stored), strict=True)]
    text = "".join(f"{json.dumps(row, separators=(',', ':'))}\n" for row in rows)
    VECTORS.write_bytes(gzip.compress(text.encode(), mtime=0))
