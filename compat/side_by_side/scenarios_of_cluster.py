"""Requests of administrators about the cluster: resources with configs, producers, quorum, directories, brokers."""

from compat.side_by_side.scenarios import batch, create, new_topic, produce_request, versions
from compat.side_by_side.scenarios_of_configs import BROKER, CLIENT_METRICS, DELETE, GROUP, LOGGER, SET, TOPIC, altering
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import alter_replica_log_dirs as ard
from kwire.protocol.messages import describe_producers as dp
from kwire.protocol.messages import describe_quorum as dq
from kwire.protocol.messages import list_config_resources as lcr
from kwire.protocol.messages import unregister_broker as ub

METADATA = "__cluster_metadata"


def config_resources():
    for kind, name, config, text in (
        (GROUP, "listed", "consumer.session.timeout.ms", "46000"),
        (GROUP, "listed-2", "consumer.session.timeout.ms", "46000"),
        (CLIENT_METRICS, "listed", "metrics", "a.b"),
    ):
        yield "set", altering((kind, name, [(config, SET, text)])), 1
    yield "taken back", altering((GROUP, "listed-2", [("consumer.session.timeout.ms", DELETE, None)])), 1
    yield "subscriptions", lcr.ListConfigResourcesRequest(), 0
    for types in ([GROUP], [CLIENT_METRICS], [BROKER], [LOGGER], [GROUP, BROKER, GROUP], [0], [1], [64], [TOPIC, 77]):
        yield f"of types {types}", lcr.ListConfigResourcesRequest(types), 1
    yield "set back", altering((GROUP, "listed", [("consumer.session.timeout.ms", DELETE, None)])), 1
    yield "set back", altering((CLIENT_METRICS, "listed", [("metrics", DELETE, None)])), 1


def producers():
    yield "create", create(new_topic("dpr", 2)), 7
    rows = [("dpr", [0, 1, 7, -1, 0]), ("nope", [0]), ("dpr", [1]), ("", [0]), ("a b", [0]), ("dpr", []), ("nope", [])]
    asked = dp.DescribeProducersRequest([dp.TopicRequest(*row) for row in rows])
    yield "of no topic", dp.DescribeProducersRequest([]), 0
    yield "before", asked, 0
    for producer_id, epoch, sequence in (
        (70, 0, 0),
        (70, 0, 3),
        (71, 2, 0),
        (70, 1, 0),
        (70, 1, 0),
        (70, 0, 6),
        (70, 1, 9),
    ):
        options = {"producer_id": producer_id, "producer_epoch": epoch, "base_sequence": sequence}
        yield f"{options}", produce_request("dpr", batch(**options)), 9
        yield f"after {options}", asked, 0


def quorum():
    def asked(*topics):
        rows = [
            dq.DescribeQuorumRequestTopicData(name, [dq.DescribeQuorumRequestPartitionData(index) for index in indexes])
            for name, indexes in topics
        ]
        return dq.DescribeQuorumRequest(rows)

    for version in versions(ApiKey.DESCRIBE_QUORUM):
        yield "whole", asked((METADATA, [0])), version
        yield "no topic", asked(), version
        yield "no partition", asked((METADATA, [])), version
        yield "another partition", asked((METADATA, [1])), version
        yield "another topic", asked(("nope", [0])), version
        yield "partition twice", asked((METADATA, [0, 0])), version
        yield "topic twice", asked((METADATA, [0]), (METADATA, [0])), version
        yield "beside another", asked((METADATA, [0]), ("nope", [0])), version


def log_directories():
    yield "create", create(new_topic("ard", 2), new_topic("x" * 213), new_topic("y" * 214)), 7
    topics = [ard.AlterReplicaLogDirTopic(*row) for row in (("ard", [0, 1, 7, -1, 0]), ("nope", [0]))]
    long = [ard.AlterReplicaLogDirTopic(name, [0]) for name in ("x" * 213, "y" * 214)]

    def here(*before, topics=topics, after=()):
        return lambda wire: ard.AlterReplicaLogDirsRequest(
            [*before, ard.AlterReplicaLogDir(wire.log_dir(), topics), *after]
        )

    elsewhere = ard.AlterReplicaLogDir("/nowhere", topics)
    for version in versions(ApiKey.ALTER_REPLICA_LOG_DIRS):
        for path in ("/nowhere", "", "relative"):
            yield f"to {path!r}", ard.AlterReplicaLogDirsRequest([ard.AlterReplicaLogDir(path, topics + long)]), version
        yield "to nothing", ard.AlterReplicaLogDirsRequest([]), version
        yield "to where they are", here(), version
        yield "long names", here(topics=long), version
        yield "first elsewhere", here(elsewhere), version
        yield "then elsewhere", here(after=[elsewhere]), version


def brokers_that_are_not():
    for broker in (99, 0, -1):
        yield f"unregister {broker}", ub.UnregisterBrokerRequest(broker), 0


SCENARIOS = (config_resources, producers, quorum, log_directories, brokers_that_are_not)
