"""Three bugs that brokers have had, one at a time: the simulation is worth something only if it catches each of them."""

from contextlib import ExitStack, contextmanager
from unittest import mock

from kwire.storage.segments import scan
from kwire.storage.segments.segment import Segment


@contextmanager
def reply_before_append():
    """A batch waits in memory for the next one, or for a reader; its producer has the reply already."""
    append, file, paths, indexes = Segment.append, Segment.file, Segment.paths_to_sync, Segment.store_indexes
    waiting = {}

    def write(segment):
        for batch in waiting.pop(id(segment), ()):
            file(segment).append((batch,))

    def append_later(segment, batch, header):
        write(segment)
        real_append = file(segment).append
        with mock.patch.object(type(file(segment)), "append", lambda _file, parts: len(parts[0])):
            append(segment, batch, header)
        assert real_append
        waiting[id(segment)] = [bytes(batch)]

    def written_first(method):
        def after_writing(segment, *arguments):
            write(segment)
            return method(segment, *arguments)

        return after_writing

    with ExitStack() as patches:
        for name, method in (("file", file), ("paths_to_sync", paths), ("store_indexes", indexes)):
            patches.enter_context(mock.patch.object(Segment, name, written_first(method)))
        patches.enter_context(mock.patch.object(Segment, "append", append_later))
        yield


@contextmanager
def no_crc_check_in_recovery():
    """A batch is whole when its length says so."""
    with mock.patch.object(scan, "check_crc", lambda *_: None):
        yield


@contextmanager
def index_trusted_blindly():
    """What the index file says is where the batch is: nothing is compared with the log, and nothing made again."""

    def positions_before(segment, offset):
        yield segment.index.lookup(offset)[1]
        yield 0

    def index_up_to(segment, recovery_point, file, end):
        segment._newest = segment.time_index.last()
        next_offset, position = segment.index.last()
        for at, header in scan.headers(file, position, end):
            if header.base_offset >= recovery_point:
                break
            next_offset, position = header.next_offset, at + header.size_bytes
        return position, next_offset

    with (
        mock.patch.object(Segment, "_positions_before", positions_before),
        mock.patch.object(Segment, "_index_up_to", index_up_to),
        mock.patch.object(Segment, "rebuild_indexes", lambda _segment: None),
    ):
        yield


BUGS = {
    "reply-before-append": reply_before_append,
    "no-crc-check-in-recovery": no_crc_check_in_recovery,
    "index-trusted-blindly": index_trusted_blindly,
}
