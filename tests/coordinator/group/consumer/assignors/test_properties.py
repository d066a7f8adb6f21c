"""Any group: what each assignor owes, first and after each change of members, subscriptions and topics."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from kwire.coordinator.group.consumer.assignors import ASSIGNORS, MemberSpec
from tests.coordinator.group.consumer.assignors.groups import again, loads, moved, owners, topic

TOPICS = st.integers(1, 5).map(topic)
COUNTS = st.dictionaries(TOPICS, st.integers(0, 9), min_size=5, max_size=5)
NAMES = st.sampled_from("abcdefgh")
SUBSCRIPTIONS = st.frozensets(TOPICS, min_size=1, max_size=4)
ASSIGNOR = st.sampled_from(list(ASSIGNORS.values()))
uniform = ASSIGNORS["uniform"]


@st.composite
def groups(draw, subscriptions=SUBSCRIPTIONS):
    names = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    return {name: MemberSpec(None, None, draw(subscriptions), {}) for name in names}


def alike():
    return SUBSCRIPTIONS.flatmap(lambda subscribed: groups(st.just(subscribed)))


def changed(draw, members, counts):
    """One join, leave, change of subscription or growth of a topic."""
    members, counts = dict(members), dict(counts)
    name, subscribed = draw(NAMES), draw(SUBSCRIPTIONS)
    kind = draw(st.sampled_from(["join", "leave", "grow"]))
    if kind == "grow":
        counts[draw(TOPICS)] += draw(st.integers(1, 3))
    elif kind == "leave" and len(members) > 1:
        members.pop(name, None)
    else:
        had = members[name].assigned if name in members else {}
        members[name] = MemberSpec(draw(st.sampled_from([None, "i", "j"])), None, subscribed, had)
    return members, counts


@given(ASSIGNOR, groups(), COUNTS, st.data())
def test_each_partition_has_one_owner_which_subscribes_to_it(assign, members, counts, data):
    for _ in range(5):
        target = assign(members, counts)
        assert list(target) == list(members)
        assert all(held for assignment in target.values() for held in assignment.values())
        subscribed = {topic_id for spec in members.values() for topic_id in spec.subscribed}
        expected = {(topic_id, partition) for topic_id in subscribed for partition in range(counts[topic_id])}
        found = owners(target)
        assert found.keys() == expected
        assert all(topic_id in members[owner].subscribed for (topic_id, _), owner in found.items())
        members, counts = changed(data.draw, again(members, target), counts)


@given(ASSIGNOR, groups(), COUNTS, st.data())
def test_the_result_depends_on_the_order_of_members_only(assign, members, counts, data):
    def shuffled(items):
        return dict(data.draw(st.permutations(list(items.items()))))

    members = again(members, assign(members, counts))
    members, counts = changed(data.draw, members, counts)
    other = {
        name: MemberSpec(spec.instance_id, "rack", spec.subscribed, shuffled(spec.assigned))
        for name, spec in members.items()
    }
    assert assign(members, counts) == assign(other, shuffled(counts))


@given(ASSIGNOR, groups(), COUNTS)
def test_nothing_moves_when_nothing_changes(assign, members, counts):
    first = assign(members, counts)
    assert assign(again(members, first), counts) == first


@given(alike(), COUNTS, st.data())
def test_equal_subscriptions_are_even_and_as_few_partitions_move_as_that_allows(members, counts, data):
    subscribed = next(iter(members.values())).subscribed
    for _ in range(4):
        before = {name: spec.assigned for name, spec in members.items()}
        target = uniform(members, counts)
        share, extra = divmod(sum(loads(target).values()), len(members))
        assert Counter(loads(target).values()) == Counter(
            {share: len(members) - extra} | ({share + 1: extra} if extra else {})
        )
        had = loads(before)
        above = sum(load > share for load in had.values())
        assert moved(before, target) == sum(max(0, load - share) for load in had.values()) - min(above, extra)
        members, counts = changed(data.draw, again(members, target), counts)
        members = {name: MemberSpec(None, None, subscribed, spec.assigned) for name, spec in members.items()}


@settings(max_examples=200)
@given(groups(), COUNTS, st.data())
def test_no_single_move_would_make_differing_subscriptions_more_even(members, counts, data):
    for _ in range(4):
        target = uniform(members, counts)
        load = loads(target)
        for (topic_id, _), owner in owners(target).items():
            others = [name for name, spec in members.items() if topic_id in spec.subscribed]
            assert load[owner] - min(load[name] for name in others) <= 1
        members, counts = changed(data.draw, again(members, target), counts)


@given(groups(), COUNTS)
def test_range_gives_each_subscriber_its_run_of_a_topic(members, counts):
    target = ASSIGNORS["range"](members, counts)
    for topic_id, count in counts.items():
        in_order = [name for name in sorted(members) if topic_id in members[name].subscribed]
        runs = [sorted(target[name].get(topic_id, ())) for name in in_order]
        if in_order:
            assert [partition for run in runs for partition in run] == list(range(count))
            lengths = [len(run) for run in runs]
            assert lengths == sorted(lengths, reverse=True)
            assert lengths[0] - lengths[-1] <= 1
