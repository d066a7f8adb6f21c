"""kcat -G, which commits by itself: a group consumer that resumes, and one that takes over from a killed one."""

import contextlib
import re
import shutil
import subprocess
import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

WAIT_S = 60
OPTIONS = ["-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=300"]

if shutil.which("kcat") is None:
    pytest.skip("kcat is not installed", allow_module_level=True)


def produce(broker, topic, lines, partition=0):
    command = ["kcat", "-b", broker.bootstrap, "-P", "-t", topic, "-p", str(partition)]
    subprocess.run(command, check=True, input="".join(f"{line}\n" for line in lines), text=True, timeout=WAIT_S)


def consume(broker, topic, *arguments):
    command = ["kcat", "-b", broker.bootstrap, *OPTIONS, "-G", f"g-{topic}", "-q", *arguments, topic]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_group_resumes_where_it_was(broker, topic):
    produce(broker, topic, range(10))
    assert consume(broker, topic, "-c", "4") == ["0", "1", "2", "3"]
    assert consume(broker, topic, "-e") == ["4", "5", "6", "7", "8", "9"]
    produce(broker, topic, ["10"])
    assert consume(broker, topic, "-e") == ["10"]


class Member:
    """A kcat that consumes until it is killed, and commits often."""

    def __init__(self, broker, topic, directory, name):
        self.topic, self.read, self.said = topic, directory / f"{name}.out", directory / f"{name}.err"
        options = [*OPTIONS, "-X", "auto.commit.interval.ms=100", "-u"]
        command = ["kcat", "-b", broker.bootstrap, *options, "-G", f"g-{topic}", topic]
        with self.read.open("w") as out, self.said.open("w") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err)

    @property
    def partitions(self):
        """The newest assignment that it tells of."""
        assigned = re.findall(r"rebalanced \(memberid .*\): (?:assigned: (.*)|revoked)", self.said.read_text())
        return re.findall(r"\[(\d+)\]", assigned[-1]) if assigned else []

    @property
    def values(self):
        return {int(word) for word in self.read.read_text().split()}

    def kill(self):
        self.process.kill()
        self.process.wait()


def wait_until(done):
    deadline = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_ones_partition_is_taken_over(broker, topic, tmp_path):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(WAIT_S)
    with contextlib.ExitStack() as running:
        stays, dies = (Member(broker, topic, tmp_path, name) for name in ("stays", "dies"))
        running.callback(stays.kill)
        running.callback(dies.kill)
        wait_until(lambda: sorted([stays.partitions, dies.partitions]) == [["0"], ["1"]])
        produce(broker, topic, range(10), partition=0)
        produce(broker, topic, range(10, 20), partition=1)
        wait_until(lambda: stays.values | dies.values == set(range(20)))
        assert len(stays.values) == len(dies.values) == 10
        dies.kill()
        produce(broker, topic, range(20, 30), partition=0)
        produce(broker, topic, range(30, 40), partition=1)
        wait_until(lambda: stays.values >= set(range(20, 40)))
        assert sorted(stays.partitions) == ["0", "1"]
