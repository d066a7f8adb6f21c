"""KIP-227 sessions: epochs, slots, and what a consumer asked and was told."""

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from kwire.broker.fetch_sessions import (
    EVICTION_AGE_S,
    MAX_INT32,
    NO_SESSION,
    FetchedPartition,
    FetchSessions,
    next_epoch,
)
from kwire.protocol.errors import ApiError, ErrorCode


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def asked(index, *, topic="truck_gps", topic_id=b"", fetch_offset=0):
    return FetchedPartition(topic, topic_id, index, fetch_offset, 1 << 20, -1, -1)


def sessions(slots=2, clock=None):
    return FetchSessions(slots, clock or Clock(), random.Random(1))


def create(cache, count):
    return cache.create([asked(index) for index in range(count)], uses_topic_ids=False)


def resume(cache, session_id, epoch, partitions=(), forgotten=(), *, uses_topic_ids=False):
    return cache.resume(session_id, epoch, partitions, forgotten, uses_topic_ids=uses_topic_ids)


def refused(code, *args, **kwargs):
    with pytest.raises(ApiError) as caught:
        resume(*args, **kwargs)
    assert caught.value.code is code


def test_a_session_expects_epoch_one_then_one_more_each_time():
    cache = sessions()
    session_id = create(cache, 3)
    assert session_id != NO_SESSION
    assert resume(cache, session_id, 1).epoch == 2
    refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH, cache, session_id, 1)
    refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH, cache, session_id, 3)
    assert resume(cache, session_id, 2).epoch == 3


def test_epochs_start_over_at_one():
    assert next_epoch(MAX_INT32) == 1
    cache = sessions()
    session_id = create(cache, 1)
    resume(cache, session_id, 1).epoch = MAX_INT32
    assert resume(cache, session_id, MAX_INT32).epoch == 1


def test_an_unknown_session_and_one_of_the_other_kind_are_refused():
    cache = sessions()
    session_id = create(cache, 1)
    refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, cache, session_id + 1, 1)
    refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, cache, session_id, 1, uses_topic_ids=True)
    cache.end(session_id)
    refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, cache, session_id, 1)


def test_partitions_are_added_changed_and_forgotten():
    cache = sessions()
    session_id = create(cache, 3)
    session = resume(cache, session_id, 1, [asked(1, fetch_offset=7), asked(9)], [("truck_gps", 0), ("truck_gps", 77)])
    assert {key[1]: row.fetch_offset for key, row in session.partitions.items()} == {1: 7, 2: 0, 9: 0}


def test_what_a_partition_was_told_outlives_a_new_question():
    cache = sessions()
    session_id = create(cache, 1)
    row = resume(cache, session_id, 1).partitions["truck_gps", 0]
    row.told_high_watermark = 42
    assert resume(cache, session_id, 2, [asked(0, fetch_offset=9)]).partitions["truck_gps", 0].told_high_watermark == 42


def test_a_session_without_partitions_is_ended():
    cache = sessions()
    session_id = create(cache, 1)
    assert not resume(cache, session_id, 1, (), [("truck_gps", 0)]).partitions
    assert len(cache) == 0


def test_a_session_may_begin_without_partitions():
    cache = sessions()
    session_id = cache.create([], uses_topic_ids=False)
    assert session_id != NO_SESSION
    assert not resume(cache, session_id, 1, ()).partitions


def test_who_was_served_comes_last():
    cache = sessions()
    session = resume(cache, create(cache, 3), 1)
    session.serve_last(session.partitions["truck_gps", 0])
    assert [key[1] for key in session.partitions] == [1, 2, 0]


def test_one_that_was_forgotten_while_served_stays_forgotten():
    cache = sessions()
    session = resume(cache, create(cache, 2), 1)
    gone = session.partitions.pop(("truck_gps", 0))
    session.serve_last(gone)
    assert [key[1] for key in session.partitions] == [1]


def test_full_slots_refuse_a_new_session_while_all_are_young():
    cache = sessions(slots=2)
    assert create(cache, 1) != NO_SESSION
    assert create(cache, 1) != NO_SESSION
    assert create(cache, 100) == NO_SESSION
    assert len(cache) == 2


def test_no_slots_no_sessions():
    assert create(sessions(slots=0), 5) == NO_SESSION


def test_an_unused_session_loses_its_slot_to_any_other():
    clock = Clock()
    cache = sessions(slots=2, clock=clock)
    used, unused = create(cache, 5), create(cache, 50)
    clock.now_s = EVICTION_AGE_S
    resume(cache, used, 1)
    clock.now_s += 1
    assert create(cache, 1) != NO_SESSION
    refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, cache, unused, 1)
    assert resume(cache, used, 2)


def test_an_old_session_loses_its_slot_only_to_a_larger_one():
    clock = Clock()
    cache = sessions(slots=2, clock=clock)
    small, large = create(cache, 5), create(cache, 50)
    clock.now_s = EVICTION_AGE_S
    resume(cache, small, 1)
    resume(cache, large, 1)
    clock.now_s += 1
    assert create(cache, 5) == NO_SESSION
    assert create(cache, 6) != NO_SESSION
    refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, cache, small, 2)
    assert resume(cache, large, 2)


class SessionMachine(RuleBasedStateMachine):
    """Consumers that keep their own books of epoch and partitions never disagree with a session that still exists."""

    known = Bundle("known")
    indexes = st.sets(st.integers(0, 6), max_size=5)

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.cache = FetchSessions(3, self.clock, random.Random(7))
        self.books = {}

    @rule(target=known, indexes=indexes)
    def create(self, indexes):
        session_id = self.cache.create([asked(index) for index in indexes], uses_topic_ids=False)
        if session_id != NO_SESSION:
            self.books[session_id] = [1, indexes]
        else:
            assert not indexes or len(self.cache) == 3
        return session_id

    @rule(session_id=known, added=indexes, forgotten=indexes)
    def resume(self, session_id, added, forgotten):
        book = self.books.get(session_id)
        try:
            session = resume(
                self.cache,
                session_id,
                book[0] if book else 1,
                [asked(index) for index in added],
                [("truck_gps", index) for index in forgotten],
            )
        except ApiError as error:
            assert error.code is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
            self.books.pop(session_id, None)
            return
        book[1] = (book[1] | added) - forgotten
        assert {key[1] for key in session.partitions} == book[1]
        if book[1]:
            book[0] = session.epoch
        else:
            del self.books[session_id]

    @rule(session_id=known, epoch=st.integers(-1, 9))
    def wrong_epoch(self, session_id, epoch):
        book = self.books.get(session_id)
        if book and epoch != book[0]:
            with pytest.raises(ApiError):
                resume(self.cache, session_id, epoch)

    @rule(session_id=consumes(known))
    def end(self, session_id):
        self.cache.end(session_id)
        self.books.pop(session_id, None)

    @rule(seconds=st.sampled_from([1, 100, 200]))
    def wait(self, seconds):
        self.clock.now_s += seconds

    @invariant()
    def slots_are_bounded(self):
        assert len(self.cache) <= 3


TestSessions = SessionMachine.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
