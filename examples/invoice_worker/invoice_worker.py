"""Reads orders, writes an invoice for each, and commits an order only when its invoice is on the broker.

KAFKA_BOOTSTRAP_SERVERS=localhost:9092 python invoice_worker.py
"""

import json
import os
import signal

from confluent_kafka import Consumer, Message, Producer

PRICES = {"coffee": 280, "tea": 250}
"""In cents."""


class InvoiceWorker:
    """Works until stop() is called."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._running = True
        self._producer = Producer({"bootstrap.servers": bootstrap_servers, "enable.idempotence": True})
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "invoice-worker",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )

    def stop(self, *_: object) -> None:
        """It ends after the order at hand."""
        self._running = False

    def run(self) -> None:
        """Orders are worked on, one at a time."""
        self._consumer.subscribe(["orders"])
        try:
            while self._running:
                message = self._consumer.poll(0.1)
                if message is not None and message.error() is None:
                    self._work(message)
        finally:
            self._consumer.close()

    def _work(self, message: Message) -> None:
        try:
            order = json.loads(message.value())
            invoice = {"customer": order["customer"], "cents": order["count"] * PRICES[order["item"]]}
        except (ValueError, KeyError) as error:
            reason = f"{type(error).__name__}: {error}"
            self._producer.produce("orders-refused", message.value(), message.key(), headers={"reason": reason})
        else:
            self._producer.produce("invoices", json.dumps(invoice), message.key())
        if self._producer.flush(30):
            raise RuntimeError("the broker has not taken the invoice within 30 s")
        self._consumer.commit(message, asynchronous=False)


if __name__ == "__main__":
    worker = InvoiceWorker(os.environ["KAFKA_BOOTSTRAP_SERVERS"])
    signal.signal(signal.SIGTERM, worker.stop)
    worker.run()
