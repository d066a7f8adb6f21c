"""What is asked of both brokers: (name, message, version) in order, each scenario on its own topics."""

import time

from kwire.api.registry import APIS
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import create_partitions as cp
from kwire.protocol.messages import create_topics as ct
from kwire.protocol.messages import delete_records as dr
from kwire.protocol.messages import delete_topics as dt
from kwire.protocol.messages import describe_cluster as dc
from kwire.protocol.messages import describe_configs as dcfg
from kwire.protocol.messages import describe_topic_partitions as dtp
from kwire.protocol.messages import fetch as f
from kwire.protocol.messages import find_coordinator as fc
from kwire.protocol.messages import incremental_alter_configs as iac
from kwire.protocol.messages import init_producer_id as ipi
from kwire.protocol.messages import list_offsets as lo
from kwire.protocol.messages import metadata as md
from kwire.protocol.messages import offset_for_leader_epoch as ofle
from kwire.protocol.messages import produce as p
from kwire.protocol.records.record import Record, encode_batch

WARM_UP = "warm up"
"""A step whose answer may take a while: Apache Kafka makes an internal topic in the background."""
UNKNOWN_ID = bytes(15) + b"\x01"
BASE_MS = time.time_ns() // 1_000_000 - 60_000
"""When the records were made: lately, or retention would delete them."""


def versions(key):
    api = APIS[key]
    return range(api.min_version, api.max_version + 1)


def batch(count=3, start_ms=BASE_MS, **options):
    records = [Record(i, start_ms + i, b"k%d" % i, b"v%d" % i) for i in range(count)]
    return bytes(encode_batch(records, **options))


def new_topic(name, partitions=1, replication=1, **configs):
    rows = [ct.CreatableTopicConfig(key.replace("_", "."), value) for key, value in configs.items()]
    return ct.CreatableTopic(name, partitions, replication, [], rows)


def create(*topics, validate_only=False):
    return ct.CreateTopicsRequest(list(topics), 10_000, validate_only)


def create_topics():
    for version in versions(ApiKey.CREATE_TOPICS):
        name = f"created-{version}"
        yield "create", create(new_topic(name, 2, retention_ms="1000000")), version
        yield "again", create(new_topic(name)), version
        yield "validate only", create(new_topic(f"{name}-not", 3), validate_only=True), version
        yield "defaults", create(new_topic(f"{name}-d", -1, -1)), version
    latest = versions(ApiKey.CREATE_TOPICS)[-1]
    for bad in ("", ".", "..", "a b", "x" * 250, "ü", "a/b"):
        yield f"bad name {bad[:5]!r}", create(new_topic(bad)), latest
    yield "collision", create(new_topic("coll.ide")), latest
    yield "collision 2", create(new_topic("coll_ide")), latest
    yield "same name twice", create(new_topic("twice"), new_topic("twice", 2)), latest
    yield "no partitions", create(new_topic("np", 0)), latest
    yield "negative partitions", create(new_topic("np", -2)), latest
    yield "replication 0", create(new_topic("np", 1, 0)), latest
    yield "replication too large", create(new_topic("np", 1, 3)), latest
    yield "unknown config", create(new_topic("np", no_such_config="1")), latest
    yield "bad config", create(new_topic("np", retention_ms="x")), latest
    yield "bad config range", create(new_topic("np", segment_bytes="5")), latest
    yield "bad cleanup policy", create(new_topic("np", cleanup_policy="shred")), latest
    yield (
        "null config",
        create(ct.CreatableTopic("np", 1, 1, [], [ct.CreatableTopicConfig("retention.ms", None)])),
        latest,
    )
    for label, assignments in {
        "assigned": [ct.CreatableReplicaAssignment(0, [1]), ct.CreatableReplicaAssignment(1, [1])],
        "assigned to nobody": [ct.CreatableReplicaAssignment(0, [7])],
        "assigned twice": [ct.CreatableReplicaAssignment(0, [1, 1])],
        "assigned with a hole": [ct.CreatableReplicaAssignment(0, [1]), ct.CreatableReplicaAssignment(2, [1])],
        "assigned empty": [ct.CreatableReplicaAssignment(0, [])],
    }.items():
        topic = ct.CreatableTopic(label.replace(" ", "-"), -1, -1, assignments, [])
        yield label, create(topic), latest
    both = ct.CreatableTopic("both", 1, 1, [ct.CreatableReplicaAssignment(0, [1])], [])
    yield "counts and assignments", create(both), latest


def partitions(name, count, assignments=None):
    return cp.CreatePartitionsTopic(name, count, assignments)


def create_partitions():
    yield "create", create(new_topic("cp", 2)), 7
    for version in versions(ApiKey.CREATE_PARTITIONS):
        count = 3 + version
        yield "grow", cp.CreatePartitionsRequest([partitions("cp", count)], 10_000, False), version
        yield "same", cp.CreatePartitionsRequest([partitions("cp", count)], 10_000, False), version
        yield "shrink", cp.CreatePartitionsRequest([partitions("cp", 1)], 10_000, False), version
        yield "zero", cp.CreatePartitionsRequest([partitions("cp", 0)], 10_000, False), version
        yield "unknown", cp.CreatePartitionsRequest([partitions("nope", 4)], 10_000, False), version
        yield "only validate", cp.CreatePartitionsRequest([partitions("cp", 20)], 10_000, True), version
    assigned = [cp.CreatePartitionsAssignment([1])]
    yield "assigned", cp.CreatePartitionsRequest([partitions("cp", 7, assigned)], 10_000, False), 3
    yield "assigned too few", cp.CreatePartitionsRequest([partitions("cp", 10, assigned)], 10_000, False), 3
    nobody = [cp.CreatePartitionsAssignment([9])]
    yield "assigned to nobody", cp.CreatePartitionsRequest([partitions("cp", 8, nobody)], 10_000, False), 3
    twice = [partitions("cp", 30), partitions("cp", 31)]
    yield "twice", cp.CreatePartitionsRequest(twice, 10_000, False), 3


def delete_topics():
    for version in versions(ApiKey.DELETE_TOPICS):
        name = f"deleted-{version}"
        yield "create", create(new_topic(name)), 7
        by_name = (
            {"topic_names": [name, "nope"]}
            if version < 6
            else {
                "topics": [
                    dt.DeleteTopicState(name),
                    dt.DeleteTopicState("nope"),
                    dt.DeleteTopicState(None, UNKNOWN_ID),
                ]
            }
        )
        yield "delete", dt.DeleteTopicsRequest(timeout_ms=10_000, **by_name), version
        yield "again", dt.DeleteTopicsRequest(timeout_ms=10_000, **by_name), version
    both = [dt.DeleteTopicState("x", UNKNOWN_ID)]
    yield "name and id", dt.DeleteTopicsRequest(topics=both, timeout_ms=10_000), 6
    neither = [dt.DeleteTopicState(None)]
    yield "neither", dt.DeleteTopicsRequest(topics=neither, timeout_ms=10_000), 6


def metadata_of(names, version, **options):
    rows = None if names is None else [md.MetadataRequestTopic(name=name) for name in names]
    return md.MetadataRequest(rows, **options)


def metadata():
    yield "create", create(new_topic("md", 3)), 7
    for version in versions(ApiKey.METADATA):
        if version >= 4:
            yield "known and unknown", metadata_of(["md", "nope"], version, allow_auto_topic_creation=False), version
            yield "bad names", metadata_of(["a b", ""], version, allow_auto_topic_creation=True), version
        else:
            yield "known", metadata_of(["md"], version), version
        yield "none", metadata_of(["md"] if version == 0 else [], version), version
        if version >= 8:
            authorized = {"include_topic_authorized_operations": True, "allow_auto_topic_creation": False}
            yield "operations", metadata_of(["md", "nope", "a b"], version, **authorized), version
        if version >= 10:
            by_id = [md.MetadataRequestTopic(UNKNOWN_ID, None)]
            yield "by unknown id", md.MetadataRequest(by_id), version
            authorized["topics"] = by_id
            yield "operations by unknown id", md.MetadataRequest(**authorized), version
    yield "auto-created", metadata_of(["md-by-itself"], 12, allow_auto_topic_creation=True), 12
    for version in versions(ApiKey.DESCRIBE_CLUSTER):
        yield "cluster", dc.DescribeClusterRequest(True), version
    for endpoint_type in (2, 3):
        yield "cluster endpoint", dc.DescribeClusterRequest(False, endpoint_type), 1
    topics = [dtp.TopicRequest("md"), dtp.TopicRequest("nope")]
    yield "partitions", dtp.DescribeTopicPartitionsRequest(topics), 0
    yield "paged", dtp.DescribeTopicPartitionsRequest(topics, 2), 0
    cursor = dtp.DescribeTopicPartitionsRequestCursor("md", 2)
    yield "from cursor", dtp.DescribeTopicPartitionsRequest(topics, 2, cursor), 0


def find_coordinator():
    yield WARM_UP, fc.FindCoordinatorRequest(key_type=0, coordinator_keys=["g"]), 4
    for version in versions(ApiKey.FIND_COORDINATOR):
        for key_type in (0,):
            keys = {"coordinator_keys": ["g1", "g2"]} if version >= 4 else {"key": "g1"}
            typed = {"key_type": key_type} if version >= 1 else {}
            yield f"type {key_type}", fc.FindCoordinatorRequest(**keys, **typed), version
    yield "bad type", fc.FindCoordinatorRequest(key_type=9, coordinator_keys=["g"]), 4
    yield "no keys", fc.FindCoordinatorRequest(key_type=0), 4


def produce_request(topic, records, acks=-1, partition=0, version=9, topic_id=None, transactional_id=None):
    rows = [p.PartitionProduceData(partition, records)]
    data = (
        p.TopicProduceData(name=topic, partition_data=rows)
        if version < 13
        else p.TopicProduceData(topic_id=topic_id or UNKNOWN_ID, partition_data=rows)
    )
    return p.ProduceRequest(transactional_id, acks, 10_000, [data])


def produce():
    yield (
        "create",
        create(new_topic("pr"), new_topic("pc", cleanup_policy="compact"), new_topic("small", max_message_bytes="100")),
        7,
    )
    yield "create", create(new_topic("lat", message_timestamp_type="LogAppendTime")), 7
    yield "create", create(new_topic("before", message_timestamp_before_max_ms="1000")), 7
    for version in versions(ApiKey.PRODUCE):
        if version < 13:
            yield "good", produce_request("pr", batch(), version=version), version
            yield "unknown topic", produce_request("nope", batch(), version=version), version
            yield "unknown partition", produce_request("pr", batch(), partition=7, version=version), version
            yield "acks 1", produce_request("pr", batch(), acks=1, version=version), version
        yield "acks 2", produce_request("pr", batch(), acks=2, version=version), version
        yield "no keys for compaction", produce_request("pc", keyless(), version=version), version
        yield "too large", produce_request("small", batch(20), version=version), version
        yield "log append time", produce_request("lat", batch(), version=version), version
        yield "too old", produce_request("before", batch(), version=version), version
    bad = {"nothing": b"", "two": batch() * 2, "zstd": batch(compression=4), "corrupt": batch()[:-1] + b"x"}
    for label, records in bad.items():
        for acks in (-2, 2):
            yield f"acks {acks}, {label}", produce_request("pr", records, acks=acks, version=6), 6
            yield f"acks {acks}, {label}, no topic", produce_request("nope", records, acks=acks, version=6), 6
    yield "null records", produce_request("pr", None), 9
    yield "empty records", produce_request("pr", b""), 9
    yield "garbage", produce_request("pr", b"\xff" * 100), 9
    yield "two batches", produce_request("pr", batch() + batch()), 9
    yield "far future", produce_request("pr", batch(start_ms=4_000_000_000_000)), 9
    corrupt = bytearray(batch())
    corrupt[-1] ^= 1
    yield "corrupt", produce_request("pr", bytes(corrupt)), 9
    for sequence, label in ((0, "first"), (0, "duplicate"), (3, "next"), (9, "gap"), (3, "duplicate of the last")):
        options = {"producer_id": 4000, "producer_epoch": 0, "base_sequence": sequence}
        yield f"idempotent {label}", produce_request("pr", batch(**options)), 9
    for epoch, sequence, label in ((1, 5, "new epoch, wrong sequence"), (1, 0, "new epoch"), (0, 6, "old epoch")):
        options = {"producer_id": 4000, "producer_epoch": epoch, "base_sequence": sequence}
        yield f"idempotent {label}", produce_request("pr", batch(**options)), 9


def keyless():
    return bytes(encode_batch([Record(0, BASE_MS, None, b"v")]))


def fetch_request(topic, offset, version, **options):
    rows = [f.FetchPartition(partition=0, fetch_offset=offset, partition_max_bytes=1 << 20)]
    topics = (
        [f.FetchTopic(topic=topic, partitions=rows)]
        if version < 13
        else [f.FetchTopic(topic_id=UNKNOWN_ID, partitions=rows)]
    )
    settings = {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, **options}
    if version >= 7:
        settings.setdefault("session_epoch", -1)
    return f.FetchRequest(topics=topics, **settings)


def fetch():
    yield "create", create(new_topic("fe")), 7
    for _ in range(3):
        yield "fill", produce_request("fe", batch()), 9
    for version in versions(ApiKey.FETCH):
        for offset in (0, 4, 8, 9, 10, -1):
            yield f"at {offset}", fetch_request("fe", offset, version), version
        yield "unknown topic", fetch_request("nope", 0, version), version
        yield "read committed", fetch_request("fe", 0, version, isolation_level=1), version
        yield "little", fetch_request("fe", 0, version, max_bytes=1), version
    yield from fetch_zstd()
    for epoch, label in ((0, "open a session"), (5, "epoch without a session")):
        yield label, fetch_request("fe", 0, 12, session_epoch=epoch), 12
    yield "unknown session", fetch_request("fe", 0, 12, session_id=123456, session_epoch=1), 12
    for leader_epoch in (0, 5):
        rows = [
            f.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=100, current_leader_epoch=leader_epoch)
        ]
        topics = [f.FetchTopic(topic="fe", partitions=rows)]
        request = f.FetchRequest(topics=topics, max_wait_ms=0, session_epoch=-1)
        yield f"leader epoch {leader_epoch}", request, 12
    rows = [f.FetchPartition(partition=0, fetch_offset=3, last_fetched_epoch=0, partition_max_bytes=100)]
    yield "last fetched epoch", f.FetchRequest(topics=[f.FetchTopic(topic="fe", partitions=rows)], session_epoch=-1), 12


def fetch_zstd():
    """Fetch from a topic with compression.type=zstd, empty and filled, and from one that contains a batch in zstd."""
    yield "create", create(new_topic("fz", compression_type="zstd"), new_topic("fy")), 7
    for filled in (False, True):
        for version in (4, 5, 6, 7, 9, 10, 11):
            for topic in ("fz", "fy"):
                for offset in (0, 3, 7):
                    yield f"zstd {topic} {filled} at {offset}", fetch_request(topic, offset, version), version
                yield f"zstd {topic} little", fetch_request(topic, 0, version, max_bytes=1), version
        yield "fill", produce_request("fz", batch(compression=4)), 9
        yield "fill", produce_request("fy", batch(compression=4)), 9


def offsets_request(topic, timestamp, partition=0, epoch=-1, **options):
    rows = [lo.ListOffsetsPartition(partition, epoch, timestamp)]
    return lo.ListOffsetsRequest(-1, topics=[lo.ListOffsetsTopic(topic, rows)], **options)


def list_offsets():
    yield "create", create(new_topic("lo")), 7
    yield "empty", offsets_request("lo", -1), 5
    yield "empty, max timestamp", offsets_request("lo", -3), 8
    yield "fill", produce_request("lo", batch(4)), 9
    yield "fill", produce_request("lo", batch(4, BASE_MS + 1000)), 9
    special = (-1, -2, -3, -4, -5, -6, -7, 0, BASE_MS + 2, BASE_MS + 500, BASE_MS + 5000)
    for version in versions(ApiKey.LIST_OFFSETS):
        for timestamp in special:
            yield f"at {timestamp}", offsets_request("lo", timestamp), version
        yield "unknown topic", offsets_request("nope", -1), version
        yield "unknown partition", offsets_request("lo", -1, partition=5), version
    for epoch in (0, 7):
        yield f"epoch {epoch}", offsets_request("lo", -1, epoch=epoch), 5
    yield "read committed", offsets_request("lo", -1, isolation_level=1), 5
    twice = [lo.ListOffsetsPartition(0, -1, -1), lo.ListOffsetsPartition(0, -1, -2)]
    yield "twice", lo.ListOffsetsRequest(-1, topics=[lo.ListOffsetsTopic("lo", twice)]), 5
    for offset in (2, 1, 8, 9, -1, -2):
        rows = [dr.DeleteRecordsPartition(0, offset), dr.DeleteRecordsPartition(3, 0)]
        request = dr.DeleteRecordsRequest(
            [dr.DeleteRecordsTopic("lo", rows), dr.DeleteRecordsTopic("nope", rows)], 10_000
        )
        yield f"delete records {offset}", request, 2
        yield "earliest", offsets_request("lo", -2), 5
    yield "create", create(new_topic("lo-compact", cleanup_policy="compact")), 7
    rows = [dr.DeleteRecordsPartition(0, 0)]
    yield "delete compacted", dr.DeleteRecordsRequest([dr.DeleteRecordsTopic("lo-compact", rows)], 10_000), 2


def epochs():
    yield "create", create(new_topic("ep")), 7
    yield "empty", epochs_asked((-1, -2), (-1, -1), (-1, 0), (-1, 5)), 4
    yield "fill", produce_request("ep", batch(4)), 9
    yield "negative", epochs_asked(*[(current, asked) for current in (-2, -1, 0) for asked in (-(2**31), -3, -2)]), 4
    for version in versions(ApiKey.OFFSET_FOR_LEADER_EPOCH):
        for current, asked in ((-1, 0), (-1, 5), (-1, -1), (-1, -2), (0, 0), (3, 0)):
            rows = [ofle.OffsetForLeaderPartition(partition=0, current_leader_epoch=current, leader_epoch=asked)]
            rows.append(ofle.OffsetForLeaderPartition(partition=4, leader_epoch=0))
            topics = [ofle.OffsetForLeaderTopic("ep", rows), ofle.OffsetForLeaderTopic("nope", rows)]
            replica = {"replica_id": -1} if version >= 3 else {}
            yield f"epoch {asked} at {current}", ofle.OffsetForLeaderEpochRequest(topics=topics, **replica), version
    for offset in (2, -1):
        rows = [dr.DeleteRecordsPartition(0, offset)]
        yield f"delete to {offset}", dr.DeleteRecordsRequest([dr.DeleteRecordsTopic("ep", rows)], 10_000), 2
        yield "after that", epochs_asked((-1, -2), (-1, -1), (-1, 0), (-1, 5)), 4


def epochs_asked(*rows):
    """rows: pairs of current epoch and requested epoch, for partition 0, in one request."""
    asked = [
        ofle.OffsetForLeaderPartition(partition=0, current_leader_epoch=current, leader_epoch=epoch)
        for current, epoch in rows
    ]
    return ofle.OffsetForLeaderEpochRequest(replica_id=-1, topics=[ofle.OffsetForLeaderTopic("ep", asked)])


def init_producer_id():
    for version in versions(ApiKey.INIT_PRODUCER_ID):
        yield "new", ipi.InitProducerIdRequest(None, 60_000), version
    yield "empty transactional id", ipi.InitProducerIdRequest("", 60_000), 4
    yield "with an epoch", ipi.InitProducerIdRequest(None, 60_000, 5, 3), 4


def describe(kind, name, keys=None, version=4, **options):
    resource = dcfg.DescribeConfigsResource(kind, name, keys)
    return dcfg.DescribeConfigsRequest([resource], **options)


def configs():
    yield "create", create(new_topic("cf", retention_ms="77777")), 7
    for version in versions(ApiKey.DESCRIBE_CONFIGS):
        keys = ["retention.ms", "cleanup.policy", "segment.bytes", "no.such"]
        yield "topic", describe(2, "cf", keys, include_synonyms=True), version
        yield (
            "broker",
            describe(4, "1", ["num.io.threads", "log.retention.ms", "log.retention.hours"], include_synonyms=True),
            version,
        )
    yield "topic, all", describe(2, "cf", include_synonyms=True), 4
    yield "unknown topic", describe(2, "nope"), 4
    yield "bad topic", describe(2, "a b"), 4
    yield "other broker", describe(4, "99"), 4
    yield "broker not a number", describe(4, "x"), 4
    yield "cluster default", describe(4, ""), 4
    yield "group", describe(32, "g"), 4
    yield "empty group", describe(32, ""), 4
    yield "unknown type", describe(77, "x"), 4
    changes = [
        ("set", 2, "cf", "retention.ms", 0, "88888"),
        ("delete", 2, "cf", "retention.ms", 1, None),
        ("append", 2, "cf", "cleanup.policy", 2, "compact"),
        ("append again", 2, "cf", "cleanup.policy", 2, "compact"),
        ("subtract", 2, "cf", "cleanup.policy", 3, "delete"),
        ("append to a number", 2, "cf", "retention.ms", 2, "1"),
        ("bad value", 2, "cf", "retention.ms", 0, "x"),
        ("null value", 2, "cf", "retention.ms", 0, None),
        ("unknown config", 2, "cf", "no.such", 0, "x"),
        ("delete unknown config", 2, "cf", "no.such", 1, None),
        ("unknown topic", 2, "nope", "retention.ms", 0, "1"),
        ("unknown operation", 2, "cf", "retention.ms", 9, "1"),
        ("broker", 4, "1", "log.cleaner.threads", 0, "2"),
        ("broker read-only", 4, "1", "broker.id", 0, "2"),
        ("cluster default", 4, "", "log.retention.ms", 0, "999999"),
        ("other broker", 4, "99", "log.retention.ms", 0, "999999"),
        ("unknown type", 77, "x", "y", 0, "z"),
        ("group", 32, "g", "consumer.session.timeout.ms", 0, "46000"),
        ("group bad", 32, "g", "consumer.session.timeout.ms", 0, "1"),
    ]
    for label, kind, name, key, operation, value in changes:
        for version in versions(ApiKey.INCREMENTAL_ALTER_CONFIGS):
            change = iac.AlterableConfig(key, operation, value)
            request = iac.IncrementalAlterConfigsRequest([iac.AlterConfigsResource(kind, name, [change])], False)
            yield f"alter: {label}", request, version
            yield f"after: {label}", describe(2, "cf", ["retention.ms", "cleanup.policy"], include_synonyms=True), 4
    twice = [iac.AlterableConfig("retention.ms", 0, "1"), iac.AlterableConfig("retention.ms", 0, "2")]
    yield "twice", iac.IncrementalAlterConfigsRequest([iac.AlterConfigsResource(2, "cf", twice)], False), 1
    yield (
        "reset",
        iac.IncrementalAlterConfigsRequest(
            [iac.AlterConfigsResource(4, "", [iac.AlterableConfig("log.retention.ms", 1, None)])], False
        ),
        1,
    )


SCENARIOS = (
    create_topics,
    create_partitions,
    delete_topics,
    metadata,
    find_coordinator,
    produce,
    fetch,
    list_offsets,
    epochs,
    init_producer_id,
    configs,
)
