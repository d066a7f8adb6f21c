"""Tests for Django's runner and for pytest-django."""

import freezegun
from django.conf import settings
from django.contrib.auth.models import User
from django.test import TestCase
from kafka import KafkaProducer

from kwire.testing import Cluster, KafkaMixin


class TestOrders(KafkaMixin, TestCase):
    """The class's test data are in the database and in Kafka."""

    kafka_options = {"topics": {"orders": 2}}

    @classmethod
    def setUpTestData(cls):
        cls.ada = User.objects.create(username="ada")
        cls.kafka.append("orders", "two coffees", key=cls.ada.username)

    def order(self):
        with (
            self.settings(KAFKA=self.kafka.bootstrap_servers),
            KafkaProducer(bootstrap_servers=settings.KAFKA) as producer,
        ):
            producer.send("orders", b"tea", key=self.ada.username.encode()).get(20)
        self.assertEqual([record.value for record in self.kafka.records("orders")], [b"two coffees", b"tea"])
        User.objects.all().delete()

    def test_it(self):
        self.order()

    def test_each_finds_the_same(self):
        self.order()

    @freezegun.freeze_time("2020-01-01")
    def test_in_frozen_time(self):
        self.kafka.append("orders", "cake", timestamp_ms=0)
        self.assertEqual(len(self.kafka.wait_for_records("orders", 2)), 2)


class TestWithAClusterAmongTheData(TestCase):
    """Django copies what setUpTestData leaves, for each test."""

    @classmethod
    def setUpTestData(cls):
        cls.cluster = Cluster(topics=["orders"]).start()
        cls.addClassCleanup(cls.cluster.close)

    def test_it(self):
        self.assertEqual(self.cluster.append("orders", "tea").offset, 0)

    def test_it_is_the_same_one(self):
        self.assertIs(self.cluster, type(self).__dict__["cluster"].data)
