"""The sans-IO connection: frames however they are cut, sizes that are refused, answers in order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.protocol.connection import NEXT_REQUEST, READING, RESPOND, Answering, Arrival, Connection, Reading
from kwire.protocol.errors import ProtocolError

MAX_FRAME_BYTES = 64


def framed(body):
    return len(body).to_bytes(4, "big") + body


def take_all(connection):
    taken = []
    while (frame := connection.next_request()) is not None:
        taken.append(bytes(frame))
        connection.respond()
    return taken


def feed(connection, data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        connection.receive_data(data[start:end])


bodies = st.lists(st.binary(min_size=1, max_size=MAX_FRAME_BYTES), max_size=6)
cuts = st.lists(st.integers(0, 10_000), max_size=12)


@given(bodies, cuts)
def test_frames_come_out_as_they_went_in_however_they_are_cut(bodies, cuts):
    connection = Connection(MAX_FRAME_BYTES)
    feed(connection, b"".join(map(framed, bodies)), cuts)
    assert connection.buffered_bytes == sum(map(len, bodies))
    assert take_all(connection) == bodies
    assert connection.buffered_bytes == 0
    connection.receive_eof()
    assert connection.next_request() is None
    assert connection.reading is Reading.ENDED


@given(bodies, st.binary(max_size=200), cuts)
def test_any_bytes_give_frames_or_a_protocol_error(bodies, junk, cuts):
    connection = Connection(MAX_FRAME_BYTES)
    feed(connection, b"".join(map(framed, bodies)) + junk, cuts)
    connection.receive_eof()
    taken = []
    try:
        while (frame := connection.next_request()) is not None:
            taken.append(bytes(frame))
            connection.respond()
    except ProtocolError:
        assert connection.reading is Reading.BROKEN
    else:
        assert connection.reading is Reading.ENDED
    assert taken[: len(bodies)] == bodies
    assert all(0 < len(frame) <= MAX_FRAME_BYTES for frame in taken)


@given(bodies.filter(bool), st.integers(1, 10_000))
def test_an_end_inside_a_frame_is_an_error_after_the_whole_frames(bodies, cut):
    data = b"".join(map(framed, bodies))
    kept = data[: -(cut % len(framed(bodies[-1])) or 1)]
    connection = Connection(MAX_FRAME_BYTES)
    connection.receive_data(kept)
    connection.receive_eof()
    for body in bodies[:-1]:
        assert connection.next_request() == body
        connection.respond()
    if len(kept) - len(b"".join(map(framed, bodies[:-1]))) >= 4:
        with pytest.raises(ProtocolError, match="inside a frame"):
            connection.next_request()
    else:
        assert connection.next_request() is None


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\0\0\0\0", "a frame of 0 bytes"),
        (b"\xff\xff\xff\xff", "a frame of -1 bytes"),
        (b"\0\0\0\x41", r"a frame of 65 bytes, more than socket.request.max.bytes \(64\)"),
        (b"\x16\x03\x01\x02\0\x01", "a TLS handshake on a plaintext listener"),
        (b"GET / HTTP/1.1\r\n\r\n", "an HTTP request on a Kafka listener"),
        (b"POST /topics HTTP/1.1\r\n\r\n", "an HTTP request on a Kafka listener"),
    ],
)
def test_a_size_that_is_not_allowed_breaks_the_connection_after_the_frames_before_it(head, reason):
    connection = Connection(MAX_FRAME_BYTES)
    connection.receive_data(framed(b"good") + head + b"more")
    connection.receive_data(framed(b"too late"))
    assert connection.next_request() == b"good"
    connection.respond()
    with pytest.raises(ProtocolError, match=f"^{reason}$"):
        connection.next_request()
    assert connection.buffered_bytes == 0


def test_each_frame_has_a_buffer_of_its_own_that_may_be_written():
    connection = Connection()
    connection.receive_data(framed(b"one") + framed(b"two"))
    first = connection.next_request()
    first[:] = b"ONE"
    connection.respond()
    assert connection.next_request() == b"two"


def test_replies_leave_in_the_order_of_their_requests():
    connection = Connection()
    connection.receive_data(framed(b"a") + framed(b"b") + framed(b"c"))
    for segments in (["a1", "a2"], [], ["c"]):
        connection.next_request()
        connection.respond(segments)
    assert connection.data_to_send() == ["a1", "a2", "c"]
    assert connection.data_to_send() == []


def test_one_request_is_answered_at_a_time():
    connection = Connection()
    connection.receive_data(framed(b"a") + framed(b"b"))
    with pytest.raises(KeyError):
        connection.respond([b"nobody asked"])
    connection.next_request()
    with pytest.raises(KeyError):
        connection.next_request()


def test_it_tells_how_much_is_missing():
    connection = Connection(MAX_FRAME_BYTES)
    assert (connection.missing_bytes, connection.arriving_frame_bytes) == (4, 0)
    connection.receive_data(b"\0\0\0\x10abc")
    assert (connection.missing_bytes, connection.arriving_frame_bytes) == (13, 16)


def test_the_tables_lead_nowhere_else():
    assert {state for state, _ in READING} == set(Reading)
    assert all((state, Arrival.END) in READING for state in Reading)
    assert set(NEXT_REQUEST) == {Answering.READY} == set(RESPOND.values())
    assert set(RESPOND) == {Answering.BUSY} == set(NEXT_REQUEST.values())


@pytest.mark.parametrize("size_bytes", [1, MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1])
def test_a_frame_that_arrives_as_a_whole_is_taken_as_in_pieces(size_bytes):
    data = bytearray(framed(b"x" * size_bytes))
    whole, pieces = Connection(MAX_FRAME_BYTES), Connection(MAX_FRAME_BYTES)
    whole.receive_data(data)
    pieces.receive_data(data[:3])
    pieces.receive_data(data[3:])
    assert whole.buffered_bytes == pieces.buffered_bytes
    assert whole.reading is pieces.reading
    data[4:] = b"y" * size_bytes  # the frame is a copy
    for connection in (whole, pieces):
        if size_bytes > MAX_FRAME_BYTES:
            with pytest.raises(ProtocolError, match=f"a frame of {size_bytes} bytes"):
                connection.next_request()
        else:
            assert connection.next_request() == b"x" * size_bytes
            assert connection.buffered_bytes == 0
