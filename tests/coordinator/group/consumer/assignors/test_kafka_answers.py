"""The stored cases get the answers that Apache Kafka gave."""

import gzip
import json
from pathlib import Path

from tests.coordinator.group.consumer.assignors import cases

VECTORS = Path(__file__).parents[4] / "vectors" / "assignors" / "cases.jsonl.gz"


def test_the_stored_cases():
    compared = 0
    with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            ours, theirs = cases.answer(case), case["answer"]
            if cases.is_exact(case) or "error" in theirs:
                assert ours == theirs, case
            else:
                assert cases.summary(case, ours) == cases.summary(case, theirs), case
            compared += 1
    assert compared > 500
