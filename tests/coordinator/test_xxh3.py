"""XXH3: the reference implementation's values."""

import pytest

from kwire.coordinator.group.xxh3 import xxh3_64

VALUES = [
    (0, 0x2D06800538D394C2),
    (1, 0xC44BDFF4074EECDB),
    (3, 0xC3489259E968AD9E),
    (4, 0xD3D60C1519014E89),
    (8, 0xB88DEE77F6BF6980),
    (9, 0x03688DCAD730D826),
    (16, 0x9DA23836ADF2BE1E),
    (17, 0xF34C3C9CF5A112D1),
    (32, 0x99CB9AD0F1A11FBE),
    (33, 0xC077B45492D29CDE),
    (64, 0xFAECD52EFFBB854F),
    (96, 0x8F8A0C940D32E958),
    (97, 0x92B3A831FEBF71AC),
    (128, 0x4C659B745F435148),
    (129, 0xB85222B83902B6E5),
    (160, 0x7B45DA4714C3419F),
    (240, 0xD6DFBF67B0675B54),
    (241, 0xC614C8C3575348C1),
    (256, 0xF4186DC163A3283C),
    (1024, 0xF22EF3DC84FF47EA),
    (1025, 0x43F869A83769A435),
    (1088, 0x40D71F037CD0C530),
    (3000, 0xB3EACB6E81DD90F0),
]
"""(Size, hash of so many bytes of the pattern), by the xxHash library 0.8."""


@pytest.mark.parametrize(("size", "value"), VALUES)
def test_each_way_for_each_size(size, value):
    assert xxh3_64(bytes(index * 7 % 251 for index in range(size))) == value
