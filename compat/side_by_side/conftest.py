"""Brokers that several modules share."""

import pytest

from compat.side_by_side.random_steps.domains import CONFIGS, prepare


@pytest.fixture(scope="session")
def shared_pair(start_broker):
    """Start kwire and Apache Kafka, create topics t and u, and wait until everything is loaded."""
    with start_broker("kwire", **CONFIGS["kwire"]) as kwire, start_broker("kafka", **CONFIGS["kafka"]) as kafka:
        prepare(kwire.bootstrap)
        prepare(kafka.bootstrap)
        yield kwire, kafka
