"""Which partition a key belongs to: the murmur2 hash that the Java client and its kin agree on.

Source: KafkaProducer's default partitioner.
"""

from __future__ import annotations

from typing import Final

SEED: Final = 0x9747B28C
FACTOR: Final = 0x5BD1E995
UINT32: Final = 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """The 32 bits of the hash, unsigned."""
    size = len(key)
    whole = size - size % 4
    state = SEED ^ size
    for start in range(0, whole, 4):
        word = int.from_bytes(key[start : start + 4], "little") * FACTOR & UINT32
        word = (word ^ word >> 24) * FACTOR & UINT32
        state = state * FACTOR & UINT32 ^ word
    if whole < size:
        state = (state ^ int.from_bytes(key[whole:], "little")) * FACTOR & UINT32
    state = (state ^ state >> 13) * FACTOR & UINT32
    return state ^ state >> 15


def partition_for_key(key: bytes, partitions: int) -> int:
    """The index of the key's partition among so many."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
