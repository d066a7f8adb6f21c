"""The record batch vectors, and the fixtures that run a test once for each of them.

vector: every line; stored_batch: every v2 batch that Kafka reads; legacy_batch: every one of magic 0 and 1.
"""

import base64
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

VECTORS = Path(__file__).parents[2] / "vectors" / "recordbatches" / "batches.jsonl.gz"


@dataclass(frozen=True)
class Vector:
    name: str
    facts: dict

    @property
    def data(self):
        return bytes.fromhex(self.facts["hex"])


@dataclass(frozen=True)
class StoredBatch:
    """One batch of a vector: where it starts in the vector's bytes, and what Kafka reads there."""

    name: str
    data: bytes
    offset: int
    facts: dict

    @property
    def bytes(self):
        return self.data[self.offset : self.offset + self.facts["sizeInBytes"]]

    @property
    def expected_records(self):
        return [
            (
                record["offset"],
                record["timestamp"],
                unbase64(record["key"]),
                unbase64(record["value"]),
                [(key, unbase64(value)) for key, value in record["headers"]],
            )
            for record in self.facts["records"]
        ]


def unbase64(text):
    return None if text is None else base64.b64decode(text)


def load_vectors():
    with gzip.open(VECTORS, "rt", encoding="utf-8", newline="\n") as lines:
        return [Vector(facts["name"], facts) for facts in map(json.loads, lines)]


def stored_batches(vectors):
    for vector in vectors:
        offset = 0
        for index, facts in enumerate(vector.facts.get("batches", [])):
            name = f"{vector.name}#{index}" if index else vector.name
            yield StoredBatch(name, vector.data, offset, facts)
            offset += facts["sizeInBytes"]


def pytest_generate_tests(metafunc):
    wanted = {"vector", "stored_batch", "legacy_batch", "all_vectors"} & set(metafunc.fixturenames)
    for fixture in wanted:
        vectors = load_vectors()
        if fixture == "all_vectors":
            metafunc.parametrize(fixture, [vectors], ids=["all"])
            continue
        cases = vectors
        if fixture != "vector":
            is_legacy = fixture == "legacy_batch"
            cases = [case for case in stored_batches(vectors) if (case.facts["magic"] < 2) is is_legacy]
        metafunc.parametrize(fixture, cases, ids=[case.name for case in cases])
