"""Answers that are lost: producers send again what the broker has already, and idempotent ones duplicate nothing."""

import contextlib

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from compat.cluster import loads
from compat.cluster.conftest import started
from compat.cluster.cutter import Cutter
from compat.cluster.ledger import faults

PARTITIONS = 3
CUTS_S = 8


@pytest.fixture(scope="module")
def cut_cluster(tmp_path_factory):
    """A cluster whose clients come through a Cutter, and that one."""
    with contextlib.closing(Cutter(3)) as cutter:
        directory = tmp_path_factory.mktemp("cut")
        with started(directory, "--advertise", f"127.0.0.1:{cutter.first_port}") as cluster:
            cutter.relay_to(cluster.listening.values())
            yield cluster, cutter


@pytest.mark.parametrize(
    "producer", [loads.KafkaPythonProducer, loads.KafkaPythonPlainProducer, loads.ConfluentIdempotentProducer]
)
def test_nothing_is_lost_and_idempotent_producers_duplicate_nothing(cut_cluster, topic, producer):
    cluster, cutter = cut_cluster
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 3)])[topic].result(30)
    load = producer(cluster.bootstrap, topic, PARTITIONS)
    assert cutter.cut_for(CUTS_S) > 10
    load.stop()
    log = loads.read_all(cluster.bootstrap, topic, PARTITIONS)
    assert load.errors == []
    assert len(load.acknowledged) > 100
    assert faults(load.acknowledged, log, exactly_once=producer.exactly_once) == []
    if not producer.exactly_once:
        assert len({row.number for row in log}) < len(log), "no answer was lost"
