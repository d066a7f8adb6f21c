"""JoinGroup."""

import pytest
import trio

from kwire.api import join_group
from kwire.coordinator.group import first_generation
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.join_group import JoinGroupRequest


async def in_background(nursery, results, name, call, *args, **fields):
    """The call runs beside the test; its result appears in results. It has waited when this returns."""

    async def run():
        results[name] = await call(*args, **fields)

    nursery.start_soon(run)
    await trio.testing.wait_all_tasks_blocked()


async def test_a_new_member_is_given_an_id_first(groups):
    told = await groups.join(version=4)
    assert (told.error_code, told.generation_id) == (ErrorCode.MEMBER_ID_REQUIRED, -1)
    assert told.member_id.startswith("test-")
    joined = await groups.join(told.member_id)
    assert (joined.error_code, joined.generation_id) == (0, 1)
    assert (joined.protocol_type, joined.protocol_name) == ("consumer", "range")
    assert joined.leader == joined.member_id == told.member_id
    assert [(each.member_id, each.metadata) for each in joined.members] == [(told.member_id, b"m")]


async def test_before_version_4_it_joins_at_once(groups):
    joined = await groups.join(version=3)
    assert (joined.error_code, joined.generation_id, joined.protocol_type) == (0, 1, None)


@pytest.mark.parametrize("version", range(10))
async def test_each_version_says_why_it_refuses(groups, version):
    refused = await groups.join("nobody", version=version)
    assert (refused.error_code, refused.member_id) == (ErrorCode.UNKNOWN_MEMBER_ID, "nobody")
    assert refused.protocol_name == (None if version >= 7 else "")


async def test_bad_requests(groups):
    assert (await groups.join(group_id="")).error_code == ErrorCode.INVALID_GROUP_ID
    assert (await groups.join(session_timeout_ms=5999)).error_code == ErrorCode.INVALID_SESSION_TIMEOUT
    assert (await groups.join(session_timeout_ms=1_800_001)).error_code == ErrorCode.INVALID_SESSION_TIMEOUT
    assert (await groups.join(protocols=())).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert (await groups.join(protocol_type="")).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


async def test_only_the_leader_of_the_partition_coordinates(group_world):
    groups = await group_world(3)
    others = {1, 2, 3} - {groups.coordinator_of("g")}
    for node_id in others:
        request = JoinGroupRequest(group_id="g", session_timeout_ms=10_000)
        refused = await join_group.handle(request, groups.context(9, node_id))
        assert refused.error_code == ErrorCode.NOT_COORDINATOR
    assert (await groups.enter()).error_code == 0


async def test_without_the_topic_nobody_coordinates(context):
    context.api_version = 9
    refused = await join_group.handle(JoinGroupRequest(group_id="g", session_timeout_ms=10_000), context)
    assert refused.error_code == ErrorCode.NOT_COORDINATOR


async def test_the_first_member_waits_for_nobody_and_joins_again_for_the_second(groups, nursery):
    first = await groups.lead()
    told = await groups.join(protocols=[("sticky", b"s"), ("range", b"r")])
    results = {}
    await in_background(
        nursery, results, "second", groups.join, told.member_id, protocols=[("sticky", b"s"), ("range", b"r")]
    )
    assert not results
    assert await groups.beat(first) == ErrorCode.REBALANCE_IN_PROGRESS
    again = await groups.join(first.member_id)
    await trio.testing.wait_all_tasks_blocked()
    second = results["second"]
    assert (again.generation_id, second.generation_id) == (2, 2)
    assert again.protocol_name == second.protocol_name == "range"
    assert again.leader == second.leader == first.member_id
    assert [each.metadata for each in again.members] == [b"m", b"r"]
    assert second.members == []


async def test_a_client_that_goes_away_while_it_waits_is_still_a_member(groups, nursery):
    first = await groups.lead()
    told = await groups.join()
    with trio.CancelScope() as scope:
        nursery.start_soon(lambda: _cancelled(scope, groups, told.member_id))
        await trio.testing.wait_all_tasks_blocked()
        scope.cancel()
    again = await groups.join(first.member_id)
    assert {each.member_id for each in again.members} == {first.member_id, told.member_id}


async def _cancelled(scope, groups, member_id):
    with trio.CancelScope() as own:
        own.shield = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(groups.join, member_id)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()


async def test_a_silent_member_is_left_out_after_the_rebalance_timeout(groups, nursery):
    await groups.lead(rebalance_timeout_ms=20_000)
    told = await groups.join(rebalance_timeout_ms=5_000)
    results = {}
    await in_background(nursery, results, "second", groups.join, told.member_id, rebalance_timeout_ms=5_000)
    groups.pass_time(9.9)
    await trio.testing.wait_all_tasks_blocked()
    assert not results
    groups.pass_time(0.2)  # the first member's session
    await trio.testing.wait_all_tasks_blocked()
    assert results["second"].generation_id == 2
    assert results["second"].leader == told.member_id


@pytest.mark.honours(broker="group.max.size")
async def test_a_group_has_a_largest_size(group_world):
    groups = await group_world(group_max_size=1)
    await groups.lead()
    assert (await groups.join(version=3)).error_code == ErrorCode.GROUP_MAX_SIZE_REACHED


@pytest.mark.honours(broker="group.initial.rebalance.delay.ms")
async def test_the_first_rebalance_waits_where_it_is_told_to(group_world, nursery):
    groups = await group_world(group_initial_rebalance_delay_ms=3000)
    results = {}
    await in_background(nursery, results, 1, groups.join, version=3)
    groups.pass_time(2)
    await in_background(nursery, results, 2, groups.join, version=3)
    groups.pass_time(1.1)
    await trio.testing.wait_all_tasks_blocked()
    assert not results  # the second member came meanwhile
    groups.pass_time(3)
    await trio.testing.wait_all_tasks_blocked()
    assert [results[1].generation_id, results[2].generation_id] == [1, 1]
    assert len(results[1].members) == 2


async def pass_ms(groups, times_ms):
    """Time passes in such steps."""
    for time_ms in times_ms:
        groups.pass_time(time_ms / 1000)
        await trio.testing.wait_all_tasks_blocked()


async def test_members_that_come_together_are_in_the_first_generation(groups, nursery, monkeypatch):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    results = {}
    for number in range(3):
        await in_background(nursery, results, number, groups.join, version=3)
        await pass_ms(groups, [1])
    await pass_ms(groups, [2])
    assert not results  # the last one came within the first 3 ms
    await pass_ms(groups, [1, 1, 1])
    assert [results[number].generation_id for number in range(3)] == [1, 1, 1]
    assert len(results[0].members) == 3


async def test_the_first_generation_does_not_wait_for_ever(groups, nursery, monkeypatch):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    results = {}
    came = 0
    while not results:
        assert came * 2 < first_generation.FIRST_JOINS_LONGEST_MS + 4
        await in_background(nursery, results, came, groups.join, version=3)
        await pass_ms(groups, [1, 1])
        came += 1
    assert came * 2 >= first_generation.FIRST_JOINS_LONGEST_MS - 4
    assert {each.generation_id for each in results.values()} == {1}
    assert len(results[0].members) == len(results) == came


async def join_each_ms(groups, nursery, count, then_ms):
    """The results of so many new members, one each ms, that much later."""
    results = {}
    for number in range(count):
        await in_background(nursery, results, number, groups.join, version=3)
        await pass_ms(groups, [1])
    await pass_ms(groups, [then_ms])
    return results


async def test_members_that_are_on_their_way_are_waited_for(groups, nursery, monkeypatch):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    await groups.look_for(1, 2, 3)
    results = await join_each_ms(groups, nursery, 2, 50)
    assert not results
    await in_background(nursery, results, 2, groups.join, version=3)
    await pass_ms(groups, [2])
    assert not results  # there might be more of them
    await pass_ms(groups, [1])
    assert [results[number].generation_id for number in range(3)] == [1, 1, 1]


async def test_members_that_do_not_come_are_not_waited_for(groups, nursery, monkeypatch):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    await groups.look_for(*range(9))
    results = await join_each_ms(groups, nursery, 1, first_generation.OTHERS_JOIN_MS - 2)
    assert not results
    await pass_ms(groups, [1])
    assert results[0].generation_id == 1


@pytest.mark.parametrize(
    ("ports", "apart_ms"), [((1,), 0), ((1, 1), 1), ((1, 2), 40)], ids=["alone", "asks twice", "asks elsewhere later"]
)
async def test_one_that_comes_alone_does_not_wait(groups, nursery, monkeypatch, ports, apart_ms):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    for port in ports:
        await groups.look_for(port)
        await groups.look_for(7, 8, 9, group_id="other")
        await pass_ms(groups, [apart_ms])
    results = await join_each_ms(groups, nursery, 1, 2)
    assert results[0].generation_id == 1


async def test_others_that_asked_long_ago_are_not_waited_for(groups, nursery, monkeypatch):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    await groups.look_for(1, 2, 3)
    await pass_ms(groups, [1001])
    results = await join_each_ms(groups, nursery, 1, 2)
    assert results[0].generation_id == 1


async def test_the_first_member_is_not_kept_waiting_by_those_who_come_and_go(groups, nursery, monkeypatch):
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 3)
    await groups.look_for(1, 2)
    results = await join_each_ms(groups, nursery, 1, 1)
    waited_ms = 0
    while 0 not in results:
        assert waited_ms <= first_generation.OTHERS_JOIN_LONGEST_MS + first_generation.FIRST_JOINS_LONGEST_MS
        port = 10 + waited_ms
        await groups.look_for(port)
        await in_background(nursery, results, port, groups.join, version=3)
        await pass_ms(groups, [2])
        waited_ms += 2
    assert results[0].error_code == 0


async def test_a_delay_that_was_set_is_kept_to(group_world, nursery):
    groups = await group_world(group_initial_rebalance_delay_ms=3000)
    await groups.look_for(1, 2)
    results = await join_each_ms(groups, nursery, 2, 2990)
    assert not results
    await pass_ms(groups, [8])
    assert not results  # one had come meanwhile: once more
    await pass_ms(groups, [3000])
    assert len(results[0].members) == 2


async def test_a_restarted_static_member_takes_its_place_without_a_rebalance(groups):
    first = await groups.join(group_instance_id="i")
    await groups.sync(first, [(first.member_id, b"all")], group_instance_id="i")
    again = await groups.join(group_instance_id="i")
    assert (again.error_code, again.generation_id) == (0, 1)
    assert again.member_id != first.member_id
    assert (again.leader, again.skip_assignment) == (again.member_id, True)
    assert [each.group_instance_id for each in again.members] == ["i"]
    assert (await groups.sync(again, group_instance_id="i")).assignment == b"all"
    assert await groups.beat(first, group_instance_id="i") == ErrorCode.FENCED_INSTANCE_ID
    assert (await groups.join(first.member_id, group_instance_id="i")).error_code == ErrorCode.FENCED_INSTANCE_ID


async def test_before_version_9_it_is_told_that_another_leads(groups):
    first = await groups.join(group_instance_id="i", version=8)
    await groups.sync(first, [(first.member_id, b"all")], group_instance_id="i")
    again = await groups.join(group_instance_id="i", version=8)
    assert (again.error_code, again.leader, again.members) == (0, first.member_id, [])


@pytest.mark.honours(broker=("group.min.session.timeout.ms", "group.max.session.timeout.ms"))
async def test_session_timeouts_have_bounds(group_world):
    groups = await group_world(group_min_session_timeout_ms=100, group_max_session_timeout_ms=200)
    for timeout_ms, code in ((99, ErrorCode.INVALID_SESSION_TIMEOUT), (100, 0), (200, 0)):
        assert (
            await groups.join(version=3, group_id=f"g{timeout_ms}", session_timeout_ms=timeout_ms)
        ).error_code == code
    assert (await groups.join(session_timeout_ms=201)).error_code == ErrorCode.INVALID_SESSION_TIMEOUT


@pytest.mark.parametrize("version", [5, 9])
async def test_the_longest_names(groups, version):
    longest = "g" * 32_767
    told = await groups.join(version=version, group_id=longest)
    assert (await groups.join(told.member_id, version=version, group_id=longest)).error_code == 0
    refused = await groups.join(version=version, group_instance_id=longest)
    assert (refused.error_code, refused.member_id) == (ErrorCode.UNKNOWN_SERVER_ERROR, "")
    static = await groups.join(version=version, group_instance_id="i" * 32_000)
    assert (await groups.sync(static, group_instance_id="i" * 32_000)).error_code == 0


async def test_two_thousand_members(groups, nursery):
    count, joined = 2_000, {}

    async def enter(number):
        joined[number] = await groups.enter()

    leader = await groups.lead()
    for number in range(count):
        nursery.start_soon(enter, number)
    await trio.testing.wait_all_tasks_blocked()
    assert not joined
    told = await groups.join(leader.member_id)
    await trio.testing.wait_all_tasks_blocked()
    assert {each.generation_id for each in joined.values()} == {told.generation_id}
    assert len({each.member_id for each in told.members}) == count + 1
    given = [(each.member_id, each.member_id.encode()) for each in told.members]
    assert (await groups.sync(told, given)).assignment == leader.member_id.encode()
    for each in joined.values():
        assert (await groups.sync(each)).assignment == each.member_id.encode()
        assert await groups.beat(each) == 0
