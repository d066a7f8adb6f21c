"""Requests about topics, partitions and configs that name something twice."""

from compat.side_by_side.scenarios import UNKNOWN_ID, create, describe, new_topic, partitions, versions
from compat.side_by_side.scenarios_of_admin import replacing
from compat.side_by_side.scenarios_of_configs import altering
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import alter_partition_reassignments as apr
from kwire.protocol.messages import create_partitions as cp
from kwire.protocol.messages import create_topics as ct
from kwire.protocol.messages import delete_topics as dt
from kwire.protocol.messages import describe_configs as dcfg
from kwire.protocol.messages import describe_log_dirs as dld
from kwire.protocol.messages import elect_leaders as el
from kwire.protocol.messages import list_partition_reassignments as lpr

TOPIC, BROKER, GROUP = 2, 4, 32


def created_twice():
    yield "create", create(new_topic("dup")), 7
    for version in versions(ApiKey.CREATE_TOPICS):
        twice = [new_topic("dup-new"), new_topic("dup-new", 2), new_topic("a b"), new_topic("a b"), new_topic("dup")]
        yield "topics", create(*twice, validate_only=True), version
        yield "three of one", create(*twice[:2], twice[0], new_topic("dup"), new_topic("dup")), version
    configs = [ct.CreatableTopicConfig("retention.ms", text) for text in ("x", "1000000", "2000000")]
    yield "configs", create(ct.CreatableTopic("dup-configs", 1, 1, [], configs)), 7
    yield "the last one counts", describe(TOPIC, "dup-configs", ["retention.ms"]), 4
    yield "the last one is wrong", create(ct.CreatableTopic("dup-wrong", 1, 1, [], configs[::-1])), 7
    rows = [ct.CreatableReplicaAssignment(index, nodes) for index, nodes in ((0, [1]), (1, [1]), (0, [9]))]
    yield "partitions", create(ct.CreatableTopic("dup-assigned", -1, -1, rows, [])), 7
    yield "names alike", create(new_topic("dup.alike"), new_topic("dup_alike")), 7


def partitions_twice():
    yield "create", create(new_topic("dup-p"), new_topic("dup-q")), 7
    assigned = [cp.CreatePartitionsAssignment(nodes) for nodes in ([1, 1], [1])]
    for version in versions(ApiKey.CREATE_PARTITIONS):
        for label, rows in {
            "topics": [partitions("dup-p", 3), partitions("dup-q", 2), partitions("dup-p", 4)],
            "the same": [partitions("dup-p", 3)] * 3,
            "unknown": [partitions("nope", 3)] * 2,
            "replicas": [partitions("dup-p", 3, assigned)],
        }.items():
            yield label, cp.CreatePartitionsRequest(rows, 10_000, True), version


def deleted_twice():
    yield "create", create(new_topic("dup-d")), 7
    for version in versions(ApiKey.DELETE_TOPICS)[:-1]:
        names = ["dup-d", "nope", "dup-d", "nope", "dup-d"]
        yield "names", dt.DeleteTopicsRequest(topic_names=names, timeout_ms=10_000), version

    def request(*topics):
        return dt.DeleteTopicsRequest(topics=[dt.DeleteTopicState(*topic) for topic in topics], timeout_ms=10_000)

    def by_id(wire):
        return None, wire.topic_id("dup-d")

    yield "names", request(("dup-d",), ("nope",), ("dup-d",), ("nope",)), 6
    yield "ids", lambda wire: request(by_id(wire), by_id(wire)), 6
    yield "unknown ids", request((None, UNKNOWN_ID), (None, UNKNOWN_ID)), 6
    yield "nothing", request((None,), (None,)), 6
    yield "name and id in one", request(("x", UNKNOWN_ID), ("x", UNKNOWN_ID), ("x",)), 6
    yield "name, name and id", lambda wire: request(("dup-d",), ("dup-d",), by_id(wire)), 6
    yield "id and name", lambda wire: request(by_id(wire), ("dup-d",)), 6


def described_twice():
    yield "create", create(new_topic("dup-c"), new_topic("dup-e")), 7
    for version in versions(ApiKey.DESCRIBE_CONFIGS):
        for label, rows in {
            "topics": [(TOPIC, "dup-c", ["retention.ms"]), (TOPIC, "dup-c", ["segment.ms"])],
            "configs": [(TOPIC, "dup-c", ["retention.ms", "retention.ms", "nope"])],
            "unknown": [(TOPIC, "nope", None)] * 2,
            "brokers": [(BROKER, name, ["num.partitions"]) for name in ("1", "1", "01")],
        }.items():
            resources = [dcfg.DescribeConfigsResource(*row) for row in rows]
            yield label, dcfg.DescribeConfigsRequest(resources), version
    once = [("retention.ms", "1000000")]
    for version in versions(ApiKey.ALTER_CONFIGS):
        yield "replaced configs", replacing((TOPIC, "dup-c", once * 2), (TOPIC, "dup-e", once)), version
    changes = [("retention.ms", 0, "1000000")]
    for version in versions(ApiKey.INCREMENTAL_ALTER_CONFIGS):
        other = (TOPIC, "dup-e", changes)
        yield "altered topics", altering((TOPIC, "dup-c", changes), other, (TOPIC, "dup-c", changes)), version
        yield "altered brokers", altering(*[(BROKER, "1", [])] * 3, (BROKER, "01", [])), version
        yield "altered configs", altering((TOPIC, "dup-c", [*changes, ("retention.ms", 1, None)]), other), version
        yield "altered unknowns", altering((77, "x", []), (77, "x", []), (GROUP, "", []), (GROUP, "", [])), version


def placed_twice():
    yield "create", create(new_topic("dup-r")), 7
    moves = [apr.ReassignablePartition(index, nodes) for index, nodes in ((0, [1]), (0, [1]), (0, None), (5, [1]))]
    topics = [
        apr.ReassignableTopic(name, rows) for name, rows in (("dup-r", moves), ("dup-r", moves[:1]), ("nope", moves))
    ]
    for version in versions(ApiKey.ALTER_PARTITION_REASSIGNMENTS):
        yield "moved", apr.AlterPartitionReassignmentsRequest(1000, True, [*topics, topics[-1]]), version
    listed = [lpr.ListPartitionReassignmentsTopics("dup-r", [0, 0]), lpr.ListPartitionReassignmentsTopics("dup-r", [0])]
    yield "listed", lpr.ListPartitionReassignmentsRequest(1000, listed), 0
    led = [el.TopicPartitions(*row) for row in (("dup-r", [0, 0, 7, 7]), ("dup-r", [0]), ("nope", [1]), ("nope", [1]))]
    for version in versions(ApiKey.ELECT_LEADERS):
        yield "led", el.ElectLeadersRequest(0, led), version
    sized = [dld.DescribableLogDirTopic(*row) for row in (("dup-r", [0, 0]), ("dup-r", [0]), ("nope", [0]))]
    for version in versions(ApiKey.DESCRIBE_LOG_DIRS):
        yield "sized", dld.DescribeLogDirsRequest(sized), version


SCENARIOS = (created_twice, partitions_twice, deleted_twice, described_twice, placed_twice)
