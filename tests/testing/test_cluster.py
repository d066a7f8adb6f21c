"""Cluster: what a test does and sees without a client."""

import contextlib
import pickle
import re

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaProducer

from kwire.api.known_clients import knows_newest
from kwire.testing import Cluster, ClusterError, NewRecord
from kwire.testing import TopicPartition as Place


@pytest.fixture
def one():
    with Cluster(topics={"orders": 3}) as cluster:
        yield cluster


def produce(cluster, topic, value, **options):
    producer = cluster if isinstance(cluster, Producer) else Producer({"bootstrap.servers": cluster.bootstrap_servers})
    delivered = []
    producer.produce(topic, value, on_delivery=lambda error, message: delivered.append((error, message)), **options)
    assert producer.flush(20) == 0
    ((error, message),) = delivered
    assert error is None
    return message


def consumer(cluster, *topics, client_id="reader", **options):
    made = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "client.id": client_id,
            "group.id": "billing",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
        | options
    )
    if topics:
        made.subscribe([*topics])
    return made


def read(source, count):
    found = source.consume(count, 10)
    assert len(found) == count
    assert all(message.error() is None for message in found)
    return found


# Topics


def test_topics_are_those_that_were_asked_for(one):
    assert [(topic.name, len(topic.partitions)) for topic in one.topics()] == [("orders", 3)]
    made = one.create_topic("audit", 2, config={"cleanup.policy": "compact", "preallocate": False})
    assert made == one.topic("audit")
    assert made.config == {"cleanup.policy": "compact", "preallocate": "false"}
    assert [topic.name for topic in one.topics()] == ["audit", "orders"]
    one.delete_topic("audit")
    assert [topic.name for topic in one.topics()] == ["orders"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ssl.keystore.location", "config: ssl.keystore.location: kwire has no TLS: leave it out"),
        ("log.dirs", "config: the cluster sets log.dirs itself; leave it out"),
        ("listeners", "config: the cluster sets listeners itself; leave it out"),
    ],
)
def test_a_config_that_asks_for_what_there_is_not_is_refused(name, message):
    with pytest.raises(ClusterError, match=message):
        Cluster(config={name: "/x"})


def test_a_config_without_effect_is_said_once(caplog):
    with Cluster(config={"num.io.threads": 3, "num.partitions": 2}) as cluster:
        cluster.reset()
    said = [record.getMessage() for record in caplog.records if "without effect" in record.getMessage()]
    assert said == ["without effect in kwire: num.io.threads (docs/configuration.md says what each config does)"]


def test_names_alone_get_the_default_number_of_partitions():
    with Cluster(topics=["a", "b"], config={"num.partitions": 4}) as cluster:
        assert [len(topic.partitions) for topic in cluster.topics()] == [4, 4]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda c: c.topic("ordrs"), r"no topic 'ordrs', there are 'orders'; create it with create_topic\('ordrs'\)"),
        (lambda c: c.records("orders", 3), "has no partition 3; its partitions are 0 to 2"),
        (lambda c: c.append("orders", "v", partition=7), "has no partition 7"),
        (lambda c: c.delete_topic("x"), "no topic 'x'"),
        (lambda c: c.create_topic("a b"), "cannot create the topic 'a b': INVALID_TOPIC_EXCEPTION, .*illegal|contains"),
        (lambda c: c.create_topic("orders"), "cannot create the topic 'orders': TOPIC_ALREADY_EXISTS"),
        (lambda c: c.create_topic("x", replication_factor=2), "INVALID_REPLICATION_FACTOR"),
        (lambda c: c.create_topic("x", config={"retention": 1}), "INVALID_CONFIG"),
        (lambda c: c.group("g"), "no group 'g', there are none yet; a group appears when a consumer joins or commits"),
        (lambda c: c.stop_broker(4), "cannot stop broker 4: there is no broker 4; this cluster has 1"),
        (lambda c: c.move_leader("orders", 0, 2), "cannot move the leader of orders-0 to broker 2: this cluster has 1"),
        (lambda c: c.records("orders", isolation_level="committed"), "'read_uncommitted' or 'read_committed'"),
        (lambda c: c.append("orders", {"a": 1}), r"a value must be bytes, text or None, not {'a': 1}; encode it"),
        (lambda c: c.append("orders", "v", key=7), "a key must be bytes, text or None, not 7"),
        (lambda c: c.append("orders", "v", headers={"h": 7}), "the header 'h' must be bytes, text or None, not 7"),
        (lambda c: c.extend("orders", "tea"), r"a list of records; use append\('orders', ...\) for one"),
        (lambda c: c.append("orders", b"x" * 2_000_000), "cannot append to orders-0: MESSAGE_TOO_LARGE"),
    ],
)
def test_what_cannot_be_done_says_why(one, act, message):
    with pytest.raises(ClusterError, match=message):
        act(one)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"brokers": 0}, "1 or more, not 0"),
        ({"brokers": "3"}, "1 or more, not '3'"),
        ({"topics": "orders"}, "not 'orders'"),
        ({"topics": {"a b": 1}}, "cannot create the topic 'a b'"),
        ({"topics": {"orders": 0}}, "cannot create the topic 'orders'"),
        ({"config": {"num.partition": 3}}, "Unknown broker config name: num.partition; did you mean num.partitions"),
        ({"config": {"num.partitions": "many"}}, "num.partitions"),
    ],
)
def test_a_cluster_that_cannot_be_says_why(options, message):
    with pytest.raises(ClusterError, match=message), Cluster(**options):
        pass


# Records


def test_records_are_appended_and_read_as_they_are(one):
    appended = one.append("orders", "two coffees", key="ada", headers={"trace": "7", "none": None}, timestamp_ms=5)
    assert (appended.value, appended.key, appended.offset, appended.timestamp_ms) == (b"two coffees", b"ada", 0, 5)
    assert appended.headers == (("trace", b"7"), ("none", None))
    assert one.records("orders") == [appended] == one.records("orders", appended.partition)
    tombstone = one.append("orders", None, key=b"ada", headers=[("h", b"1"), ("h", b"2")])
    assert (tombstone.value, tombstone.partition, tombstone.offset) == (None, appended.partition, 1)
    assert one.records("orders") == [appended, tombstone]
    end = one.topic("orders").partitions[appended.partition].log_end_offset
    assert end == 2


def test_a_key_goes_where_stock_producers_send_it(one):
    producer = Producer({"bootstrap.servers": one.bootstrap_servers, "partitioner": "murmur2_random"})
    keys = [f"key-{number}".encode() for number in range(40)]
    sent = [produce(producer, "orders", b"", key=key).partition() for key in keys]
    assert [one.append("orders", b"", key=key).partition for key in keys] == sent
    assert set(sent) == {0, 1, 2}


def test_records_without_a_key_take_the_partitions_in_turn(one):
    assert [record.partition for record in one.extend("orders", [b"a", "b", b"c", b"d"])] == [0, 1, 2, 0]
    assert [record.partition for record in one.extend("orders", [NewRecord(value=b"e")])] == [1]
    assert one.extend("orders", []) == []


def test_many_records_keep_their_order_in_batches(one):
    rows = [NewRecord(value=b"%d" % number * 100, partition=1) for number in range(5000)]
    appended = one.extend("orders", rows)
    assert [record.offset for record in appended] == [*range(5000)]
    assert one.records("orders", 1) == appended


def test_stock_clients_and_the_cluster_see_the_same(one):
    one.extend("orders", [NewRecord(value=b"%d" % number, partition=0) for number in range(3)])
    produce(one, "orders", b"3", key=b"k", headers=[("h", b"v")], partition=0)
    reader = consumer(one)
    reader.assign([TopicPartition("orders", 0, 0)])
    seen = [
        (each.offset(), each.timestamp()[1], each.key(), each.value(), tuple(each.headers() or ()))
        for each in read(reader, 4)
    ]
    reader.close()
    assert seen == [(r.offset, r.timestamp_ms, r.key, r.value, r.headers) for r in one.records("orders", 0)]


def test_waiting_for_records_ends_when_they_are_there_or_tells_how_many_are(one):
    one.append("orders", b"one")
    assert len(one.wait_for_records("orders")) == 1
    with pytest.raises(TimeoutError, match=r"orders has 1 of 2 records after 0.05 s"):
        one.wait_for_records("orders", 2, timeout_s=0.05)
    with pytest.raises(TimeoutError, match=r"no topic 'later' appeared within 0.05 s"):
        one.wait_for_records("later", timeout_s=0.05)
    produce(one, "later", b"made by the producer")
    assert [record.value for record in one.wait_for_records("later")] == [b"made by the producer"]


# Groups


def test_a_group_is_seen_while_it_reads_and_after(one):
    one.extend("orders", [b"%d" % number for number in range(6)])
    reader = consumer(one, "orders", client_id="biller")
    read(reader, 6)
    (group,) = one.groups()
    (member,) = group.members
    assert (group.group_id, group.type, group.state) == ("billing", "classic", "Stable")
    assert (member.client_id, member.topics) == ("biller", ("orders",))
    assert member.partitions == tuple(Place("orders", index) for index in range(3))
    assert one.lag("billing") == {Place("orders", index): 2 for index in range(3)}
    with pytest.raises(
        TimeoutError, match=r"'billing' \(Stable, members: 1\) .* left are 2 of orders-0, 2 of orders-1"
    ):
        one.wait_until_consumed("billing", timeout_s=0.05)
    reader.commit(asynchronous=False)
    one.wait_until_consumed("billing")
    one.append("orders", b"more", partition=0)
    assert one.lag("billing")[Place("orders", 0)] == 1
    reader.close()
    assert one.group("billing").state == "Empty"
    assert one.group("billing").committed == {Place("orders", index): 2 for index in range(3)}


def test_a_group_of_the_consumer_protocol_is_seen_as_well(one):
    one.extend("orders", [b"%d" % number for number in range(3)])
    reader = consumer(one, "orders", client_id="biller", **{"group.protocol": "consumer"})
    read(reader, 3)
    group = one.group("billing")
    assert (group.type, group.state) == ("consumer", "Stable")
    (member,) = group.members
    assert (member.client_id, member.topics, len(member.partitions)) == ("biller", ("orders",), 3)
    with pytest.raises(TimeoutError, match=r"left are 1 of orders-0, 1 of orders-1, 1 of orders-2"):
        one.wait_until_consumed("billing", timeout_s=0.05)
    reader.commit(asynchronous=False)
    one.wait_until_consumed("billing")
    reader.close()
    assert sum(one.lag("billing").values()) == 0


def test_waiting_for_a_group_that_never_came_says_so(one):
    with pytest.raises(TimeoutError, match=r"no group 'billing' has joined or committed within 0.05 s; there are none"):
        one.wait_until_consumed("billing", "orders", timeout_s=0.05)
    with pytest.raises(ClusterError, match="no topic 'ordrs'"):
        one.wait_until_consumed("billing", "ordrs")


# Brokers


def test_brokers_stop_and_start_and_leaders_move(kafka):
    kafka.create_topic("spread", 3)
    assert [broker.id for broker in kafka.brokers()] == [1, 2, 3]
    assert ",".join(broker.address for broker in kafka.brokers()) == kafka.bootstrap_servers
    before = kafka.topic("spread").partitions
    assert {partition.leader for partition in before} == {1, 2, 3}
    kafka.stop_broker(2)
    assert [broker.running for broker in kafka.brokers()] == [True, False, True]
    stopped = kafka.topic("spread").partitions
    assert all(partition.leader in {1, 3} for partition in stopped)
    assert [2 in partition.in_sync for partition in stopped] == [False] * 3
    with pytest.raises(ClusterError, match=r"to broker 2: it is stopped; start it with start_broker\(2\)"):
        kafka.move_leader("spread", 0, 2)
    kafka.start_broker(2)
    assert kafka.topic("spread").partitions == before
    for broker in (1, 2, 3):
        kafka.move_leader("spread", 0, broker)
        assert kafka.topic("spread").partitions[0].leader == broker
        assert len(kafka.topic("spread").partitions[0].replicas) == 2


def test_a_producer_survives_its_leader(kafka):
    kafka.create_topic("t", 1)
    leader = kafka.topic("t").partitions[0].leader
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    produce(producer, "t", b"before")
    kafka.stop_broker(leader)
    produce(producer, "t", b"after")
    assert [record.value for record in kafka.records("t")] == [b"before", b"after"]


def test_without_a_running_replica_nothing_can_be_appended(one):
    one.stop_broker(1)
    with pytest.raises(ClusterError, match="none of its brokers runs; start one of 1"):
        one.append("orders", b"v")
    with pytest.raises(ClusterError, match="no broker of this cluster runs; start one with start_broker"):
        one.create_topic("t")
    one.start_broker(1)
    one.append("orders", b"v")


# Reset, snapshots


def test_reset_forgets_everything_at_the_same_addresses(kafka):
    addresses = kafka.bootstrap_servers
    kafka.create_topic("t", 2)
    kafka.append("t", b"v")
    reader = consumer(kafka, "t")
    read(reader, 1)
    reader.commit(asynchronous=False)
    reader.close()
    kafka.stop_broker(3)
    kafka.reset()
    assert kafka.bootstrap_servers == addresses
    assert (kafka.topics(), kafka.groups()) == ([], [])
    assert all(broker.running for broker in kafka.brokers())
    producer = Producer({"bootstrap.servers": addresses.split(",")[2]})
    assert produce(producer, "t", b"anew").offset() == 0


def test_reset_makes_the_topics_again_that_it_was_made_with(one):
    one.append("orders", b"v")
    one.create_topic("other")
    one.reset()
    assert [topic.name for topic in one.topics()] == ["orders"]
    assert one.records("orders") == []


def test_a_client_that_outlives_a_reset_connects_again(one):
    producer = Producer({"bootstrap.servers": one.bootstrap_servers})
    produce(producer, "orders", b"before")
    one.reset()
    produce(producer, "orders", b"after")
    assert [record.value for record in one.records("orders")] == [b"after"]


def test_a_restore_costs_the_same_however_often_leaders_have_changed():
    with Cluster(brokers=2, topics=["t"]) as cluster:
        snapshot, ends = cluster.snapshot(), set()
        for _ in range(3):
            cluster.stop_broker(1)
            cluster.start_broker(1)
            cluster.restore(snapshot)
            ends.add(cluster._host._running.cluster.metadata_end_offset)
    assert len(ends) == 1


@pytest.mark.parametrize("again", ["reset", "restore", "created later"])
def test_a_producer_that_found_no_leader_finds_it_after_a_reset(again):
    with Cluster(brokers=2, topics={"orders": 2}) as cluster:
        snapshot = cluster.snapshot()
        cluster.create_topic("later", 2)
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
        for topic in ("orders", "later"):
            produce(producer, topic, b"before", partition=1)
        stopped = cluster.topic("orders").partitions[1].leader
        cluster.stop_broker(stopped)
        found = producer.list_topics(timeout=10).topics["orders"].partitions
        assert {partition.leader for partition in found.values()} == {-1, 3 - stopped}
        cluster.restore(snapshot) if again == "restore" else cluster.reset()
        topic = cluster.create_topic("later", 2) if again == "created later" else cluster.topic("orders")
        for partition in topic.partitions:
            produce(producer, topic.name, b"after", partition=partition.index)


def idempotent(cluster):
    return Producer({"bootstrap.servers": cluster.bootstrap_servers, "enable.idempotence": True, "linger.ms": 0})


def sends_beside_another(cluster, old, again):
    """After three records of the old producer, and whatever happens then, those of a new one do not hide the old's."""
    for turn in range(3):
        produce(old, "orders", b"old %d" % turn, partition=0)
    with again() as cluster_again:
        new = idempotent(cluster_again)
        values = [b"new %d" % turn for turn in range(5)]
        for value in values:
            produce(new, "orders", value, partition=0)
        for turn in range(3, 8):
            values.append(b"old %d" % turn)
            produce(old, "orders", values[-1], partition=0)
        assert [record.value for record in cluster_again.records("orders")] == values


@pytest.mark.parametrize("restores", [False, True], ids=["reset", "restore"])
def test_a_producer_that_outlives_a_reset_is_told_from_a_new_one(one, restores):
    def again():
        one.restore(snapshot) if restores else one.reset()
        return contextlib.nullcontext(one)

    snapshot = one.snapshot()
    sends_beside_another(one, idempotent(one), again)


def test_a_producer_that_outlives_its_cluster_is_told_from_a_new_one_at_the_same_port(one):
    def again():
        port = int(one.bootstrap_servers.rpartition(":")[2])
        one.close()
        return Cluster(port=port, topics={"orders": 1})

    sends_beside_another(one, idempotent(one), again)


def test_a_snapshot_brings_everything_back_here_and_elsewhere(kafka):
    kafka.create_topic("t", 3, config={"retention.ms": 1000})
    records = kafka.extend("t", [NewRecord(value=b"%d" % n, key=b"%d" % n, headers={"h": "v"}) for n in range(30)])
    reader = consumer(kafka, "t")
    read(reader, 30)
    reader.commit(asynchronous=False)
    reader.close()
    topics, groups = kafka.topics(), kafka.groups()
    snapshot = pickle.loads(pickle.dumps(kafka.snapshot()))
    kafka.append("t", b"later")
    kafka.delete_topic("t")
    kafka.restore(snapshot)
    assert (kafka.topics(), kafka.groups()) == (topics, groups)
    assert sorted(kafka.records("t"), key=str) == sorted(records, key=str)
    with Cluster(snapshot=snapshot) as other:
        assert len(other.brokers()) == 3
        assert (other.topics(), other.groups()) == (topics, groups)
        other.append("t", b"here only", partition=0)
        reader = consumer(other, "t")
        assert read(reader, 1)[0].value() == b"here only"
        reader.close()
        other.reset()
        assert other.topics() == topics
    assert kafka.topics() == topics
    with Cluster(snapshot=snapshot, brokers=1) as smaller:
        assert {partition.leader for partition in smaller.topic("t").partitions} == {1}
        assert sorted(smaller.records("t"), key=str) == sorted(records, key=str)


def test_a_snapshot_keeps_offsets_of_deleted_records(one):
    one.extend("orders", [NewRecord(value=b"v", partition=index) for index in (0, 0, 0, 1, 1)])
    admin = AdminClient({"bootstrap.servers": one.bootstrap_servers})
    deleted = admin.delete_records([TopicPartition("orders", 0, 2), TopicPartition("orders", 1, 2)])
    assert [each.result(10).low_watermark for each in deleted.values()] == [2, 2]
    before = one.topic("orders")
    assert [(p.log_start_offset, p.log_end_offset) for p in before.partitions] == [(2, 3), (2, 2), (0, 0)]
    one.restore(one.snapshot())
    assert one.topic("orders") == before
    assert [record.offset for record in one.records("orders", 0)] == [2]
    assert one.append("orders", b"v", partition=1).offset == 2


def test_what_the_broker_saw_is_described(kafka):
    kafka.create_topic("t", 20, config={"retention.ms": 5})
    kafka.append("t", b"v", partition=19)
    kafka.stop_broker(3)
    reader = consumer(kafka, "t", client_id="looker")
    read(reader, 1)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, "client.id": "wrong"})
    with pytest.raises(Exception, match="INVALID_REPLICATION_FACTOR"):
        admin.create_topics([NewTopic("wide", 1, 7)])["wide"].result(10)
    told = kafka.describe()
    reader.close()
    assert f"1 at {kafka.brokers()[0].address}\n" in told
    assert f"3 at {kafka.brokers()[2].address}, stopped\n" in told
    assert "'looker' (confluent-kafka-python " in told
    assert "t: partitions 20, records 1, retention.ms=5\n" in told
    assert "19: offsets 0 to 1, leader" in told
    assert "and 8 more" in told
    assert "billing: Stable, members 1, lag 1\n" in told
    assert "t-19: committed nothing, lag 1\n" in told
    assert "CreateTopics v4 of 'wrong': wide: INVALID_REPLICATION_FACTOR (" in told


def test_stock_clients_say_who_they_are_and_are_believed(one):
    """Else the times of their records would be read, see kwire.api.known_clients."""
    produce(one, "orders", b"by librdkafka")
    with KafkaProducer(bootstrap_servers=one.bootstrap_servers) as producer:
        producer.send("orders", b"by kafka-python").get(20)
    told = re.findall(r"\((\S+) (\S+)\) at .*Produce", one.describe())
    assert [(name, knows_newest(name, version)) for name, version in sorted(told)] == [
        ("confluent-kafka-python", True),
        ("kafka-python", True),
    ]
