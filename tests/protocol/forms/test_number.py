"""Bytes that differ in numbers only."""

import struct

import pytest

from kwire.protocol.forms.number import NumberForm

LOW, HIGH = -(2**63), 2**63 - 1


def encode(small, wide, behind=0):
    return struct.pack(">5siqi3s", b"\x00\xffabc", small, wide, behind, b"\xff\x00z")


@pytest.mark.parametrize("numbers", [(0, 0, 0), (-1, -1, -1), (1, LOW, -(2**31)), (256, HIGH, 2**31 - 1)])
def test_numbers_are_placed_and_found(numbers):
    form = NumberForm(encode, "iqi")
    assert form.pack(*numbers) == encode(*numbers)
    for data in (encode(*numbers), bytearray(encode(*numbers)), memoryview(encode(*numbers))):
        assert form.unpack(data) == numbers


def test_any_other_byte_is_of_another_form():
    form = NumberForm(encode, "iqi")
    for position in (0, 4, 21, 22, 23):
        data = bytearray(encode(1, 2, 3))
        data[position] ^= 1
        assert form.unpack(data) is None
    assert form.unpack(encode(1, 2, 3) + b"\x00") is None
    assert form.unpack(encode(1, 2, 3)[:-1]) is None
    assert form.unpack(b"") is None


def test_a_form_without_numbers():
    form = NumberForm(lambda: b"same", "")
    assert form.pack() == b"same"
    assert form.unpack(b"same") == ()
    assert form.unpack(b"sane") is None


@pytest.mark.parametrize(
    ("written", "formats"),
    [
        (lambda number: struct.pack(">q", number), "i"),
        (lambda number: struct.pack(">hi", number, 0), "i"),
        (lambda number: struct.pack(">iq", 0, number), "qi"),
        (lambda number: b"n" * (1 + (number < 0)), "i"),
        (lambda _number: b"same", "i"),
    ],
)
def test_bytes_that_differ_in_something_else_have_no_form(written, formats):
    with pytest.raises(ValueError, match="differ in more than the numbers"):
        NumberForm(lambda *numbers: written(numbers[0]), formats)
