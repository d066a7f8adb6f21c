"""Codecs: what clients write is read, what is written clients can read, and nothing unfolds without a bound."""

import gzip
import random
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwire.protocol.records.batch import DecompressedTooLarge, UndecodableBatch
from kwire.protocol.records.compression import GZIP_STEP_BYTES, Codec, compress, decompress

COMPRESSING = [Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD]
MEGABYTE = 1_048_576


@given(data=st.binary(max_size=2000), repeat=st.integers(1, 200), codec=st.sampled_from(Codec))
def test_round_trip(data, repeat, codec):
    data *= repeat
    packed = compress(codec, data)
    assert bytes(decompress(codec, memoryview(packed), len(data))) == data
    if codec and data:
        with pytest.raises(DecompressedTooLarge):
            decompress(codec, packed, len(data) - 1)


@pytest.mark.parametrize(
    ("codec", "levels"), [(Codec.GZIP, range(-1, 10)), (Codec.LZ4, range(1, 18)), (Codec.ZSTD, [-5, 1, 22])]
)
def test_every_level_round_trips_and_the_levels_differ(codec, levels):
    data = b"".join(b"truck-%d at %d;" % (index % 37, index * index) for index in range(4000))
    packed = {level: bytes(compress(codec, data, level)) for level in levels}
    assert all(bytes(decompress(codec, value, len(data))) == data for value in packed.values())
    assert len(set(map(len, packed.values()))) > 1


def test_default_levels_are_kafkas():
    data = b"".join(b"truck-%d at %d;" % (index % 37, index * index) for index in range(4000))
    assert compress(Codec.GZIP, data) == compress(Codec.GZIP, data, -1)
    assert compress(Codec.ZSTD, data) == compress(Codec.ZSTD, data, 3)
    assert compress(Codec.LZ4, data) == compress(Codec.LZ4, data, 9)


def test_snappy_is_written_in_xerials_blocks_and_read_raw_too():
    import cramjam

    data = b"abc" * 30_000
    packed = compress(Codec.SNAPPY, data)
    assert packed[:16] == b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
    raw = bytes(cramjam.snappy.compress_raw(data))
    assert bytes(decompress(Codec.SNAPPY, raw, len(data))) == data


def test_lz4_is_written_in_independent_blocks_as_java_wants_them():
    packed = compress(Codec.LZ4, b"abc" * 100_000)
    assert packed[:4] == b"\x04\x22\x4d\x18"
    assert packed[4] & 0xE3 == 0x60


def test_lz4_frame_header_of_java_has_the_checksum_that_is_computed():
    frame = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", 0x8000_0003) + b"abc" + bytes(4)
    assert bytes(decompress(Codec.LZ4, frame, 3)) == b"abc"
    broken = frame.replace(b"\x82", b"\x83")
    with pytest.raises(UndecodableBatch, match="checksum"):
        decompress(Codec.LZ4, broken, 3)
    assert bytes(decompress(Codec.LZ4, broken, 3, check_lz4_header=False)) == b"abc"


def test_lz4_frame_header_with_a_content_size_is_read():
    import cramjam

    frame = bytearray(
        b"\x04\x22\x4d\x18\x68\x40" + struct.pack("<Q", 3) + b"?" + struct.pack("<I", 0x8000_0003) + b"abc" + bytes(4)
    )
    for checksum in range(256):
        frame[14] = checksum
        try:
            ours = bytes(decompress(Codec.LZ4, frame, 3))
        except UndecodableBatch:
            with pytest.raises(cramjam.DecompressionError):
                cramjam.lz4.decompress(bytes(frame))
        else:
            assert ours == bytes(cramjam.lz4.decompress(bytes(frame))) == b"abc"
            break
    else:
        pytest.fail("no checksum is right")


def test_lz4_with_dependent_blocks_is_refused_as_in_java():
    import cramjam

    with pytest.raises(UndecodableBatch, match="not supported"):
        decompress(Codec.LZ4, bytes(cramjam.lz4.compress(b"abc" * 1000)), MEGABYTE)


@pytest.mark.parametrize("size", [GZIP_STEP_BYTES - 30, GZIP_STEP_BYTES, 3 * GZIP_STEP_BYTES])
def test_gzip_members_may_end_anywhere_in_a_step(size):
    content = random.Random(size).randbytes(size)
    members = gzip.compress(content, 0) + gzip.compress(b"tea") + gzip.compress(content)
    assert decompress(Codec.GZIP, members + b"no member", len(members) * 2) == content + b"tea" + content


def test_very_many_gzip_members_take_no_longer_than_others():
    members = gzip.compress(b"t") * 100_000
    began_s = time.process_time()
    assert decompress(Codec.GZIP, members, 1_000_000) == b"t" * 100_000
    assert time.process_time() - began_s < 4  # some 5 µs each; copying the rest after each takes half a minute


def test_gzip_members_that_follow_each_other_are_one():
    packed = compress(Codec.GZIP, b"one") + compress(Codec.GZIP, b"two") + b"junk"
    assert bytes(decompress(Codec.GZIP, packed, 6)) == b"onetwo"
    with pytest.raises(DecompressedTooLarge):
        decompress(Codec.GZIP, packed, 5)


def test_zstd_frames_that_follow_each_other_are_one():
    packed = (
        compress(Codec.ZSTD, b"one") + struct.pack("<II", 0x184D2A50, 2) + b"xx" + compress(Codec.ZSTD, b"two" * 1000)
    )
    assert bytes(decompress(Codec.ZSTD, packed, MEGABYTE)) == b"one" + b"two" * 1000


@pytest.mark.parametrize("codec", COMPRESSING)
def test_what_is_cut_off_is_undecodable(codec):
    packed = compress(codec, bytes(range(256)) * 40)
    for size in [0, 1, 3, 5, 10, 20, len(packed) // 2, len(packed) - 1]:
        with pytest.raises(UndecodableBatch):
            decompress(codec, packed[:size], MEGABYTE)


@pytest.mark.parametrize("data", [b"", b"a", bytes(range(256)) * 1000])
def test_what_is_written_the_formats_own_readers_read(data):
    import cramjam

    assert zlib.decompress(compress(Codec.GZIP, data), 31) == data
    for level in (1, 9, 17):
        assert bytes(cramjam.lz4.decompress(compress(Codec.LZ4, data, level))) == data
    assert bytes(cramjam.zstd.decompress(compress(Codec.ZSTD, data))) == data


def test_a_broker_without_compressed_batches_never_loads_the_library():
    code = "import sys, kwire.protocol.records.validation; sys.exit('cramjam' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_unknown_codecs(codec):
    with pytest.raises(UndecodableBatch):
        decompress(codec, b"x", 10)
    with pytest.raises(UndecodableBatch):
        compress(codec, b"x")


@given(st.sampled_from(COMPRESSING), st.binary(max_size=200), st.binary(max_size=30))
def test_any_bytes_give_data_or_undecodable(codec, garbage, data):
    packed = bytes(compress(codec, data))
    for attempt in (garbage, packed + garbage, packed[:7] + garbage):
        try:
            out = decompress(codec, attempt, 4096)
        except UndecodableBatch:
            continue
        assert len(out) <= 4096


def gzip_bomb():
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MEGABYTE)
    return b"".join([compressor.compress(zeros) for _ in range(64)]) + compressor.flush()


def snappy_bomb():
    block = bytes(compress(Codec.SNAPPY, bytes(32_768)))
    return block[:16] + block[16:] * 2000


def snappy_liar():
    return b"\xff\xff\xff\xff\x0f" + bytes(100)


def lz4_bomb():
    import cramjam

    block = bytes(cramjam.lz4.compress_block(bytes(4 * MEGABYTE), store_size=False))
    return b"\x04\x22\x4d\x18\x60\x70\x73" + (struct.pack("<I", len(block)) + block) * 16 + bytes(4)


def zstd_bomb():
    """Runs of 128 KiB, four bytes each: 1 GiB."""
    run = (131_072 << 3 | 1 << 1).to_bytes(3, "little") + b"\x00"
    last = (131_072 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\x00"
    return struct.pack("<I", 0xFD2FB528) + b"\x00\x38" + run * 8191 + last


@pytest.mark.parametrize(
    ("codec", "bomb", "error"),
    [
        (Codec.GZIP, gzip_bomb, DecompressedTooLarge),
        (Codec.SNAPPY, snappy_bomb, DecompressedTooLarge),
        (Codec.SNAPPY, snappy_liar, UndecodableBatch),
        (Codec.LZ4, lz4_bomb, DecompressedTooLarge),
        (Codec.ZSTD, zstd_bomb, DecompressedTooLarge),
    ],
)
def test_bombs_cost_no_more_memory_than_their_limit(codec, bomb, error):
    packed = bomb()
    decompress(codec, compress(codec, b"warm"), 4)  # imports count once
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            decompress(codec, packed, MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert type(caught.value) is error
    # lz4 decompresses into one block of the frame's own block size, 4 MiB at most
    assert peak < 6 * MEGABYTE


def test_honest_zstd_run_is_read():
    run = (131_072 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"a"
    assert bytes(decompress(Codec.ZSTD, struct.pack("<I", 0xFD2FB528) + b"\x00\x38" + run, MEGABYTE)) == b"a" * 131_072
