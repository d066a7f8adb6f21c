"""Where partitions are and who leads them: elections and reassignments, as far as one broker can be asked."""

from compat.side_by_side.scenarios import batch, create, new_topic, produce_request, versions
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import alter_partition_reassignments as apr
from kwire.protocol.messages import describe_log_dirs as dld
from kwire.protocol.messages import elect_leaders as el
from kwire.protocol.messages import list_partition_reassignments as lpr

PREFERRED, UNCLEAN = 0, 1


def elect_leaders():
    yield "create", create(new_topic("elected", 2)), 7
    some = [el.TopicPartitions("elected", [0, 1, 7, -1]), el.TopicPartitions("nope", [0])]
    for version in versions(ApiKey.ELECT_LEADERS):
        yield "preferred", el.ElectLeadersRequest(PREFERRED, some), version
        yield "none", el.ElectLeadersRequest(PREFERRED, []), version
        if version:
            yield "unclean", el.ElectLeadersRequest(UNCLEAN, some), version
            for kind in (7, -1):
                yield f"kind {kind}", el.ElectLeadersRequest(kind, some), version
                yield f"kind {kind} of none", el.ElectLeadersRequest(kind, []), version
                yield f"kind {kind} of all", el.ElectLeadersRequest(kind, None), version


def reassignments():
    yield "create", create(new_topic("moved", 2)), 7
    wanted = [(0, [1]), (1, [2]), (1, []), (0, [1, 1]), (7, [1]), (-1, [1]), (0, None)]
    rows = [apr.ReassignablePartition(index, replicas) for index, replicas in wanted]
    topics = [apr.ReassignableTopic("moved", rows), apr.ReassignableTopic("nope", rows[:1])]
    for version in versions(ApiKey.ALTER_PARTITION_REASSIGNMENTS):
        for may_change in (True, False) if version else (True,):
            said = f"may change: {may_change}"
            yield said, apr.AlterPartitionReassignmentsRequest(1000, may_change, topics), version
            yield f"none, {said}", apr.AlterPartitionReassignmentsRequest(1000, may_change, []), version
    listed = lpr.ListPartitionReassignmentsTopics
    for label, asked in {
        "all": None,
        "none": [],
        "some": [listed("moved", [0, 1, 9, -1]), listed("nope", [0])],
    }.items():
        yield f"list {label}", lpr.ListPartitionReassignmentsRequest(1000, asked), 0


def log_dirs():
    yield "create", create(new_topic("sized", 2)), 7
    yield "produce", produce_request("sized", batch(), version=9), 9
    row = dld.DescribableLogDirTopic
    asked = [row("sized", [0, 1, 1, 7, -1]), row("nope", [0]), row("sized", []), row("", [0])]
    for version in versions(ApiKey.DESCRIBE_LOG_DIRS):
        yield "some", dld.DescribeLogDirsRequest(asked), version
        yield "none", dld.DescribeLogDirsRequest([]), version


SCENARIOS = (elect_leaders, reassignments, log_dirs)
