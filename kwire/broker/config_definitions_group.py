"""Configs of groups and of client metrics subscriptions: one row each.

Facts of Apache Kafka 4.4.0; where kwire's default differs, the row says so.
"""

from kwire.broker.config_row import Row

GROUP_ROWS: tuple[Row, ...] = (
    ("consumer.assignment.interval.ms", "INT", "0", "medium", "[0,...]", ""),  # Kafka: 1000
    ("consumer.assignor.offload.enable", "BOOLEAN", "true", "medium", None, "internal"),
    ("consumer.heartbeat.interval.ms", "INT", "5000", "medium", "[1,...]", ""),
    ("consumer.session.timeout.ms", "INT", "45000", "medium", "[1,...]", ""),
    ("errors.deadletterqueue.copy.record.enable", "BOOLEAN", "false", "medium", None, ""),
    ("errors.deadletterqueue.topic.name", "STRING", "", "medium", None, ""),
    ("share.assignment.interval.ms", "INT", "1000", "medium", "[0,...]", ""),
    ("share.assignor.offload.enable", "BOOLEAN", "true", "medium", None, "internal"),
    ("share.auto.offset.reset", "STRING", "latest", "medium", "[latest, earliest, by_duration:PnDTnHnMn.nS]", ""),
    ("share.delivery.count.limit", "INT", "5", "medium", "[2,...]", ""),
    ("share.heartbeat.interval.ms", "INT", "5000", "medium", "[1,...]", ""),
    ("share.isolation.level", "STRING", "read_uncommitted", "medium", "[read_committed, read_uncommitted]", ""),
    ("share.partition.max.record.locks", "INT", "2000", "medium", "[100,...]", ""),
    ("share.record.lock.duration.ms", "INT", "30000", "medium", "[1000,...]", ""),
    ("share.renew.acknowledge.enable", "BOOLEAN", "true", "medium", None, ""),
    ("share.session.timeout.ms", "INT", "45000", "medium", "[1,...]", ""),
    ("streams.acceptable.recovery.lag", "LONG", "10000", "medium", "[0,...]", "internal"),
    ("streams.assignment.interval.ms", "INT", "1000", "medium", "[0,...]", ""),
    ("streams.assignor.name", "STRING", None, "medium", None, ""),
    ("streams.assignor.offload.enable", "BOOLEAN", "true", "medium", None, "internal"),
    ("streams.heartbeat.interval.ms", "INT", "5000", "medium", "[1,...]", ""),
    ("streams.initial.rebalance.delay.ms", "INT", "3000", "medium", "[0,...]", ""),
    ("streams.num.standby.replicas", "INT", "0", "medium", "[0,...]", ""),
    ("streams.num.warmup.replicas", "INT", "2", "medium", "[0,...]", "internal"),
    ("streams.rack.aware.assignment.tags", "LIST", "", "low", "", ""),
    ("streams.session.timeout.ms", "INT", "45000", "medium", "[1,...]", ""),
    ("streams.task.offset.interval.ms", "INT", "60000", "medium", "[1,...]", "internal"),
)

CLIENT_METRICS_ROWS: tuple[Row, ...] = (
    ("interval.ms", "INT", "300000", "medium", None, ""),
    ("match", "LIST", "", "medium", "", ""),
    ("metrics", "LIST", "", "medium", "", ""),
)
