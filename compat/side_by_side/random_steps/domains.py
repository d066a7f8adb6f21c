"""The domains of random steps, and the configs that they need."""

import time
from pathlib import Path

from compat.side_by_side.random_steps.admin import admin
from compat.side_by_side.random_steps.classic_groups import TOPICS, classic
from compat.side_by_side.random_steps.consumer_groups import consumer, mixed
from compat.side_by_side.random_steps.offsets import offsets
from compat.side_by_side.random_steps.records import records
from compat.side_by_side.wire import Wire
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.heartbeat import HeartbeatRequest

DOMAINS = {domain.name: domain for domain in (classic, offsets, consumer, mixed, records, admin)}

ASSIGNORS = {"group.consumer.assignors": "range,uniform"}
"""Apache Kafka's uniform assignor chooses at random among equals."""
CONFIGS = {
    "kwire": ASSIGNORS,
    "kafka": ASSIGNORS
    | {
        "num.io.threads": 1,  # so that requests are handled in order
        "num.network.threads": 1,
        "group.coordinator.threads": 1,
        "group.coordinator.append.linger.ms": 0,
    },
}
"""Configs of brokers that serve random steps only. Other brokers serve them as well, more slowly."""
SEQUENCES = sorted((Path(__file__).parent / "sequences").iterdir())
"""Sequences that once differed, or that show a rule of differences.toml, as files NAME.DOMAIN."""
READY_S = 30
UNKNOWN_MEMBER_ID = 25


def prepare(address):
    """Create the topics that group members consume, and wait until the broker has loaded its coordinators."""
    wire = Wire(address)
    wire.ask(CreateTopicsRequest([CreatableTopic(name, count, 1) for name, count in TOPICS.items()], 10_000), 7)
    ready_by = time.monotonic() + READY_S
    for group in range(60):  # enough to hit nearly all of the 50 partitions
        while time.monotonic() < ready_by:
            found = wire.ask(FindCoordinatorRequest("", 0, [f"g-{group}"]), 4).coordinators[0].error_code
            if found == 0 and wire.ask(HeartbeatRequest(f"g-{group}", 0, "m"), 4).error_code == UNKNOWN_MEMBER_ID:
                break
            time.sleep(0.1)
    wire.close()
