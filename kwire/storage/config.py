"""LogConfig: what a topic's configs mean to its logs, as typed values.

Field names are Kafka's config names with dots as underscores; units are in the names.
The defaults are Kafka's. Source: Kafka documentation, "Topic Configs".
"""

from dataclasses import dataclass
from typing import Literal

Compression = Literal["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]
TimestampType = Literal["CreateTime", "LogAppendTime"]

LONG_MAX = 2**63 - 1


@dataclass(slots=True, frozen=True)
class LogConfig:
    """Resolved topic configs (topic override, else broker config, else default)."""

    cleanup_policy: frozenset[str] = frozenset({"delete"})
    compression_type: Compression = "producer"
    compression_gzip_level: int = -1
    compression_lz4_level: int = 9
    compression_zstd_level: int = 3
    delete_retention_ms: int = 86_400_000
    file_delete_delay_ms: int = 60_000
    flush_messages: int = LONG_MAX
    flush_ms: int = LONG_MAX
    index_interval_bytes: int = 4096
    max_compaction_lag_ms: int = LONG_MAX
    max_decompressed_message_bytes: int = 2**31 - 9
    max_message_bytes: int = 1_048_588
    message_timestamp_after_max_ms: int = 3_600_000
    message_timestamp_before_max_ms: int = LONG_MAX
    message_timestamp_type: TimestampType = "CreateTime"
    min_cleanable_dirty_ratio: float = 0.5
    min_compaction_lag_ms: int = 0
    min_insync_replicas: int = 1
    preallocate: bool = False
    retention_bytes: int = -1
    retention_ms: int = 604_800_000
    segment_bytes: int = 1_073_741_824
    segment_index_bytes: int = 10_485_760
    segment_jitter_ms: int = 0
    segment_ms: int = 604_800_000
    segment_records: int = LONG_MAX
    """Records of a segment, however short they are. No config of Kafka's: only closed segments can be compacted."""
    unclean_leader_election_enable: bool = False

    @property
    def compact(self) -> bool:
        """Whether the log is compacted by key."""
        return "compact" in self.cleanup_policy

    @property
    def delete(self) -> bool:
        """Whether old segments are deleted by time and size."""
        return "delete" in self.cleanup_policy

    @property
    def expires(self) -> bool:
        """Whether old segments may be deleted at all: something bounds their age or their size."""
        return self.delete and (self.retention_ms >= 0 or self.retention_bytes >= 0)
