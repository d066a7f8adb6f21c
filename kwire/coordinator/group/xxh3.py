"""XXH3 of 64 bits, without a seed: the hash that Kafka stores of a group's topics.

Source: the specification of xxHash; KIP-1101.
"""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = 2**64 - 1
_PRIMES_32: Final = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
_PRIMES_64: Final = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_MIX_1: Final = 0x165667919E3779F9
_MIX_2: Final = 0x9FB21C651E98DF25
_SECRET: Final = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
_STRIPE_BYTES: Final = 64
_WORDS: Final = struct.Struct("<8Q")
_STRIPE_KEYS: Final = tuple(_WORDS.unpack_from(_SECRET, 8 * index) for index in range(16))
"""For the stripes of a block, after which the accumulators are scrambled."""
_SCRAMBLE_KEYS: Final = _WORDS.unpack_from(_SECRET, len(_SECRET) - _STRIPE_BYTES)
_LAST_KEYS: Final = _WORDS.unpack_from(_SECRET, len(_SECRET) - _STRIPE_BYTES - 7)


def xxh3_64(data: bytes) -> int:
    """The hash, of 0 to 2**64 - 1."""
    size = len(data)
    if size <= 16:
        return _of_16(data, size)
    if size <= 128:
        return _of_128(data, size)
    if size <= 240:
        return _of_240(data, size)
    return _of_more(data, size)


def _of_16(data: bytes, size: int) -> int:
    if size > 8:
        low = _word(data, 0) ^ _word(_SECRET, 24) ^ _word(_SECRET, 32)
        high = _word(data, size - 8) ^ _word(_SECRET, 40) ^ _word(_SECRET, 48)
        swapped = int.from_bytes(low.to_bytes(8, "big"), "little")
        return _avalanche(size + swapped + high + _fold(low, high))
    if size >= 4:
        value = _half(data, size - 4) + (_half(data, 0) << 32) ^ _word(_SECRET, 8) ^ _word(_SECRET, 16)
        value ^= _rotated(value, 49) ^ _rotated(value, 24)
        value = value * _MIX_2 & _MASK
        value = (value ^ (value >> 35) + size) * _MIX_2 & _MASK
        return value ^ value >> 28
    value = _word(_SECRET, 56) ^ _word(_SECRET, 64)
    if size:
        value = data[0] << 16 | data[size >> 1] << 24 | data[size - 1] | size << 8
        value ^= _half(_SECRET, 0) ^ _half(_SECRET, 4)
    value = (value ^ value >> 33) * _PRIMES_64[1] & _MASK
    value = (value ^ value >> 29) * _PRIMES_64[2] & _MASK
    return value ^ value >> 32


def _of_128(data: bytes, size: int) -> int:
    total = size * _PRIMES_64[0]
    for index in range((size - 1) // 32 + 1):
        total += _mixed(data, 16 * index, 32 * index) + _mixed(data, size - 16 * (index + 1), 32 * index + 16)
    return _avalanche(total)


def _of_240(data: bytes, size: int) -> int:
    total = size * _PRIMES_64[0] + sum(_mixed(data, 16 * index, 16 * index) for index in range(8))
    total = _avalanche(total) + sum(_mixed(data, 16 * index, 16 * index - 125) for index in range(8, size // 16))
    return _avalanche(total + _mixed(data, size - 16, 119))


def _of_more(data: bytes, size: int) -> int:
    small, primes = _PRIMES_32, _PRIMES_64
    sums = [small[2], primes[0], primes[1], primes[2], primes[3], small[1], primes[4], small[0]]
    for stripe in range((size - 1) // _STRIPE_BYTES):
        _accumulate(sums, _WORDS.unpack_from(data, _STRIPE_BYTES * stripe), _STRIPE_KEYS[stripe % 16])
        if stripe % 16 == 15:
            for index, key in enumerate(_SCRAMBLE_KEYS):
                sums[index] = (sums[index] ^ sums[index] >> 47 ^ key) * small[0] & _MASK
    _accumulate(sums, _WORDS.unpack_from(data, size - _STRIPE_BYTES), _LAST_KEYS)
    total = size * primes[0]
    for index in range(4):
        at = 11 + 16 * index
        total += _fold(sums[2 * index] ^ _word(_SECRET, at), sums[2 * index + 1] ^ _word(_SECRET, at + 8))
    return _avalanche(total)


def _accumulate(sums: list[int], words: tuple[int, ...], keys: tuple[int, ...]) -> None:
    for index, word in enumerate(words):
        keyed = word ^ keys[index]
        sums[index ^ 1] = sums[index ^ 1] + word & _MASK
        sums[index] = sums[index] + (keyed & 0xFFFFFFFF) * (keyed >> 32) & _MASK


def _mixed(data: bytes, at: int, secret_at: int) -> int:
    low = _word(data, at) ^ _word(_SECRET, secret_at)
    return _fold(low, _word(data, at + 8) ^ _word(_SECRET, secret_at + 8))


def _fold(left: int, right: int) -> int:
    product = left * right
    return product & _MASK ^ product >> 64


def _avalanche(value: int) -> int:
    value &= _MASK
    value = (value ^ value >> 37) * _MIX_1 & _MASK
    return value ^ value >> 32


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & _MASK


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _half(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
