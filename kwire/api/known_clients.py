"""Clients that are known to write the newest timestamp of a batch into its header.

Trust their headers. Other clients (KafkaJS, kafka-go's Conn, old sarama) write the last record's time, or none, and
many do not identify themselves: for those, read the records' times (kwire.protocol.records.validation).
"""

from __future__ import annotations

import re
from typing import Final

KNOWN: Final = {
    r"apache-kafka-java .*": "Kafka's own: MemoryRecordsBuilder keeps the newest timestamp that was appended",
    r".*rdkafka.*": "librdkafka: its writer keeps the newest one; what is built on it names it in its version",
    r"kgo .*": "franz-go: its batches keep the largest difference to the first record's time",
    r"sarama v1\.(45\.[1-9]|(4[6-9]|[5-9]\d|\d{3,})\.).*": "the largest difference since 1.45.1; before it was -1",
    r"kafka-python .*": "its builder keeps the newest one, in 2.0 as in 3.0",
    r"kwire .*": "kwire's own client, which the command line speaks with: encode_batch takes the newest one",
}
"""By a pattern for "name version" in ApiVersions: how the client computes the maximum."""

_KNOWN: Final = re.compile("|".join(KNOWN), re.ASCII)


def knows_newest(name: str, version: str) -> bool:
    """Whether the client writes the newest timestamp of a batch into its header."""
    return _KNOWN.fullmatch(f"{name} {version}") is not None
