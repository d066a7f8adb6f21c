"""Topic configs: one row each.

A row: name, type, default (None: null), importance, valid values in the notation of Kafka's documentation (None: any),
flags (internal; for broker configs how they change while the broker runs: per-broker, cluster-wide; else not at all).
Facts of Apache Kafka 4.4.0; where kwire's default differs, the row says so.
"""

from kwire.broker.config_definitions import Row

TOPIC_ROWS: tuple[Row, ...] = (
    ("cleanup.policy", "LIST", "delete", "medium", "[compact, delete]", ""),
    ("compression.gzip.level", "INT", "-1", "medium", "[1,...,9] or -1", ""),
    ("compression.lz4.level", "INT", "9", "medium", "[1,...,17]", ""),
    ("compression.type", "STRING", "producer", "medium", "[uncompressed, zstd, lz4, snappy, gzip, producer]", ""),
    ("compression.zstd.level", "INT", "3", "medium", "[-131072,...,22]", ""),
    ("delete.retention.ms", "LONG", "86400000", "medium", "[0,...]", ""),
    ("errors.deadletterqueue.group.enable", "BOOLEAN", "false", "medium", None, ""),
    ("file.delete.delay.ms", "LONG", "60000", "medium", "[0,...]", ""),
    ("flush.messages", "LONG", "9223372036854775807", "medium", "[1,...]", ""),
    ("flush.ms", "LONG", "9223372036854775807", "medium", "[0,...]", ""),
    (
        "follower.replication.throttled.replicas",
        "LIST",
        "",
        "medium",
        "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
        "",
    ),
    ("index.interval.bytes", "INT", "4096", "medium", "[0,...]", ""),
    ("internal.segment.bytes", "INT", None, "medium", None, "internal"),
    (
        "leader.replication.throttled.replicas",
        "LIST",
        "",
        "medium",
        "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
        "",
    ),
    ("local.retention.bytes", "LONG", "-2", "medium", "[-2,...]", ""),
    ("local.retention.ms", "LONG", "-2", "medium", "[-2,...]", ""),
    ("max.compaction.lag.ms", "LONG", "9223372036854775807", "medium", "[1,...]", ""),
    ("max.decompressed.message.bytes", "INT", "2147483639", "medium", "[1,...,2147483639]", ""),
    ("max.message.bytes", "INT", "1048588", "medium", "[0,...]", ""),
    ("message.timestamp.after.max.ms", "LONG", "3600000", "medium", "[0,...]", ""),
    ("message.timestamp.before.max.ms", "LONG", "9223372036854775807", "medium", "[0,...]", ""),
    ("message.timestamp.type", "STRING", "CreateTime", "medium", "[CreateTime, LogAppendTime]", ""),
    ("min.cleanable.dirty.ratio", "DOUBLE", "0.5", "medium", "[0,...,1]", ""),
    ("min.compaction.lag.ms", "LONG", "0", "medium", "[0,...]", ""),
    ("min.insync.replicas", "INT", "1", "medium", "[1,...]", ""),
    ("preallocate", "BOOLEAN", "false", "medium", None, ""),
    ("remote.copy.lag.bytes", "LONG", "-1", "medium", "[-1,...]", ""),
    ("remote.copy.lag.ms", "LONG", "0", "medium", "[-1,...]", ""),
    ("remote.log.copy.disable", "BOOLEAN", "false", "medium", None, ""),
    ("remote.log.delete.on.disable", "BOOLEAN", "false", "medium", None, ""),
    ("remote.storage.enable", "BOOLEAN", "false", "medium", None, ""),
    ("retention.bytes", "LONG", "-1", "medium", None, ""),
    ("retention.ms", "LONG", "604800000", "medium", "[-1,...]", ""),
    ("segment.bytes", "INT", "1073741824", "medium", "[1048576,...]", ""),
    ("segment.index.bytes", "INT", "10485760", "medium", "[4,...]", ""),
    ("segment.jitter.ms", "LONG", "0", "medium", "[0,...]", ""),
    ("segment.ms", "LONG", "604800000", "medium", "[1,...]", ""),
    ("unclean.leader.election.enable", "BOOLEAN", "false", "medium", None, ""),
)
