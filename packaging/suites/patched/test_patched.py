"""Under gevent or eventlet: while a test waits, the program's other threads run."""

import threading
import time

import pytest
from kafka import KafkaConsumer, KafkaProducer

from kwire.testing import ClusterError


@pytest.mark.kafka(topics={"orders": 2})
def test_a_patched_client_and_a_waiting_test(kafka, kafka_session):
    def send():
        with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
            time.sleep(0.2)  # until the test waits, so that it has to let this thread run
            producer.send("orders", b"two coffees").get(20)

    sender = threading.Thread(target=send)
    sender.start()
    (record,) = kafka.wait_for_records("orders", timeout_s=30)
    assert record.value == b"two coffees"
    sender.join()
    settings = {"bootstrap_servers": kafka.bootstrap_servers, "group_id": "g", "auto_offset_reset": "earliest"}
    consumer = KafkaConsumer("orders", consumer_timeout_ms=20_000, **settings)
    assert next(consumer).value == b"two coffees"
    consumer.commit()
    consumer.close()
    kafka.wait_until_consumed("g", "orders")
    kafka.restore(kafka.snapshot())
    assert len(kafka.records("orders")) == 1
    assert kafka_session.records("orders") == []


def test_errors_are_those_of_an_unpatched_program(kafka):
    with pytest.raises(ClusterError, match="no topic 'nope', there are none yet"):
        kafka.topic("nope")
    with pytest.raises(TimeoutError, match="0 of 1 records"):
        kafka.create_topic("t")
        kafka.wait_for_records("t", timeout_s=0.05)
