"""What the comparison asks of a group coordinator: rebalances, commits, and members that only live."""

from __future__ import annotations

import shutil
import subprocess
import time
from itertools import chain
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from group_members import NOT_YET, Group
from raw_requests import CONSUMER_GROUP_DESCRIBE, FIND_COORDINATOR, HEARTBEAT, OFFSET_COMMIT, VERSIONS, Client, frame
from workloads import closed_loop, create_topics

from compat import apache_kafka
from kwire.protocol import frames
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)

if TYPE_CHECKING:
    from brokers import Broker
    from workloads import Figures

TOPIC = "groups"
MEMBERS = 50
LEAVERS = 3
REBALANCE_BEAT_S = 0.05
"""So often do members look whether there is a rebalance, so that they do not hide what the broker takes."""
BUSY_MEMBERS = 8
CLEANED = 5
"""Commits are measured so many times longer: long enough for the broker to clean what they leave, if it does."""
IDLE_MEMBERS = 200
IDLE_BEAT_S = 3.0
"""Kafka's default."""
CONSUMER_WAIT_S = 60
POLL_S = 0.01
JAVA_MEMBERS = Path(apache_kafka.__file__).parent / "java" / "Members.java"


def groups(broker: Broker, number: int, seconds: float, idle_s: float, *, stock: bool) -> Figures:
    """All of it; number: of groups that are formed. stock: stock consumers too, at their own slow pace."""
    broker.create_topic(TOPIC)
    wait_coordinator(broker)
    figures = rebalances(broker, number)
    # before the commits, of which kwire's cleaner has some seconds' work afterwards
    figures |= idle_members(broker, idle_s)
    figures |= busy_members(broker, seconds)
    if not stock or broker.kind == "kfake":
        return figures
    for protocol in ("classic", "consumer"):
        figures |= consumers(broker, protocol)
    return figures | java_consumers(broker) if shutil.which("java") else figures


def wait_coordinator(broker: Broker) -> None:
    """The broker coordinates groups: its internal topic is there, and loaded."""
    client = Client(broker.port)
    asked = frame(FIND_COORDINATOR, FindCoordinatorRequest(key_type=0, coordinator_keys=["any"]))
    beat = frame(HEARTBEAT, HeartbeatRequest("any", 0, "nobody"))
    while True:
        found: Any = client.message(FIND_COORDINATOR, asked)
        if found.coordinators[0].error_code == 0:
            told: Any = client.message(HEARTBEAT, beat)
            if told.error_code not in NOT_YET:
                break
        time.sleep(POLL_S)
    client.close()


def rebalances(broker: Broker, number: int) -> Figures:
    """Members that all come at once, and of whom then one after the other leaves."""
    stable_s, left_s = [], []
    for index in range(number):
        group = Group(broker.port, f"rebalances-{index}", TOPIC, REBALANCE_BEAT_S)
        started_s = time.perf_counter()
        group.add(MEMBERS)
        group.run_until(lambda group=group: group.is_stable)  # type: ignore[misc]
        stable_s.append(time.perf_counter() - started_s)
        for _ in range(LEAVERS):
            before = group.generation_id
            started_s = time.perf_counter()
            group.leave()
            group.run_until(lambda group=group, before=before: group.is_stable and group.generation_id > before)  # type: ignore[misc]
            left_s.append(time.perf_counter() - started_s)
        group.close()
    return {
        f"{MEMBERS} members until stable [ms]": median(stable_s) * 1000,
        f"rebalance when one of {MEMBERS} members leaves [ms]": median(left_s) * 1000,
    }


def busy_members(broker: Broker, seconds: float) -> Figures:
    """Members of a group, each with one request in flight: Heartbeat, then OffsetCommit of one partition."""
    group = Group(broker.port, "commits", TOPIC, IDLE_BEAT_S)
    group.add(BUSY_MEMBERS)
    group.run_until(lambda: group.is_stable)
    rows = [OffsetCommitRequestTopic(TOPIC, partitions=[OffsetCommitRequestPartition(0, 7, 0, "")])]
    members = [(group.group_id, each.generation_id, each.member_id) for each in group.members]
    sockets = [member.client.socket for member in group.members]
    figures: Figures = {}
    for name, api_key, requests, times in (
        ("heartbeats", HEARTBEAT, [HeartbeatRequest(*member) for member in members], 1),
        ("offset commits", OFFSET_COMMIT, [OffsetCommitRequest(*member, topics=rows) for member in members], CLEANED),
    ):
        asked = [frame(api_key, request) for request in requests]
        closed_loop(sockets, asked, time.perf_counter() + 2 * seconds)  # to be warm
        cpu_s, started_s = broker.cpu_s(), time.perf_counter()
        latencies_s, replies = closed_loop(sockets, asked, started_s + seconds * times)
        elapsed_s, cpu_s = time.perf_counter() - started_s, broker.cpu_s() - cpu_s
        for reply in replies:
            told: Any = frames.decode_response(api_key, VERSIONS[api_key], reply[4:])[1]
            if told.error_code if api_key == HEARTBEAT else told.topics[0].partitions[0].error_code:
                raise SystemExit(f"{name}: {told}")
        named = f"{name}, {BUSY_MEMBERS} members"
        figures |= {
            f"{named} [/s]": len(latencies_s) / elapsed_s,
            f"{named}, p99 [µs]": sorted(latencies_s)[len(latencies_s) * 99 // 100] * 1e6,
            f"{named}, broker CPU [µs each]": cpu_s / len(latencies_s) * 1e6,
        }
    group.close()
    return figures


def idle_members(broker: Broker, seconds: float) -> Figures:
    """Members of one group that do nothing but beat, at times spread over the interval."""
    group = Group(broker.port, "idle", TOPIC, IDLE_BEAT_S)
    group.add(IDLE_MEMBERS)
    group.run_until(lambda: group.is_stable)
    group.spread()
    settled_s = time.perf_counter() + IDLE_BEAT_S
    group.run_until(lambda: time.perf_counter() > settled_s)
    cpu_s, beats, started_s = broker.cpu_s(), group.beats, time.perf_counter()
    group.run_until(lambda: time.perf_counter() > started_s + seconds)
    cpu_s, beats = broker.cpu_s() - cpu_s, group.beats - beats
    group.close()
    return {
        f"{IDLE_MEMBERS} idle members, broker CPU [ms/s]": cpu_s / seconds * 1000,
        f"{IDLE_MEMBERS} idle members, broker CPU [µs a heartbeat]": cpu_s / beats * 1e6,
    }


def consumers(broker: Broker, protocol: str) -> Figures:
    """confluent-kafka's consumers, with their own pace, until they share a topic with a partition for each."""
    from confluent_kafka import Consumer

    topic = f"consumers-{protocol}"
    create_shared(broker, topic)
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": topic, "group.protocol": protocol}
    members = [Consumer(settings) for _ in range(MEMBERS)]
    started_s = time.perf_counter()
    for member in members:
        member.subscribe([topic])
    stable_s = _until_shared(members) - started_s
    started_s = time.perf_counter()
    members.pop().close()
    left_s = _until_shared(members) - started_s
    for member in members:
        member.close()
    return {
        f"{MEMBERS} confluent-kafka consumers ({protocol}) until stable [ms]": stable_s * 1000,
        f"rebalance when one of {MEMBERS} confluent-kafka consumers ({protocol}) leaves [ms]": left_s * 1000,
    }


def create_shared(broker: Broker, topic: str) -> None:
    """The topic has a partition for each member."""
    client = Client(broker.port)
    create_topics(client, [topic], MEMBERS)
    client.close()


def java_consumers(broker: Broker) -> Figures:
    """Java's consumers (`group.protocol=consumer`) in one process, until the broker says that they share a topic."""
    group_id = "consumers-java"
    create_shared(broker, group_id)
    command = apache_kafka.java(str(JAVA_MEMBERS), broker.bootstrap)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
        started_s = time.perf_counter()
        for number in range(MEMBERS):
            process.stdin.write(f"join m{number} {group_id} - - {group_id}\n")
        process.stdin.flush()
        stable_s = _until_described(broker, group_id, MEMBERS) - started_s
        started_s = time.perf_counter()
        process.stdin.write(f"close m0 {group_id}\n")
        process.stdin.flush()
        left_s = _until_described(broker, group_id, MEMBERS - 1) - started_s
        process.kill()
    return {
        f"{MEMBERS} Java consumers (consumer) until stable [ms]": stable_s * 1000,
        f"rebalance when one of {MEMBERS} Java consumers (consumer) leaves [ms]": left_s * 1000,
    }


def _until_described(broker: Broker, group_id: str, members: int) -> float:
    """When the broker describes a stable group of so many members that have all partitions."""
    client = Client(broker.port)
    asked = frame(CONSUMER_GROUP_DESCRIBE, ConsumerGroupDescribeRequest([group_id]))
    deadline_s = time.perf_counter() + CONSUMER_WAIT_S
    while time.perf_counter() < deadline_s:
        described: Any = client.message(CONSUMER_GROUP_DESCRIBE, asked)
        group = described.groups[0]
        owned = [len(topic.partitions) for each in group.members for topic in each.assignment.topic_partitions]
        if group.group_state == "Stable" and len(owned) == len(group.members) == members and sum(owned) == MEMBERS:
            client.close()
            return time.perf_counter()
        time.sleep(POLL_S)
    raise SystemExit(f"{group_id} does not become stable")


def _until_shared(members: list[Any]) -> float:
    """When every partition has one owner among the members, and every member has one."""
    deadline_s = time.perf_counter() + CONSUMER_WAIT_S
    while time.perf_counter() < deadline_s:
        for member in members:
            member.poll(0)
        owned = [[each.partition for each in member.assignment()] for member in members]
        if all(owned) and sorted(chain.from_iterable(owned)) == list(range(MEMBERS)):
            return time.perf_counter()
        time.sleep(POLL_S)
    raise SystemExit("the consumers do not come to share their topic")
