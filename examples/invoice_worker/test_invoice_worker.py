"""The worker as it is deployed, a process of its own, and in a thread; also while brokers fail."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from invoice_worker import InvoiceWorker

PROGRAM = Path(__file__).with_name("invoice_worker.py")
TOPICS = {"orders": 3, "invoices": 3, "orders-refused": 1}


@contextmanager
def process(kafka):
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    worker = subprocess.Popen([sys.executable, PROGRAM], env=environment)
    try:
        yield
    finally:
        worker.terminate()
        assert worker.wait(20) == 0


@contextmanager
def thread(kafka):
    worker = InvoiceWorker(kafka.bootstrap_servers)
    working = threading.Thread(target=worker.run)
    working.start()
    try:
        yield
    finally:
        worker.stop()
        working.join(20)


def order(kafka, customer, item, count=1):
    kafka.append("orders", json.dumps({"customer": customer, "item": item, "count": count}), key=customer)


def invoices(kafka):
    return sorted((record.key.decode(), json.loads(record.value)["cents"]) for record in kafka.records("invoices"))


@pytest.mark.kafka(topics=TOPICS)
def test_each_order_gets_an_invoice(kafka):
    order(kafka, "ada", "coffee", 2)
    order(kafka, "bob", "tea")
    with process(kafka):
        kafka.wait_until_consumed("invoice-worker", "orders")
    assert invoices(kafka) == [("ada", 560), ("bob", 250)]


@pytest.mark.kafka(topics=TOPICS)
def test_an_order_that_makes_no_sense_is_set_aside_with_the_reason(kafka):
    order(kafka, "ada", "cocoa")
    kafka.append("orders", "no JSON", key="bob")
    with thread(kafka):
        refused = kafka.wait_for_records("orders-refused", 2)
        kafka.wait_until_consumed("invoice-worker")
    assert {record.key: dict(record.headers)["reason"] for record in refused} == {
        b"ada": b"KeyError: 'cocoa'",
        b"bob": b"JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    }
    assert invoices(kafka) == []


@pytest.mark.kafka(topics=TOPICS)
def test_a_restart_goes_on_where_it_stopped(kafka):
    for customer in ("ada", "bob"):
        order(kafka, customer, "tea")
        with thread(kafka):
            kafka.wait_until_consumed("invoice-worker", "orders")
    assert invoices(kafka) == [("ada", 250), ("bob", 250)]


@pytest.mark.kafka(brokers=3, topics=TOPICS, config={"default.replication.factor": 3})
def test_each_broker_in_turn_may_fail(kafka):
    with thread(kafka):
        for broker in (1, 2, 3):
            kafka.stop_broker(broker)
            order(kafka, f"customer {broker}", "coffee")
            kafka.wait_for_records("invoices", broker, timeout_s=30)
            kafka.start_broker(broker)
    assert {customer for customer, _ in invoices(kafka)} == {"customer 1", "customer 2", "customer 3"}
