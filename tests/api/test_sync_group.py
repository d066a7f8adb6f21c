"""SyncGroup."""

import trio

from kwire.protocol.errors import ErrorCode


async def stable_pair(groups, nursery, *, sync=True):
    """(leader, follower) of one generation."""
    leader = await groups.lead()
    told = await groups.join()
    results = {}

    async def second():
        results["second"] = await groups.join(told.member_id)

    nursery.start_soon(second)
    await trio.testing.wait_all_tasks_blocked()
    leader = await groups.join(leader.member_id)
    await trio.testing.wait_all_tasks_blocked()
    follower = results["second"]
    if sync:
        await groups.sync(leader, [(leader.member_id, b"one"), (follower.member_id, b"two")])
        assert (await groups.sync(follower)).assignment == b"two"
    return leader, follower


async def test_a_follower_waits_for_the_leaders_assignments(groups, nursery):
    leader, follower = await stable_pair(groups, nursery, sync=False)
    results = {}

    async def ask():
        results["follower"] = await groups.sync(follower)

    nursery.start_soon(ask)
    await trio.testing.wait_all_tasks_blocked()
    assert not results
    assert (await groups.sync(leader, [(follower.member_id, b"two")])).assignment == b""
    await trio.testing.wait_all_tasks_blocked()
    assert results["follower"].assignment == b"two"
    assert (results["follower"].protocol_type, results["follower"].protocol_name) == ("consumer", "range")


async def test_refusals(groups, nursery):
    leader, follower = await stable_pair(groups, nursery, sync=False)
    stale = type(leader)(generation_id=1, member_id=leader.member_id, protocol_name="range")
    assert (await groups.sync(stale)).error_code == ErrorCode.ILLEGAL_GENERATION
    other = type(leader)(generation_id=2, member_id=leader.member_id, protocol_name="sticky")
    assert (await groups.sync(other)).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    nameless = type(leader)(generation_id=2, member_id=leader.member_id, protocol_name=None)
    assert (await groups.sync(nameless)).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert (await groups.sync(nameless, [(follower.member_id, b"")], version=4)).error_code == 0
    stranger = type(leader)(generation_id=2, member_id="stranger", protocol_name="range")
    assert (await groups.sync(stranger)).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert (await groups.sync(stranger, group_id="nobody")).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert (await groups.sync(stranger, group_id="")).error_code == ErrorCode.INVALID_GROUP_ID


async def test_a_rebalance_ends_the_wait(groups, nursery):
    leader, follower = await stable_pair(groups, nursery, sync=False)
    results = {}

    async def ask():
        results["follower"] = await groups.sync(follower)

    nursery.start_soon(ask)
    await trio.testing.wait_all_tasks_blocked()
    groups.pass_time(11)  # the leader's session ends; the follower's has not begun to count, for it waits for us
    await trio.testing.wait_all_tasks_blocked()
    assert results["follower"].error_code == ErrorCode.REBALANCE_IN_PROGRESS
    assert (await groups.join(follower.member_id)).leader == follower.member_id
    assert (await groups.sync(leader)).error_code == ErrorCode.UNKNOWN_MEMBER_ID


async def test_members_that_never_ask_are_out(groups, nursery):
    leader, follower = await stable_pair(groups, nursery, sync=False)
    await groups.sync(leader)
    for _ in range(12):
        groups.pass_time(5.1)
        await groups.beat(leader)
        await groups.beat(follower)
    assert await groups.beat(follower) == ErrorCode.UNKNOWN_MEMBER_ID
    assert await groups.beat(leader) == ErrorCode.REBALANCE_IN_PROGRESS


async def test_assignments_that_cannot_be_stored_are_an_error_and_the_group_lives(groups):
    joined = await groups.enter()
    refused = await groups.sync(joined, [(joined.member_id, bytes(1_100_000))])
    assert refused.error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    again = await groups.join(joined.member_id)
    assert (again.error_code, again.generation_id) == (0, 2)
    assert (await groups.sync(again, [(joined.member_id, b"less")])).assignment == b"less"
