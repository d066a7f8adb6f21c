"""KafkaMixin: test cases of unittest get a cluster, under unittest's runner and under pytest."""

import os
import subprocess
import sys

import pytest

CASES = """
import asyncio
import unittest

from confluent_kafka import Producer

from kwire.testing import KafkaMixin


class Base(KafkaMixin, unittest.TestCase):
    kafka_options = {"topics": {"orders": 2}, "brokers": 2}


class EachTestFindsWhatTheClassSetUp(Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kafka.append("orders", "of the class")
        cls.producer = Producer({"bootstrap.servers": cls.kafka.bootstrap_servers})

    def setUp(self):  # as most do, without super().setUp()
        self.assertEqual([record.value for record in self.kafka.records("orders")], [b"of the class"])

    def sends(self):
        self.producer.produce("orders", b"of a test")
        self.assertEqual(self.producer.flush(20), 0)
        self.assertEqual(len(self.kafka.records("orders")), 2)
        self.kafka.create_topic("more")

    def test_1(self):
        self.sends()
        self.kafka.stop_broker(2)

    def test_2(self):
        self.assertTrue(all(broker.running for broker in self.kafka.brokers()))
        self.sends()


class BeforeItsOwnSetUp(Base):
    @classmethod
    def setUpTestData(cls):
        cls.kafka.append("orders", "data")

    @classmethod
    def setUpClass(cls):
        class Framework:
            pass
        super().setUpClass()
        cls.setUpTestData()

    def tearDown(self):
        assert self.kafka.records("orders")

    def test_it(self):
        self.assertEqual(len(self.kafka.records("orders")), 1)


class Asynchronous(KafkaMixin, unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        self.kafka.append("orders", "tea")
        self.assertEqual(len(await self.kafka.wait_for_records_async("orders")), 1)

    async def test_again(self):
        await asyncio.sleep(0)  # an asynchronous test, which has to await something
        self.assertEqual(self.kafka.topics(), [])


@unittest.skip("not today")
class Skipped(Base):
    def test_it(self):
        raise AssertionError


class OneSkipped(Base):
    @unittest.skip("not today")
    def test_skipped(self):
        raise AssertionError

    def test_it(self):
        self.assertEqual(len(self.kafka.topics()), 1)
"""

FAILING = """
import unittest

from kwire.testing import KafkaMixin


class Fails(KafkaMixin, unittest.TestCase):
    def test_fails(self):
        self.kafka.append("first", "tea")
        self.assertEqual(1, 2)

    def test_errs(self):
        self.kafka.append("second", "tea")
        raise ValueError

    def test_part(self):
        self.kafka.append("third", "tea")
        with self.subTest("a part"):
            self.fail("of a part")

    def test_passes(self):
        pass


class CannotStart(KafkaMixin, unittest.TestCase):
    kafka_options = {"brokers": 0}

    def test_it(self):
        raise AssertionError
"""


@pytest.fixture
def run(tmp_path):
    def run(source, *command):
        (tmp_path / "test_it.py").write_text(source)
        words = [sys.executable, "-W", "error", "-m", *command]
        env = {name: value for name, value in os.environ.items() if name != "CI"}  # where pytest says all of it twice
        return subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=100, check=False)

    return run


PYTEST = ("pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:trio", "test_it.py")


def test_under_unittest(run):
    done = run(CASES, "unittest", "test_it")
    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr, done.stderr
    assert "OK (skipped=2)" in done.stderr


def test_under_pytest(run):
    done = run(CASES, *PYTEST)
    assert "6 passed, 2 skipped" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("command", [("unittest", "test_it"), PYTEST], ids=["unittest", "pytest"])
def test_a_failure_tells_what_the_brokers_saw(run, command):
    done = run(FAILING, *command)
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert told.count("What the Kafka brokers saw:") == 3
    for topic in ("first", "second", "third"):
        assert f"{topic}: partitions 1, records 1" in told
    assert "ClusterError: brokers must be a number of brokers, 1 or more, not 0" in told
