"""Under freezegun and time-machine, started before the cluster and after it."""

import freezegun
import pytest
import time_machine
from confluent_kafka import Consumer, Producer

from kwire.testing import Cluster

YEARS = ["2020-01-01", "2030-01-01"]
LIBRARIES = {
    "freezegun": freezegun.freeze_time,
    "freezegun ticking": lambda when: freezegun.freeze_time(when, tick=True),
    "time-machine": lambda when: time_machine.travel(when, tick=False),
    "time-machine ticking": time_machine.travel,
}


def there_and_back(kafka):
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    producer.produce("orders", b"two coffees")
    assert producer.flush(20) == 0
    settings = {"bootstrap.servers": kafka.bootstrap_servers, "group.id": "g", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    consumer.subscribe(["orders"])
    assert consumer.poll(20).value() == b"two coffees"
    consumer.commit(asynchronous=False)
    kafka.wait_until_consumed("g")
    consumer.close()


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("freeze", LIBRARIES.values(), ids=LIBRARIES)
def test_the_cluster_goes_on(kafka, freeze, year):
    with freeze(year):
        there_and_back(kafka)
        with Cluster() as another:
            there_and_back(another)


@freezegun.freeze_time("2020-01-01")
def test_a_frozen_test(kafka):
    there_and_back(kafka)
