"""Three brokers are three: what clients and tools see at the right broker, at a wrong one, and beside a stopped one."""

import contextlib
import json
import shutil
import subprocess
import time

import pytest
import trio
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaConnectionError

from compat import apache_kafka
from kwire.client.connection import connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.record import Record, encode_batch

WAIT_S = 60
GROUP = 0

needs_java = pytest.mark.skipif(shutil.which("mvn") is None, reason="no JDK or Maven")


@pytest.fixture
def admin(cluster):
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap.split(","))) as client:
        yield client


def create(admin, topic, assignments, **configs):
    """A topic whose partitions have these replicas."""
    placed = dict(enumerate(assignments))
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    admin.create_topics([NewTopic(topic, -1, -1, replica_assignments=placed, topic_configs=configs)])


def partitions(admin, topic):
    for _ in range(10):
        with contextlib.suppress(KafkaConnectionError):  # the client may ask a broker that has just been stopped
            (found,) = admin.describe_topics([topic])
            break
    return sorted(found["partitions"], key=lambda partition: partition["partition_index"])


def ask(cluster, node_id, request, version):
    """The answer of one broker to one request, without a client's retries."""
    host, port = cluster.addresses[node_id].split(":")

    async def exchange():
        async with connected(host, int(port)) as client:
            return await client.request(request, version)

    return trio.run(exchange)


def java(main_class, cluster, *arguments):
    command = apache_kafka.java(main_class, "--bootstrap-server", cluster.bootstrap, *arguments)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_broker_leads_to_all(cluster):
    for address in cluster.addresses.values():
        with contextlib.closing(KafkaAdminClient(bootstrap_servers=address)) as client:
            found = client.describe_cluster()
        assert {broker["broker_id"]: f"{broker['host']}:{broker['port']}" for broker in found["brokers"]} == (
            cluster.addresses
        )


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
def test_kcat_lists_brokers_leaders_and_isrs(cluster, admin, topic):
    create(admin, topic, [[1, 2, 3], [2, 3, 1]])
    cluster.stop(1)
    command = ["kcat", "-b", cluster.addresses[2], "-L", "-t", topic]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=True).stdout
    assert " 2 brokers:" in listed
    assert f"broker 2 at {cluster.addresses[2]} (controller)" in listed
    assert "partition 0, leader 2, replicas: 1,2,3, isrs: 2,3" in listed
    assert "partition 1, leader 2, replicas: 2,3,1, isrs: 2,3" in listed


def test_a_wrong_broker_refuses_and_names_the_right_one(cluster, admin, topic):
    create(admin, topic, [[1, 2]])
    told = ask(cluster, 1, MetadataRequest([MetadataRequestTopic(name=topic)]), 12)
    topic_id = told.topics[0].topic_id
    batch = encode_batch([Record(0, int(time.time() * 1000), b"k", b"v")])
    produce = ProduceRequest(acks=-1, timeout_ms=1000)
    produce.topic_data = [TopicProduceData(topic_id=topic_id, partition_data=[PartitionProduceData(0, batch)])]
    fetch = FetchRequest(max_wait_ms=0, min_bytes=0)
    fetch.topics = [FetchTopic(topic_id=topic_id, partitions=[FetchPartition(partition=0, partition_max_bytes=1000)])]
    for node_id in (2, 3):
        response = ask(cluster, node_id, produce, 13)
        (row,) = response.responses[0].partition_responses
        assert row.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert (row.current_leader.leader_id, row.current_leader.leader_epoch) == (1, 0)
        (endpoint,) = response.node_endpoints
        assert f"{endpoint.host}:{endpoint.port}" == cluster.addresses[1]
    response = ask(cluster, 3, fetch, 18)
    (row,) = response.responses[0].partitions
    assert (row.error_code, row.current_leader.leader_id) == (ErrorCode.NOT_LEADER_OR_FOLLOWER, 1)
    assert ask(cluster, 1, produce, 13).responses[0].partition_responses[0].error_code == ErrorCode.NONE
    assert len(ask(cluster, 2, fetch, 18).responses[0].partitions[0].records) == len(batch)


def test_coordinators_are_found_at_every_broker_and_move(cluster):
    keys = [f"group-{number}" for number in range(30)]

    def coordinators(node_id):
        response = ask(cluster, node_id, FindCoordinatorRequest(key_type=GROUP, coordinator_keys=keys), 6)
        for row in response.coordinators:
            assert f"{row.host}:{row.port}" == cluster.addresses[row.node_id]
        return {row.key: row.node_id for row in response.coordinators}

    before = coordinators(1)
    assert before == coordinators(2) == coordinators(3)
    assert set(before.values()) == {1, 2, 3}
    cluster.stop(3)
    after = coordinators(1)
    assert after == coordinators(2)
    assert set(after.values()) == {1, 2}
    assert all(after[key] == node_id for key, node_id in before.items() if node_id != 3)
    cluster.start(3)
    assert coordinators(3) == before


def test_clients_follow_a_leader_that_moves(cluster, admin, topic):
    create(admin, topic, [[1, 2, 3]])
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True})
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([ConfluentTopicPartition(topic, 0, 0)])
    leaders, seen = [], []
    for number, change in enumerate(
        (None, (cluster.stop, 1), (cluster.start, 1), (cluster.stop, 1), (cluster.stop, 2))
    ):
        if change is not None:
            change[0](change[1])
        producer.produce(topic, b"%d" % number, partition=0)
        if number < 4:
            assert producer.flush(WAIT_S) == 0
            deadline = time.monotonic() + WAIT_S
            while len(seen) <= number and time.monotonic() < deadline:
                seen += [int(message.value()) for message in consumer.consume(1, 1)]
        (partition,) = partitions(admin, topic)
        leaders.append((partition["leader_id"], partition["leader_epoch"], partition["isr_nodes"]))
    assert leaders == [(1, 0, [1, 2, 3]), (2, 1, [2, 3]), (1, 2, [1, 2, 3]), (2, 3, [2, 3]), (3, 4, [3])]
    assert producer.flush(1) == 1, "one replica is less than min.insync.replicas"
    cluster.start(2)
    assert producer.flush(WAIT_S) == 0
    deadline = time.monotonic() + WAIT_S
    while len(seen) < 5 and time.monotonic() < deadline:
        seen += [int(message.value()) for message in consumer.consume(1, 1)]
    consumer.close()
    assert seen == list(range(5))


def test_kafka_python_moves_partitions_and_elects(cluster, admin, topic):
    create(admin, topic, [[1], [2]])
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    assert admin.alter_partition_reassignments({first: [3, 2]}) == {first: None}
    assert partitions(admin, topic)[0]["replica_nodes"] == [3, 2]
    assert admin.list_partition_reassignments() == {}
    cluster.stop(3)
    assert admin.alter_partition_reassignments({second: [3]}) == {second: None}
    under_way = {"replicas": [3, 2], "adding_replicas": [3], "removing_replicas": [2]}
    assert admin.list_partition_reassignments([second]) == {second: under_way}
    assert admin.alter_partition_reassignments({second: None}) == {second: None}
    assert admin.list_partition_reassignments() == {}
    elected = admin.elect_leaders(0, {topic: [0, 1]}, raise_errors=False)
    rows = {row.partition_id: row.error_code for row in elected.replica_election_results[0].partition_result}
    assert rows == {0: ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, 1: ErrorCode.ELECTION_NOT_NEEDED}


@needs_java
def test_java_topics_shows_what_is_missing(cluster, admin, topic):
    create(admin, topic, [[1], [3]])
    tool = "org.apache.kafka.tools.TopicCommand"
    cluster.stop(3)
    described = java(tool, cluster, "--describe", "--topic", topic)
    assert "Partition: 0\tLeader: 1\tReplicas: 1\tIsr: 1" in described
    assert "Partition: 1\tLeader: none\tReplicas: 3\tIsr: 3" in described
    unavailable = java(tool, cluster, "--describe", "--topic", topic, "--unavailable-partitions")
    assert "Partition: 1" in unavailable
    assert "Partition: 0" not in unavailable


@needs_java
def test_java_elects_leaders(cluster, admin, topic):
    create(admin, topic, [[1, 2]])
    tool = "org.apache.kafka.tools.LeaderElectionCommand"
    said = java(tool, cluster, "--election-type", "PREFERRED", "--topic", topic, "--partition", "0")
    assert f"Valid replica already elected for partitions {topic}-0" in said


@needs_java
def test_java_executes_reassignments(cluster, admin, topic, tmp_path):
    create(admin, topic, [[1, 2], [2, 1]])
    tool = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
    plan = tmp_path / "plan.json"
    moves = [{"topic": topic, "partition": index, "replicas": replicas} for index, replicas in enumerate([[3, 1], [2]])]
    plan.write_text(json.dumps({"version": 1, "partitions": moves}))
    options = "--reassignment-json-file", str(plan)
    said = java(tool, cluster, *options, "--execute")
    assert f"Successfully started partition reassignments for {topic}-0,{topic}-1" in said
    assert f"Reassignment of partition {topic}-0 is completed" in java(tool, cluster, *options, "--verify")
    assert [row["replica_nodes"] for row in partitions(admin, topic)] == [[3, 1], [2]]
    said = java("org.apache.kafka.tools.LogDirsCommand", cluster, "--describe", "--topic-list", topic)
    rows = {each["broker"]: each["logDirs"][0]["partitions"] for each in json.loads(said.splitlines()[-1])["brokers"]}
    found = {node_id: {row["partition"] for row in described} for node_id, described in rows.items()}
    assert found == {1: {f"{topic}-0"}, 2: {f"{topic}-1"}, 3: {f"{topic}-0"}}


@needs_java
def test_java_verifies_lists_and_cancels_reassignments(cluster, admin, topic, tmp_path):
    create(admin, topic, [[3, 1]])
    tool = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
    plan = tmp_path / "plan.json"

    def planned(*replicas):
        partition = {"topic": topic, "partition": 0, "replicas": replicas}
        plan.write_text(json.dumps({"version": 1, "partitions": [partition]}))
        admin.alter_partition_reassignments({TopicPartition(topic, 0): list(replicas)})
        return "--reassignment-json-file", str(plan)

    done = planned(1, 2)
    assert f"Reassignment of partition {topic}-0 is completed" in java(tool, cluster, *done, "--verify")
    assert "No partition reassignments found" in java(tool, cluster, "--list")
    cluster.stop(3)
    waiting = planned(3, 2)
    cancel = ("--cancel", "--preserve-throttles")  # those of a broker that is stopped cannot be asked for
    assert f"{topic}-0: replicas: 3,2,1. adding: 3. removing: 1." in java(tool, cluster, "--list")
    assert "is still in progress" in java(tool, cluster, *waiting, "--verify")
    assert "Successfully cancelled partition reassignment" in java(tool, cluster, *waiting, *cancel)
    assert "No partition reassignments found" in java(tool, cluster, "--list")
    assert sorted(partitions(admin, topic)[0]["replica_nodes"]) == [1, 2]
