"""A third kind of group comes by one call, and the shard asks it where it asks the others."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from kwire.coordinator.decision import Decision
from kwire.coordinator.group.commands import (
    Beat,
    DeleteGroup,
    DescribeConsumerGroup,
    DescribeGroup,
    ExpireOffsets,
    Join,
    Leave,
    ListGroups,
    SessionExpired,
    Sync,
)
from kwire.coordinator.group.records import record
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest
from kwire.protocol.messages.records.consumer_offsets import ShareGroupMetadataKey, ShareGroupMetadataValue
from kwire.protocol.messages.sync_group import SyncGroupRequest


@dataclass
class ShareGroup:
    group_type: ClassVar[str] = "share"

    group_id: str
    protocol_type: str = "share"
    state_name: str = "Empty"
    is_empty: bool = True
    is_abandoned: bool = True

    def tombstones(self):
        return [record(ShareGroupMetadataKey(self.group_id), None)]

    def check_commit(self, _command, _is_stored):
        pass


@dataclass
class CreateShareGroup:
    group_id: str


class Refusing:
    """Clients of the classic protocol have no place in a share group."""

    def join(self, group, _command, _now_ms, _waiter):
        raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)

    sync = leave = beat = lambda _self, _group, *_rest: (_ for _ in ()).throw(ApiError(ErrorCode.UNKNOWN_MEMBER_ID))


class ShareKind:
    group_type = "share"
    record_keys = frozenset({ShareGroupMetadataKey})
    classic_protocol = Refusing()

    def __init__(self, groups):
        self.groups = groups
        self.heard = []
        self.deciders = {CreateShareGroup: self.create}

    def create(self, command, _now_ms, _waiter):
        return Decision(True, [record(ShareGroupMetadataKey(command.group_id), ShareGroupMetadataValue(1))])

    def replay(self, stored):
        if stored.value is None:
            del self.groups[stored.key.group_id]
        else:
            self.groups[stored.key.group_id] = ShareGroup(stored.key.group_id)

    def loaded(self, group, _now_ms, _decision):
        self.heard.append(("loaded", group.group_id))

    def committed(self, group, member_id, _decision):
        self.heard.append(("committed", group.group_id, member_id))

    def session_expired(self, group, command, _now_ms):
        self.heard.append(("expired", group.group_id, command.member_id))
        return Decision()


@pytest.fixture
def shares(driver):
    kind = ShareKind(driver.machine.groups)
    driver.machine.add_kind(kind)
    driver.ask(CreateShareGroup("g"))
    assert driver.group().group_type == "share"
    return kind


def listed(driver, *types):
    return [(row.group_id, row.group_type) for row in driver.ask(ListGroups(types=types)).answer]


def test_it_is_listed_and_deleted_as_the_others(driver, shares):
    driver.join(group_id="c")
    assert listed(driver) == [("g", "share"), ("c", "classic")]
    assert listed(driver, "share") == [("g", "share")]
    assert driver.ask(DeleteGroup("g")).answer is True
    assert listed(driver) == [("c", "classic")]


def test_it_is_not_described_as_another_kind(driver, shares):
    for command, kind in ((DescribeGroup("g"), "classic"), (DescribeConsumerGroup("g"), "consumer")):
        error = driver.ask(command).answer
        assert (error.code, error.message) == (ErrorCode.GROUP_ID_NOT_FOUND, f"Group g is not a {kind} group.")


def test_its_own_protocol_answers_the_classic_requests(driver, shares):
    requests = (
        (Join(JoinGroupRequest(group_id="g"), "client", "/127.0.0.1"), ErrorCode.INCONSISTENT_GROUP_PROTOCOL),
        (Sync(SyncGroupRequest(group_id="g")), ErrorCode.UNKNOWN_MEMBER_ID),
        (Beat(HeartbeatRequest(group_id="g")), ErrorCode.UNKNOWN_MEMBER_ID),
        (Leave("g", []), ErrorCode.UNKNOWN_MEMBER_ID),
    )
    assert [driver.ask(command).answer.code for command, _ in requests] == [code for _, code in requests]
    assert driver.group().group_type == "share"


def test_no_consumer_joins_it(driver, shares):
    error = driver.consumer_beat("a", topics=("t",)).answer
    assert (error.code, error.message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group g is not a consumer group.")


def test_it_hears_of_commits_and_silence_and_loads(driver, shares):
    driver.commit(1)  # of no member
    driver.commit(1, member_id="m")
    driver.ask(SessionExpired("g", "a"))
    driver.machine.loaded(driver.now_ms)
    assert shares.heard == [("committed", "g", "m"), ("expired", "g", "a"), ("loaded", "g")]


def test_it_goes_when_it_is_abandoned(driver, shares):
    driver.ask(ExpireOffsets())
    assert listed(driver) == []
