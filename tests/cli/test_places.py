"""Places, patterns and formats: the meaning of options' texts."""

from datetime import UTC, datetime

import pytest

from kwire.cli.errors import UsageError
from kwire.cli.patterns import is_pattern, matching
from kwire.cli.places import Kind, Place, place, timestamp_ms

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("earliest", Place(Kind.FIRST)),
        ("beginning", Place(Kind.FIRST)),
        ("latest", Place(Kind.LAST)),
        ("end", Place(Kind.LAST)),
        ("0", Place(Kind.OFFSET, 0)),
        ("12", Place(Kind.OFFSET, 12)),
        ("-12", Place(Kind.BEFORE_END, 12)),
        ("-0", Place(Kind.BEFORE_END, 0)),
        ("1h", Place(Kind.TIME, NOW_MS - HOUR_MS)),
        ("-1h", Place(Kind.TIME, NOW_MS - HOUR_MS)),
        ("@-1h", Place(Kind.TIME, NOW_MS - HOUR_MS)),
        ("@1h30m", Place(Kind.TIME, NOW_MS - HOUR_MS * 3 // 2)),
        ("1w2d", Place(Kind.TIME, NOW_MS - 9 * 24 * HOUR_MS)),
        ("90s", Place(Kind.TIME, NOW_MS - 90_000)),
        ("5m250ms", Place(Kind.TIME, NOW_MS - 300_250)),
        ("9999w", Place(Kind.TIME, 0)),
        ("@1600000000000", Place(Kind.TIME, 1_600_000_000_000)),
        ("2023-11-14T22:13:20Z", Place(Kind.TIME, NOW_MS)),
        ("@2023-11-14T22:13:20Z", Place(Kind.TIME, NOW_MS)),
        ("2023-11-14", Place(Kind.TIME, int(datetime(2023, 11, 14).astimezone(UTC).timestamp()) * 1000)),
    ],
)
def test_a_place_in_a_partition(text, found):
    assert place(text, "--from", NOW_MS) == found


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1x", "h", "-", "--1", "@", "1h-", "٣h", "1.5h", "1 h", "0001-01-01"]
)
def test_what_is_no_place(text):
    with pytest.raises(UsageError) as caught:
        place(text, "--to", NOW_MS)
    assert str(caught.value) == (
        f"--to: {text!r} is none of earliest, latest, an offset, -N, a time such as 2024-05-01T12:00:00Z, "
        "or how long ago, such as 1h"
    )


def test_a_timestamp_is_a_time_and_a_number_is_milliseconds():
    assert timestamp_ms("5", "--timestamp", NOW_MS) == timestamp_ms("@5", "--timestamp", NOW_MS) == 5
    assert timestamp_ms("-1h", "--timestamp", NOW_MS) == NOW_MS - HOUR_MS
    assert timestamp_ms("2023-11-14T22:13:20Z", "--timestamp", NOW_MS) == NOW_MS
    for text in ("soon", str(2**63)):
        with pytest.raises(UsageError) as caught:
            timestamp_ms(text, "--timestamp", NOW_MS)
        assert str(caught.value) == (
            f"--timestamp: {text!r} is not a time; write 2024-05-01T12:00:00Z, milliseconds, or how long ago, such as 1h"
        )


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("li*", ["lines", "list"]),
        ("a.*", ["a.b", "a.c"]),
        ("^a.*", ["a.b", "a.c", "ab"]),
        ("?ist", ["list"]),
        ("[a-k]*", ["a.b", "a.c", "ab"]),
        ("^(lines|ab)$", ["ab", "lines"]),
        ("*", ["a.b", "a.c", "ab", "lines", "list"]),
        ("x*", []),
    ],
)
def test_a_pattern_of_topics(pattern, names):
    assert is_pattern(pattern)
    assert matching(pattern, ["list", "lines", "ab", "a.c", "a.b"]) == names


def test_what_is_no_pattern():
    assert not any(map(is_pattern, ["orders", "a.b", "__consumer_offsets", "A-1"]))
    with pytest.raises(UsageError, match=r"'\^\(' is not a regular expression: missing \)"):
        matching("^(", [])
