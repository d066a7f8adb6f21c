"""More of what clients ask about a cluster: versions, topics that come by being asked for, whole configs."""

from compat.side_by_side.scenarios import (
    UNKNOWN_ID,
    WARM_UP,
    create,
    describe,
    metadata_of,
    new_topic,
    partitions,
    versions,
)
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import alter_configs as ac
from kwire.protocol.messages import api_versions as av
from kwire.protocol.messages import create_partitions as cp
from kwire.protocol.messages import create_topics as ct
from kwire.protocol.messages import delete_topics as dt
from kwire.protocol.messages import describe_cluster as dc
from kwire.protocol.messages import describe_configs as dcfg
from kwire.protocol.messages import describe_topic_partitions as dtp
from kwire.protocol.messages import find_coordinator as fc
from kwire.protocol.messages import metadata as md
from kwire.protocol.messages import sasl_handshake as sh

LAST_COMMON_API_VERSIONS = 4
"""Kafka 4.3 does not know the newest version."""


def api_versions():
    for version in range(LAST_COMMON_API_VERSIONS + 1):
        yield "good", av.ApiVersionsRequest("side-by-side", "1.0"), version
    for name, software_version in (
        ("", "1"), ("x", ""), ("a b", "1"), ("-x", "1"), ("x.y-z", "1.0-SNAPSHOT"), ("ü", "1"), ("x", "1_0"),
    ):  # fmt: skip
        yield f"odd name {name!r} {software_version!r}", av.ApiVersionsRequest(name, software_version), 4
    for version in range(2):
        yield "sasl", sh.SaslHandshakeRequest("PLAIN"), version


def metadata_creates():
    latest = versions(ApiKey.METADATA)[-1]
    for version in versions(ApiKey.METADATA):
        name = f"auto-{version}"
        yield WARM_UP, metadata_of([name], version), version
        if version >= 4:
            without = {"allow_auto_topic_creation": False}
            yield "does not create", metadata_of([f"not-{version}"], version, **without), version
    for label, names in {
        "bad and good": ["a b", "auto-good", ""],
        "the same twice": ["auto-twice", "auto-twice"],
        "long": ["x" * 249, "x" * 250],
        "internal": ["__consumer_offsets"],
        "internal transactions": ["__transaction_state"],
        "internal share": ["__share_group_state"],
        "metadata log": ["__cluster_metadata"],
        "dots and underscores": ["au_to.x", "au.to_x"],
    }.items():
        yield f"{label}, {WARM_UP}", metadata_of(names, latest), latest
    name_and_id = [md.MetadataRequestTopic(UNKNOWN_ID, "auto-good")]
    yield "name and id", md.MetadataRequest(name_and_id), latest
    yield "id and names", md.MetadataRequest([md.MetadataRequestTopic(UNKNOWN_ID, None), *topics("auto-good")]), latest
    yield "neither", md.MetadataRequest([md.MetadataRequestTopic(name=None)]), latest
    for version in (8, 9, 10):
        yield "cluster operations", metadata_of([], version, include_cluster_authorized_operations=True), version
    for version in (10, 12):
        yield "name and id", md.MetadataRequest(name_and_id), version
        yield "no name", md.MetadataRequest([md.MetadataRequestTopic(name=None)]), version
    yield "by id", lambda wire: md.MetadataRequest([md.MetadataRequestTopic(wire.topic_id("auto-good"), None)]), latest


def topics(*names):
    return [md.MetadataRequestTopic(name=name) for name in names]


def describe_cluster():
    yield "fenced", dc.DescribeClusterRequest(False, 1, True), 2
    yield "not fenced, with operations", dc.DescribeClusterRequest(True, 1, False), 2
    yield "endpoint 0", dc.DescribeClusterRequest(False, 0), 1
    yield "controllers", dc.DescribeClusterRequest(False, 2), 2


def describe_topic_partitions():
    yield "create", create(new_topic("dtp-a", 3), new_topic("dtp-b", 2)), 7
    asked = [dtp.TopicRequest(name) for name in ("dtp-b", "dtp-a", "dtp-none")]
    yield "several", dtp.DescribeTopicPartitionsRequest(asked), 0
    yield "twice", dtp.DescribeTopicPartitionsRequest([*asked, asked[0]]), 0
    for name in ("a b", "", "x" * 250):
        yield f"with {name[:3]!r}", dtp.DescribeTopicPartitionsRequest([*asked, dtp.TopicRequest(name)]), 0
    for limit in (0, 1, 3, 4, -1):
        yield f"limit {limit}", dtp.DescribeTopicPartitionsRequest(asked[:2], limit), 0
    for name, index in (("dtp-a", 0), ("dtp-a", 2), ("dtp-a", 3), ("dtp-b", 1), ("dtp-c", 0), ("dtp-b", -1), ("", 0)):
        cursor = dtp.DescribeTopicPartitionsRequestCursor(name, index)
        yield f"from {name} {index}", dtp.DescribeTopicPartitionsRequest(asked[:2], 10, cursor), 0


def coordinators():
    yield WARM_UP, fc.FindCoordinatorRequest(key_type=0, coordinator_keys=["g"]), 4
    yield "empty key", fc.FindCoordinatorRequest(key_type=0, coordinator_keys=[""]), 4
    yield "twice", fc.FindCoordinatorRequest(key_type=0, coordinator_keys=["g", "g"]), 4
    for version in range(4):
        yield "empty key", fc.FindCoordinatorRequest(key=""), version
    for version in range(1, 4):
        yield "bad type", fc.FindCoordinatorRequest(key="g", key_type=9), version
        yield "negative type", fc.FindCoordinatorRequest(key="g", key_type=-1), version
    for version in (4, 5, 6):
        yield "bad type", fc.FindCoordinatorRequest(key_type=9, coordinator_keys=["g", "h"]), version


def no_rows():
    yield "no topics", create(), 7
    yield "no topics, validated", create(validate_only=True), 7
    yield "no partitions", cp.CreatePartitionsRequest([], 10_000, False), 3
    for version in versions(ApiKey.DELETE_TOPICS):
        yield "none deleted", dt.DeleteTopicsRequest(timeout_ms=10_000), version
    yield "nothing described", dcfg.DescribeConfigsRequest([]), 4
    yield "nothing altered", ac.AlterConfigsRequest([], False), 2


def replacing(*resources, validate_only=False):
    rows = [
        ac.AlterConfigsResource(kind, name, [ac.AlterableConfig(key, value) for key, value in configs])
        for kind, name, configs in resources
    ]
    return ac.AlterConfigsRequest(rows, validate_only)


def alter_configs():
    yield "create", create(new_topic("ac", retention_ms="77777", segment_bytes="1048576")), 7
    for version in versions(ApiKey.ALTER_CONFIGS):
        for label, configs in {
            "set": [("retention.ms", "1000")],
            "another": [("segment.ms", "60000")],
            "bad value": [("retention.ms", "x")],
            "null": [("retention.ms", None)],
            "twice": [("retention.ms", "1"), ("retention.ms", "2")],
            "unknown": [("no.such", "1")],
            "out of range": [("min.cleanable.dirty.ratio", "7")],
            "none": [],
        }.items():
            yield label, replacing((2, "ac", configs)), version
            yield f"{label}, validated", replacing((2, "ac", configs), validate_only=True), version
            names = ["retention.ms", "segment.ms", "segment.bytes"]
            yield f"after {label}", describe(2, "ac", names, include_synonyms=True), 4
        yield "unknown topic", replacing((2, "nope", [("retention.ms", "1")])), version
        yield "bad topic", replacing((2, "a b", [("retention.ms", "1")])), version
        yield "no topic", replacing((2, "", [("retention.ms", "1")])), version
        yield "other broker", replacing((4, "99", [("log.cleaner.threads", "1")])), version
        yield "not a broker", replacing((4, "x", [("log.cleaner.threads", "1")])), version
        yield "group", replacing((32, "", [("consumer.session.timeout.ms", "46000")])), version
        yield "unknown type", replacing((77, "x", [("y", "z")])), version
        same = (2, "ac", [("retention.ms", "5")])
        if version == 2:
            yield "same resource twice", replacing(same, same), version
        yield "several", replacing(same, (2, "nope", []), (2, "ac2", [("x", "y")])), version


def more_create_topics():
    latest = versions(ApiKey.CREATE_TOPICS)[-1]
    for config, value in {
        "cleanup.policy": "", "compression.type": "zip", "compression.gzip.level": "77", "retention.bytes": "-5",
        "min.insync.replicas": "0", "message.timestamp.type": "Now", "unclean.leader.election.enable": "maybe",
        "segment.bytes": "99999999999", "max.message.bytes": "-1", "min.cleanable.dirty.ratio": "nan",
        "leader.replication.throttled.replicas": "1", "flush.messages": "0", "preallocate": "",
    }.items():  # fmt: skip
        topic = ct.CreatableTopic("bad-config", 1, 1, [], [ct.CreatableTopicConfig(config, value)])
        yield f"{config}={value}", create(topic), latest
    yield "several", create(new_topic("mct-1"), new_topic("a b"), new_topic("mct-2", 2)), latest
    yield "too many partitions", create(new_topic("mct-many", 100_000), validate_only=True), latest
    twice = [ct.CreatableReplicaAssignment(0, [1]), ct.CreatableReplicaAssignment(0, [1])]
    yield "partition assigned twice", create(ct.CreatableTopic("mct-t", -1, -1, twice, [])), latest
    uneven = [ct.CreatableReplicaAssignment(0, [1]), ct.CreatableReplicaAssignment(1, [1, 2])]
    yield "uneven", create(ct.CreatableTopic("mct-u", -1, -1, uneven, [])), latest
    yield "internal", create(new_topic("__transaction_state")), latest
    yield "metadata log", create(new_topic("__cluster_metadata")), latest
    configs = [ct.CreatableTopicConfig("retention.ms", "1"), ct.CreatableTopicConfig("retention.ms", "2")]
    yield "config twice", create(ct.CreatableTopic("mct-ct", 1, 1, [], configs)), latest
    yield (
        "delete the metadata log",
        dt.DeleteTopicsRequest(topics=[dt.DeleteTopicState("__cluster_metadata")], timeout_ms=10_000),
        6,
    )
    yield (
        "the same twice",
        dt.DeleteTopicsRequest(topics=[dt.DeleteTopicState("mct-1"), dt.DeleteTopicState("mct-1")], timeout_ms=10_000),
        6,
    )
    yield (
        "deleted by id",
        lambda wire: dt.DeleteTopicsRequest(
            topics=[dt.DeleteTopicState(None, wire.topic_id("mct-2"))], timeout_ms=10_000
        ),
        6,
    )
    yield "too many", cp.CreatePartitionsRequest([partitions("mct-1", 2_000_000)], 10_000, True), 3


SCENARIOS = (
    api_versions,
    metadata_creates,
    describe_cluster,
    describe_topic_partitions,
    coordinators,
    no_rows,
    alter_configs,
    more_create_topics,
)
