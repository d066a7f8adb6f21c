"""`__consumer_offsets` partitions that Apache Kafka wrote, replayed to the state that its dump tool tells."""

import base64
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from kwire.coordinator.group.classic.group import State
from kwire.coordinator.group.classic.records import group_record, group_tombstone
from kwire.coordinator.group.consumer import records as consumer_records
from kwire.coordinator.group.records import (
    decode_record,
    offset_record,
    offset_tombstone,
)
from kwire.coordinator.group.shard import GroupShard
from kwire.coordinator.group.topics import TopicHashes
from kwire.coordinator.loading import load
from kwire.protocol.records.batch import iter_headers
from kwire.protocol.records.record import iter_records
from kwire.storage.config import LogConfig
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import build_env

SEGMENTS = Path(__file__).parents[2] / "vectors" / "segments"
NAMES = ["__consumer_offsets-0", "__consumer_offsets-1"]
GROUP, OFFSET, CONSUMER_GROUP, CONSUMER_MEMBER = "2", "1", "3", "5"
"""Record types of classic groups, of offsets, of consumer groups and of their members in the dump."""


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def facts(name):
    """Every (batch, record) of the dump."""
    files = json.loads((SEGMENTS / f"{name}.facts.json").read_text())["files"]
    for batch in files["00000000000000000000.log"]:
        for record in batch["records"]:
            yield batch, record


def stored(name):
    """Every (header, record) of the log file."""
    data = (SEGMENTS / name / "00000000000000000000.log").read_bytes()
    for position, header in iter_headers(data):
        for record in iter_records(data, header, position):
            yield header, record


def expected_offsets(name):
    """{group: {(topic, partition): offset}} as the dump's records give it."""
    offsets, pending = {}, {}
    for batch, record in facts(name):
        if batch["isControl"]:
            ended = pending.pop(batch["producerId"], {})
            if record["endTxnMarker"] == "COMMIT":
                for (group, *rest), offset in ended.items():
                    offsets.setdefault(group, {})[tuple(rest)] = offset
            continue
        key, payload = record["key"], record["payload"]
        if key["type"] != OFFSET:
            continue
        group, topic, index = (key["data"][each] for each in ("group", "topic", "partition"))
        if batch["isTransactional"]:
            pending.setdefault(batch["producerId"], {})[group, topic, index] = payload["data"]["offset"]
        elif not isinstance(payload, dict):  # a tombstone
            offsets.get(group, {}).pop((topic, index), None)
        else:
            offsets.setdefault(group, {})[topic, index] = payload["data"]["offset"]
    return {group: rows for group, rows in offsets.items() if rows}


def expected_consumer_groups(name):
    """{group: its epoch} and {(group, member)} of the consumer groups that were not deleted."""
    epochs, members = {}, set()
    for batch, record in facts(name):
        if batch["isControl"] or record["key"]["type"] not in {CONSUMER_GROUP, CONSUMER_MEMBER}:
            continue
        key, deleted = record["key"]["data"], not isinstance(record["payload"], dict)
        if record["key"]["type"] == CONSUMER_MEMBER:
            place = key["groupId"], key["memberId"]
            (members.discard if deleted else members.add)(place)
        elif deleted:
            epochs.pop(key["groupId"], None)
        else:
            epochs[key["groupId"]] = record["payload"]["data"]["epoch"]
    assert any(epochs)
    return epochs, members


def expected_groups(name):
    """{group: its last value} of classic groups that were not deleted."""
    groups = {}
    for batch, record in facts(name):
        if not batch["isControl"] and record["key"]["type"] == GROUP:
            groups[record["key"]["data"]["group"]] = record["payload"]
    return {group: value["data"] for group, value in groups.items() if isinstance(value, dict)}


def test_the_log_replays_to_what_the_dump_says(name, tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    shutil.copytree(SEGMENTS / name, root / name)
    for path in (root / name).iterdir():
        path.chmod(0o644)
    (root / name).chmod(0o755)
    topic, _, partition = name.rpartition("-")
    topic_id = _topic_id(root / name)
    store = SegmentStore(str(root), build_env(), node_id=1)
    store.start()
    try:
        machine = GroupShard(lambda: None, lambda _group_id: None, lambda: "", lambda: None)
        for _ in load(store.open(topic, topic_id, int(partition), LogConfig()), machine):
            pass
    finally:
        store.close()
    told = {
        group_id: {
            (topic, index): found.offset
            for topic, partitions in machine.offsets.of(group_id).items()
            for index, found in partitions.items()
        }
        for group_id in machine.groups
        if machine.offsets.of(group_id)
    }
    assert told == expected_offsets(name)
    epochs, members = expected_consumer_groups(name)
    found = {each.group_id: each for each in machine.groups.values() if each.group_type == "consumer"}
    assert {group_id: group.epoch for group_id, group in found.items()} == epochs
    assert {group_id: group.target_epoch for group_id, group in found.items()} == epochs
    assert {(group.group_id, member_id) for group in found.values() for member_id in group.members} == members
    wanted = expected_groups(name)
    assert wanted
    for group_id, value in wanted.items():
        group = machine.groups[group_id]
        assert (group.generation_id, group.protocol_type or "") == (value["generation"], value["protocolType"])
        assert group.state is (State.STABLE if value["members"] else State.EMPTY)
        assert list(group.members) == [member["memberId"] for member in value["members"]]


def _topic_id(directory):
    text = (directory / "partition.metadata").read_text()
    encoded = next(line.partition(": ")[2] for line in text.splitlines() if line.startswith("topic_id"))
    return base64.urlsafe_b64decode(encoded + "==")


def written_again(found):
    """The record as kwire writes it from what it understood."""
    key, value = found.key, found.value
    match type(key).__name__:
        case "GroupMetadataKey":
            return group_tombstone(key.group) if value is None else group_record(key.group, value)
        case "OffsetCommitKey":
            place = key.group, key.topic, key.partition
            return offset_tombstone(*place) if value is None else offset_record(*place, value)
        case "ConsumerGroupMetadataKey":
            said = (None,) if value is None else (value.epoch, value.metadata_hash)
            return consumer_records.group_epoch_record(key.group_id, *said)
        case "ConsumerGroupPartitionMetadataKey":
            assert value is None
            return consumer_records.partition_metadata_tombstone(key.group_id)
        case "ConsumerGroupTargetAssignmentMetadataKey":
            said = (None,) if value is None else (value.assignment_epoch, value.assignment_timestamp)
            return consumer_records.target_epoch_record(key.group_id, *said)
    write, understand = {
        "ConsumerGroupMemberMetadataKey": (consumer_records.member_record, consumer_records.subscription_of),
        "ConsumerGroupTargetAssignmentMemberKey": (
            consumer_records.target_assignment_record,
            consumer_records.target_of,
        ),
        "ConsumerGroupCurrentMemberAssignmentKey": (
            consumer_records.current_assignment_record,
            consumer_records.ownership_of,
        ),
    }[type(key).__name__]
    return write(key.group_id, key.member_id, None if value is None else understand(value))


def test_each_record_is_written_as_kafka_writes_it(name):
    written = 0
    for header, record in stored(name):
        if header.is_control:
            continue
        key = bytes(record.key)
        value = None if record.value is None else bytes(record.value)
        found = decode_record(key, value)
        if found is None:
            assert int.from_bytes(key[:2], "big") not in {*range(9), 16}
            continue
        again = written_again(found)
        assert (again.key_bytes, again.value_bytes) == (key, value)
        written += 1
    assert written > 20


@pytest.mark.parametrize(
    ("group_id", "topic", "topic_id", "partitions"),
    [
        ("seg-consumer", "seg-mixed", "R0bGnumXQ0aGIimExiJA_A", 1),
        ("ck-group-consumer", "ck-topic", "mc_D9UOwRfaUhr97qw1ZMA", 2),
        ("java-group-consumer", "java-topic", "RkM7vAjiR4G_at9hdnyW6g", 2),
    ],
)
def test_the_hash_of_a_groups_topics_is_kafkas(group_id, topic, topic_id, partitions):
    view = SimpleNamespace(name=topic, topic_id=base64.urlsafe_b64decode(topic_id + "=="), partitions=range(partitions))
    topics = SimpleNamespace(topics={topic: view}, topic={topic: view}.get)
    stored = [
        record["payload"]["data"]["metadataHash"]
        for name in NAMES
        for batch, record in facts(name)
        if not batch["isControl"]
        and record["key"]["type"] == CONSUMER_GROUP
        and record["key"]["data"]["groupId"] == group_id
        and isinstance(record["payload"], dict)
        and "metadataHash" in record["payload"]["data"]
    ]
    assert stored == [TopicHashes().of_topics(topics, [topic, "missing"])]
