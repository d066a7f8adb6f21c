"""Timers against a model: a dictionary that is sorted each time."""

from hypothesis import given
from hypothesis import strategies as st

from kwire.coordinator.timers import Timers

steps = st.one_of(
    st.tuples(st.just("arm"), st.integers(0, 5), st.integers(0, 30)),
    st.tuples(st.just("disarm"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("pass"), st.just(0), st.integers(0, 20)),
    st.tuples(st.just("disarm_all"), st.integers(0, 1), st.just(0)),
)


@given(st.lists(steps, max_size=60))
def test_what_is_due_is_what_was_set_last(script):
    timers, model, now = Timers(), {}, 0
    for number, (step, key, amount) in enumerate(script):
        if step == "arm":
            timers.arm(key, now + amount, number)
            model[key] = (now + amount, number)
        elif step == "disarm":
            timers.disarm(key)
            model.pop(key, None)
        elif step == "disarm_all":
            timers.disarm_all(lambda each, parity=key: each % 2 == parity)
            model = {each: value for each, value in model.items() if each % 2 != key}
        else:
            now += amount
            due = {each: command for each, (deadline, command) in model.items() if deadline <= now}
            model = {each: value for each, value in model.items() if each not in due}
            assert dict(timers.due(now)) == due
        assert len(timers) == len(model)
        earliest = min((deadline for deadline, _ in model.values()), default=None)
        assert earliest is None or timers.next_deadline_s <= earliest


def test_they_go_off_in_the_order_of_their_deadlines():
    timers = Timers()
    for key, deadline in (("c", 3), ("a", 1), ("b", 2)):
        timers.arm(key, deadline, key.upper())
    assert list(timers.due(2)) == [("a", "A"), ("b", "B")]
    assert timers.next_deadline_s == 3


def test_pushing_a_timer_back_adds_nothing():
    timers = Timers()
    for deadline in range(10_000):
        timers.arm("session", deadline, "expired")
    assert len(timers._heap) == 1
