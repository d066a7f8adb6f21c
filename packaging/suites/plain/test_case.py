"""Under unittest."""

import unittest

from kafka import KafkaProducer

from kwire.testing import KafkaMixin


class TestOrders(KafkaMixin, unittest.TestCase):
    """A cluster for the class; each test finds it as the class has set it up."""

    kafka_options = {"topics": ["orders"]}

    def send(self):
        with KafkaProducer(bootstrap_servers=self.kafka.bootstrap_servers) as producer:
            producer.send("orders", b"two coffees").get(20)
        self.assertEqual(len(self.kafka.records("orders")), 1)

    def test_once(self):
        self.send()

    def test_again(self):
        self.send()


if __name__ == "__main__":
    unittest.main()
