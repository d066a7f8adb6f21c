"""What clients are refused, in the log: once a minute each, with a count, in bounded memory."""

import logging

import pytest
import trio

from kwire.broker.refusals import CLOSED, INTERVAL_S, REFUSED, Refusals
from kwire.limits import MAX_REFUSAL_CHARACTERS, MAX_REFUSAL_REASONS, MAX_TRACKED_HOSTS

TLS = "a TLS handshake on a plaintext listener"


@pytest.fixture
def said(caplog):
    """Return a function that returns the lines logged since its last call."""

    def lines():
        assert {record.levelno for record in caplog.records} <= {logging.WARNING}
        messages = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return messages

    return lines


async def test_the_same_is_said_once_a_minute_with_a_count(said, autojump_clock):
    refusals = Refusals()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(refusals.run)
        await trio.sleep(0.5)  # so that no attempt comes in the same moment as the sum
        for number in range(140):  # one each second
            refusals.tell(CLOSED, ("10.0.0.7", 50_000 + number), TLS)
            await trio.sleep(1)
        assert said() == [
            f"closed the connection from 10.0.0.7:50000: {TLS}",
            f"closed the connection from 10.0.0.7 59 times more: {TLS}",
            f"closed the connection from 10.0.0.7 60 times more: {TLS}",
        ]
        nursery.cancel_scope.cancel()
    assert said() == [f"closed the connection from 10.0.0.7 20 times more: {TLS}"]


async def test_who_kept_still_for_a_minute_is_told_of_anew(said, autojump_clock):
    refusals = Refusals()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(refusals.run)
        for _ in range(3):
            refusals.tell(CLOSED, ("::1", 7), TLS)
            await trio.sleep(2 * INTERVAL_S)
        nursery.cancel_scope.cancel()
    assert said() == [f"closed the connection from [::1]:7: {TLS}"] * 3


def test_each_host_and_each_reason_is_told(said):
    refusals = Refusals()
    for host in ("10.0.0.7", "10.0.0.8"):
        for reason in ("one", "another"):
            refusals.tell(REFUSED, (host, 1), reason)
    assert len(said()) == 4
    refusals.sum_up()
    assert said() == []


def test_reasons_that_change_each_time_fill_no_log(said):
    refusals = Refusals()
    for number in range(1000):
        refusals.tell(CLOSED, ("10.0.0.7", number), f"a frame of {number} bytes")
    assert len(said()) == MAX_REFUSAL_REASONS
    refusals.sum_up()
    assert said() == [
        f"closed the connection from 10.0.0.7 {1000 - MAX_REFUSAL_REASONS} times more: reasons that change each time"
    ]


def test_a_host_in_a_thousand_is_only_counted(said):
    refusals = Refusals()
    for number in range(MAX_TRACKED_HOSTS + 5):
        refusals.tell(CLOSED, (f"host-{number}", 1), TLS)
    assert len(said()) == MAX_TRACKED_HOSTS
    refusals.sum_up()
    assert said() == ["5 more requests and connections were refused, of hosts too many to list"]


def test_a_long_reason_is_not_kept_whole(said):
    refusals = Refusals()
    for _ in range(2):
        refusals.tell(CLOSED, ("10.0.0.7", 1), "x" * 100_000)
    said()
    refusals.sum_up()
    assert [len(line) < MAX_REFUSAL_CHARACTERS + 100 for line in said()] == [True]


def test_a_line_has_bounds(said):
    refusals = Refusals()
    refusals.tell(REFUSED, ("10.0.0.7", 1), "x" * 100_000)
    assert said() == [f"refused a request from 10.0.0.7:1: {'x' * MAX_REFUSAL_CHARACTERS}"]
