"""Parked requests: woken by enough bytes or a change, and gone without a trace however they end."""

import trio
from trio.testing import wait_all_tasks_blocked

from kwire.broker.waiters import park


class Place:
    def __init__(self):
        self.waiters = set()

    def write(self, size_bytes):
        for waiter in self.waiters:
            waiter.written(size_bytes)

    def change(self):
        for waiter in self.waiters:
            waiter.wake()


async def test_wakes_when_the_missing_bytes_are_written_to_any_of_its_partitions(nursery):
    places = [Place(), Place()]
    woken = trio.Event()

    async def sleeper():
        await park(places, 100)
        woken.set()

    nursery.start_soon(sleeper)
    await wait_all_tasks_blocked()
    places[0].write(60)
    await wait_all_tasks_blocked()
    assert not woken.is_set()
    places[1].write(40)
    await wait_all_tasks_blocked()
    assert woken.is_set()
    assert not places[0].waiters
    assert not places[1].waiters


async def test_wakes_at_once_when_a_partition_changes(nursery):
    place = Place()
    woken = trio.Event()

    async def sleeper():
        await park([place], 1_000_000)
        woken.set()

    nursery.start_soon(sleeper)
    await wait_all_tasks_blocked()
    place.change()
    await wait_all_tasks_blocked()
    assert woken.is_set()


async def test_a_cancelled_request_leaves_nothing_behind():
    places = [Place() for _ in range(50)]
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(park, places, 1)
        await wait_all_tasks_blocked()
        assert {len(place.waiters) for place in places} == {10}
        nursery.cancel_scope.cancel()
    assert {len(place.waiters) for place in places} == {0}


async def test_a_deadline_leaves_nothing_behind(autojump_clock):
    place = Place()
    began = trio.current_time()
    with trio.move_on_after(30) as scope:
        await park([place], 1)
    assert scope.cancelled_caught
    assert trio.current_time() - began == 30
    assert not place.waiters


async def test_waiters_of_one_partition_are_woken_by_their_own_needs(nursery):
    place = Place()
    order = []

    async def sleeper(missing_bytes):
        await park([place], missing_bytes)
        order.append(missing_bytes)

    for missing_bytes in (30, 10, 20):
        nursery.start_soon(sleeper, missing_bytes)
    await wait_all_tasks_blocked()
    for _ in range(3):
        place.write(10)
        await wait_all_tasks_blocked()
    assert order == [10, 20, 30]
