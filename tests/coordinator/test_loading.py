"""Reading a coordinator's log."""

import logging

from kwire.coordinator.loading import load
from kwire.protocol.errors import ProtocolError
from kwire.protocol.records.batch import read_header
from kwire.protocol.records.control import EndTransactionMarker, encode_marker_batch
from kwire.protocol.records.record import Record, encode_batch
from kwire.storage.config import LogConfig
from kwire.storage.memory import MemoryStore
from kwire.testing.cluster import build_env


class Notes:
    """A machine that notes what it is told."""

    def __init__(self):
        self.told = []

    def replay_stored(self, key, value, producer_id=-1):
        if key == b"bad":
            raise ProtocolError("no such record")
        self.told.append((key, value, producer_id))

    def end_transaction(self, producer_id, *, committed):
        self.told.append((producer_id, committed))


def log_of(*batches):
    store = MemoryStore(build_env())
    store.start()
    log = store.open("__consumer_offsets", b"o" * 16, 0, LogConfig())
    for batch in batches:
        log.append(batch, read_header(batch), 0, 0)
    return log


def batch(*rows, **options):
    return encode_batch([Record(index, 0, key, value) for index, (key, value) in enumerate(rows)], **options)


def loaded(*batches):
    notes = Notes()
    for _ in load(log_of(*batches), notes):
        pass
    return notes.told


def test_only_the_last_record_of_a_key_counts_in_the_order_of_the_last():
    told = loaded(batch((b"a", b"1"), (b"b", b"1")), batch((b"a", b"2"), (b"c", None)), batch((b"b", None)))
    assert told == [(b"a", b"2", -1), (b"c", None, -1), (b"b", None, -1)]


def test_transactions_are_told_as_they_come():
    open_ended = {"producer_id": 7, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
    marker = encode_marker_batch(EndTransactionMarker(committed=True, coordinator_epoch=1), 7, 0, 0)
    told = loaded(batch((b"a", b"1")), batch((b"a", b"2"), **open_ended), batch((b"a", b"3")), marker)
    assert told == [(b"a", b"1", -1), (b"a", b"2", 7), (b"a", b"3", -1), (7, True)]


def test_what_cannot_be_read_is_skipped_and_said(caplog):
    with caplog.at_level(logging.ERROR):
        assert loaded(batch((b"bad", b"1"), (b"a", b"1"))) == [(b"a", b"1", -1)]
    assert "no such record" in caplog.text


def test_an_empty_log():
    assert loaded() == []
