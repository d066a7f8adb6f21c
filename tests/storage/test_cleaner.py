"""Which log is cleaned, how requests are served meanwhile, and what becomes of one that cannot be cleaned."""

from pathlib import Path

import pytest
import trio

from kwire.env import Env
from kwire.protocol.records.batch import read_header
from kwire.storage.cleaner import Cleaner, CleanerLimits
from kwire.storage.memory import MemoryStore
from kwire.storage.segments.store import SegmentStore
from tests.kit.cleaning_contract import COMPACTED, keyed
from tests.kit.storage_bench import START_MS, TOPIC, TOPIC_ID, FakeTime


def append(log, *pairs):
    batch = keyed(*pairs)
    log.append(batch, read_header(batch), 0, START_MS)


def filled(store, partition, values):
    log = store.open(TOPIC, TOPIC_ID, partition, COMPACTED)
    for value in values:
        append(log, (b"a", value))
    log.roll(START_MS)
    return log


@pytest.fixture
def store(tmp_path):
    store = SegmentStore(str(tmp_path), FakeTime().env())
    store.start()
    yield store
    store.close()


def cleaner_of(*logs):
    return Cleaner(FakeTime().env(), lambda: [(log, log.log_end_offset) for log in logs])


async def test_a_damaged_log_is_told_once_and_the_others_are_cleaned(store, tmp_path, caplog):
    damaged, sound = filled(store, 0, [b"1", b"2"]), filled(store, 1, [b"1", b"2"])
    path = Path(tmp_path) / f"{TOPIC}-0" / f"{0:020d}.log"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    cleaner = cleaner_of(damaged, sound)
    assert await cleaner.clean_dirtiest(CleanerLimits())
    assert (damaged.cleaned_offset, sound.cleaned_offset) == (None, 2)
    for _ in range(2):
        assert not await cleaner.clean_dirtiest(CleanerLimits())
    assert len([record for record in caplog.records if "cannot be cleaned" in record.getMessage()]) == 1
    assert path.read_bytes() == content
    assert not list(path.parent.glob("*.cleaned"))


async def test_what_is_given_up_keeps_no_other_waiting_and_is_tried_again(store, monkeypatch, caplog):
    busy, free = filled(store, 0, [b"1", b"2"]), filled(store, 1, [b"1", b"2"])
    with monkeypatch.context() as while_read:
        while_read.setattr(busy, "replace", lambda _: False)
        cleaner = cleaner_of(busy, free)
        assert await cleaner.clean_dirtiest(CleanerLimits())
        assert not await cleaner.clean_dirtiest(CleanerLimits())
        assert (busy.cleaned_offset, free.cleaned_offset) == (None, 2)
    assert await cleaner.clean_dirtiest(CleanerLimits())
    assert busy.cleaned_offset == 2
    assert "given up for now" in caplog.text


async def test_a_log_that_is_closed_meanwhile_is_given_up(store, caplog):
    log = filled(store, 0, [b"1", b"2"])

    async def close_first(function):
        log.close()
        return function()

    env = FakeTime().env()
    env.run_blocking = close_first
    assert not await Cleaner(env, lambda: [(log, 2)]).clean_dirtiest(CleanerLimits())
    assert "is closed" in caplog.text


async def test_others_run_between_short_steps_and_may_write():
    store = MemoryStore(Env())
    store.start()
    log = store.open(TOPIC, TOPIC_ID, 0, COMPACTED)
    for number in range(20):
        append(log, *[(b"%d" % key, b"%d" % number) for key in range(500)])
    log.roll(START_MS)
    turns = 0
    async with trio.open_nursery() as nursery:

        async def write():
            nonlocal turns
            while True:
                await trio.lowlevel.checkpoint()
                append(log, (b"new", b""))
                turns += 1

        nursery.start_soon(write)
        assert await Cleaner(Env(), lambda: [(log, log.log_end_offset)]).clean_dirtiest(CleanerLimits())
        nursery.cancel_scope.cancel()
    assert turns >= 20
    assert log.cleaned_offset == 10_000
    assert log.log_end_offset == 10_000 + turns
    store.close()


async def test_what_is_deleted_while_its_keys_are_mapped_is_given_up(store, caplog):
    log = filled(store, 0, [b"1", b"2"])

    async def delete_then(function):
        result = function()
        log.advance_log_start(2)
        return result

    env = FakeTime().env()
    env.run_blocking = delete_then
    assert not await Cleaner(env, lambda: [(log, 2)]).clean_dirtiest(CleanerLimits(dedupe_buffer_bytes=160))
    assert "given up for now" in caplog.text


@pytest.mark.parametrize("at", [0, 8, 16, 61])
async def test_a_damaged_batch_at_the_start_is_told_once(store, tmp_path, caplog, at):
    log = filled(store, 0, [b"1", b"2"])
    path = Path(tmp_path) / f"{TOPIC}-0" / f"{0:020d}.log"
    content = bytearray(path.read_bytes())
    content[at] ^= 0x7F
    path.write_bytes(content)
    cleaner = cleaner_of(log)
    for _ in range(2):
        assert not await cleaner.clean_dirtiest(CleanerLimits())
    assert caplog.text.count("cannot be cleaned") == 1
