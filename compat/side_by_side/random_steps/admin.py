"""Random topics: created, enlarged, moved, configured and deleted."""

from compat.side_by_side.random_steps.choices import any_of, mostly, some_of, versions
from compat.side_by_side.random_steps.side import Side
from compat.side_by_side.random_steps.steps import Domain
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import alter_partition_reassignments as apr
from kwire.protocol.messages import create_partitions as cp
from kwire.protocol.messages import create_topics as ct
from kwire.protocol.messages import delete_topics as dt
from kwire.protocol.messages import describe_configs as dc
from kwire.protocol.messages import incremental_alter_configs as iac
from kwire.protocol.messages import list_partition_reassignments as lpr
from kwire.protocol.messages import metadata as md

NAMES = some_of("a", "b", "a.b", "a_b", "never", at_least=1, at_most=3, twice=True)
NAME = any_of("a", "b", "a.b", "a_b", "never")
CONFIGS = some_of(
    ("retention.ms", "1000"),
    ("retention.ms", "-2"),
    ("cleanup.policy", "compact"),
    ("cleanup.policy", "compact,delete"),
    ("max.message.bytes", "+5"),
    ("unclean.leader.election.enable", "TRUE"),
    ("no.such.config", "1"),
)
ASSIGNMENT = mostly(None, (1,), (7,), (1, 1), ())
TOPIC = 2
NEW_REPLICAS = mostly((1,), None, (7,), (), (1, 1))


class AdminSide(Side):
    """Topics whose names begin with the prefix."""

    def name(self, name):
        return self.prefix + name if name != "never" else f"{self.prefix}never made"


admin = Domain("admin", AdminSide, length=25)


@admin.step(5)
def create(
    side,
    *,
    names=NAMES,
    partitions=mostly(1, 3, 0, -1, -2),
    replication=mostly(1, -1, 0, 2),
    assignment=ASSIGNMENT,
    configs=CONFIGS,
    validate=mostly(False, True),
    version=versions(ApiKey.CREATE_TOPICS),
):
    rows = [] if assignment is None else [ct.CreatableReplicaAssignment(0, list(assignment))]
    if rows:
        partitions = replication = -1
    topics = [
        ct.CreatableTopic(
            side.name(name), partitions, replication, rows, [ct.CreatableTopicConfig(*each) for each in configs]
        )
        for name in names
    ]
    return ct.CreateTopicsRequest(topics, 5_000, validate and version >= 1), version


@admin.step(3)
def enlarge(
    side,
    *,
    names=NAMES,
    count=any_of(2, 4, 1, 0, -1),
    assignment=ASSIGNMENT,
    validate=mostly(False, True),
    version=versions(ApiKey.CREATE_PARTITIONS),
):
    rows = None if assignment is None else [cp.CreatePartitionsAssignment(list(assignment))]
    topics = [cp.CreatePartitionsTopic(side.name(name), count, rows) for name in names]
    return cp.CreatePartitionsRequest(topics, 5_000, validate), version


@admin.step(2)
def delete(side, *, names=NAMES, version=versions(ApiKey.DELETE_TOPICS)):
    if version < 6:
        return dt.DeleteTopicsRequest(topic_names=[side.name(name) for name in names], timeout_ms=5_000), version
    return dt.DeleteTopicsRequest([dt.DeleteTopicState(side.name(name)) for name in names], timeout_ms=5_000), version


@admin.step(4)
def alter(
    side,
    *,
    name=NAME,
    config=any_of("retention.ms", "cleanup.policy", "segment.bytes", "no.such.config"),
    operation=any_of(0, 1, 2, 3),
    value=any_of("1000000", "compact", "delete", "", None, "x"),
    validate=mostly(False, True),
    version=versions(ApiKey.INCREMENTAL_ALTER_CONFIGS),
):
    row = iac.AlterConfigsResource(TOPIC, side.name(name), [iac.AlterableConfig(config, operation, value)])
    return iac.IncrementalAlterConfigsRequest([row], validate), version


@admin.step(2)
def describe_configs(side, *, name=NAME, version=versions(ApiKey.DESCRIBE_CONFIGS, first=1)):
    keys = ["retention.ms", "cleanup.policy", "segment.bytes", "max.message.bytes"]
    return dc.DescribeConfigsRequest([dc.DescribeConfigsResource(TOPIC, side.name(name), keys)], True), version


@admin.step(3)
def metadata(side, *, names=NAMES, version=versions(ApiKey.METADATA, first=4)):
    rows = [md.MetadataRequestTopic(name=side.name(name)) for name in dict.fromkeys(names)]
    return md.MetadataRequest(rows, allow_auto_topic_creation=False), version


@admin.step(2)
def reassign(side, *, name=NAME, partitions=some_of(0, 1, 7, at_least=1, twice=True), replicas=NEW_REPLICAS):
    rows = [apr.ReassignablePartition(each, None if replicas is None else list(replicas)) for each in partitions]
    return apr.AlterPartitionReassignmentsRequest(5_000, topics=[apr.ReassignableTopic(side.name(name), rows)]), 0


@admin.step(1)
def reassignments(side, *, name=NAME, partitions=some_of(0, 1, 7, at_least=1, twice=True)):
    rows = [lpr.ListPartitionReassignmentsTopics(side.name(name), list(partitions))]
    return lpr.ListPartitionReassignmentsRequest(5_000, rows), 0
