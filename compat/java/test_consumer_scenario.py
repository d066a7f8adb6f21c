"""The same story of Java consumers (`group.protocol=consumer`) on kwire and on Apache Kafka: epochs and assignments.

Which of several equal members gets what depends on their random ids. So what is compared is what does not: for
`uniform` how many partitions the members have and how many they kept; for `range` their shares without their names
(which partitions of two topics go together), and with them where static members give the order.
"""

import contextlib
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from compat import apache_kafka
from compat.side_by_side.wire import Wire
from kwire.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest

WAIT_S = 90
PROGRAM = Path(__file__).with_name("Members.java")
CONFIGS = {
    "group.consumer.min.session.timeout.ms": 6000,
    "group.consumer.session.timeout.ms": 6000,
    "group.consumer.min.heartbeat.interval.ms": 300,
    "group.consumer.heartbeat.interval.ms": 300,
}
GROUPS = {"uniform": ("uniform", False), "range": ("range", False), "static-range": ("range", True)}
"""Group to (assignor, whether its members are static)."""

if shutil.which("javac") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


class Process:
    """A Java process with members of all groups."""

    def __init__(self, bootstrap, stack):
        command = apache_kafka.java(str(PROGRAM), bootstrap)
        self.process = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        )
        stack.callback(self.process.kill)

    def tell(self, command):
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def join(self, name):
        for group, (assignor, is_static) in GROUPS.items():
            self.tell(f"join {name} {group} {assignor} {f'i-{name}' if is_static else '-'} t,u")

    def close(self, name):
        for group in GROUPS:
            self.tell(f"close {name} {group}")

    def crash(self):
        self.process.kill()
        self.process.wait()


class Story:
    """What happens to the groups of one broker, step by step."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.partitions = {"t": 6, "u": 6}
        for done in self.admin.create_topics([NewTopic(name, 6, 1) for name in self.partitions]).values():
            done.result(WAIT_S)
        self.wire = Wire(bootstrap)
        self.steps = []

    def settle(self, label, *names):
        """Notes the epoch and the assignments of each group, once these members have all partitions."""
        self.steps.append((label, {group: self._settled(group, names) for group in GROUPS}))

    def _settled(self, group_id, names):
        deadline = time.monotonic() + WAIT_S
        every = {(topic, index) for topic, count in self.partitions.items() for index in range(count)}
        while True:
            (group,) = self.wire.ask(ConsumerGroupDescribeRequest([group_id]), 1).groups
            owned = {each.client_id: partitions(each.assignment) for each in group.members}
            is_stable = group.group_state == "Stable" and all(
                partitions(each.assignment) == partitions(each.target_assignment) for each in group.members
            )
            if is_stable and owned.keys() == set(names) and set().union(*owned.values()) == every:
                assert sum(map(len, owned.values())) == len(every)
                return group.group_epoch, owned
            assert time.monotonic() < deadline, (group_id, names, group)
            time.sleep(0.1)

    def tell(self):
        with contextlib.ExitStack() as stack:
            first, second = Process(self.bootstrap, stack), Process(self.bootstrap, stack)
            first.join("a")
            self.settle("a is alone", "a")
            first.join("b")
            self.settle("b joins", "a", "b")
            second.join("c")
            self.settle("c joins", "a", "b", "c")
            self.admin.create_partitions([NewPartitions("t", 9)])["t"].result(WAIT_S)
            self.partitions["t"] = 9
            self.settle("t grows", "a", "b", "c")
            second.crash()
            self.settle("c crashes", "a", "b")
            first.join("d")
            self.settle("d joins", "a", "b", "d")
            first.close("b")
            self.settle("b leaves", "a", "d")
        return self.steps


def partitions(assignment):
    return {(topic.topic_name, index) for topic in assignment.topic_partitions for index in topic.partitions}


def comparable(steps):
    """Of each step and group: the epoch, and what of the assignments does not depend on the members' ids."""
    told, before = [], {group: {} for group in GROUPS}
    for label, groups in steps:
        for group, (epoch, owned) in groups.items():
            if group == "uniform":
                kept = sum(len(owned[name] & before[group].get(name, set())) for name in owned)
                told.append((label, group, epoch, sorted(map(len, owned.values())), kept))
            elif group == "range":
                told.append((label, group, epoch, sorted(map(sorted, owned.values()))))
            else:
                told.append((label, group, epoch, {name: sorted(share) for name, share in owned.items()}))
            before[group] = owned
    return told


@pytest.mark.timeout(400)
def test_assignments_are_those_of_apache_kafka(start_broker):
    with (
        start_broker("kwire", **CONFIGS) as kwire,
        start_broker("kafka", **CONFIGS) as kafka,
        ThreadPoolExecutor(2) as pool,
    ):
        ours, theirs = pool.map(lambda broker: Story(broker.bootstrap).tell(), (kwire, kafka))
    assert comparable(ours) == comparable(theirs)
