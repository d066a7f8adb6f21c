"""Consumer groups under random members: nobody owns what another one owns, and all are served in the end.

The clients are modelled: one holds what it was given until it was told otherwise, and says so; replies get lost.
"""

from random import Random

import pytest

from kwire.coordinator.group.consumer.group import ConsumerGroup
from kwire.protocol.errors import ApiError

STEPS = 120
TOPICS = ("t", "u", "v")


class Client:
    """A consumer: epoch as it knows it, held {topic: partitions} as it reads them.

    One that has had no answer says everything with its next heartbeat, and after a session timeout knows that it is out.
    """

    def __init__(self, driver, name, random):
        self.driver, self.name, self.random = driver, name, random
        self.instance_id = f"i-{name}" if random.random() < 0.3 else None
        self.topics = None
        self.epoch, self.held = 0, {}
        self.answered_ms = driver.now_ms
        self.is_unsure = False

    @property
    def is_in(self):
        return self.epoch > 0

    def subscribe(self):
        self.topics = self.random.sample(TOPICS, self.random.randint(1, len(TOPICS)))

    def beat(self, *, lost=False):
        """A heartbeat, whose reply may be lost; what it no longer should hold it gives up before the next one."""
        joins = self.epoch == 0
        if joins:
            self.subscribe()
        changes = joins or self.random.random() < 0.05
        if changes and not joins:
            self.subscribe()
        asked = self.driver.consumer_beat(
            self.name,
            self.epoch,
            topics=self.topics if changes or self.is_unsure else None,
            held=None if joins else self.held,
            instance_id=self.instance_id,
            rebalance_timeout_ms=60_000 if joins or self.is_unsure else -1,
        )
        self.is_unsure = lost
        if lost:
            return
        reply, self.answered_ms = asked.answer, self.driver.now_ms
        if isinstance(reply, ApiError):
            self.epoch, self.held = 0, {}  # it gives everything up and joins again
            return
        self.epoch = reply.member_epoch
        if reply.assignment is not None:
            given = self.driver.given(reply)
            self.held = {topic: set(partitions) for topic, partitions in given.items() if partitions}

    def notice_the_time(self):
        if self.driver.now_ms - self.answered_ms >= self.driver.group_config.consumer_session_timeout_ms:
            self.epoch, self.held = 0, {}

    def leave(self, epoch=-1):
        self.driver.consumer_beat(self.name, epoch, instance_id=self.instance_id)
        self.epoch, self.held = 0, {}


def check_owners(clients):
    """No partition is held by two members that are in the group and know it."""
    seen = {}
    for client in clients:
        for topic, partitions in client.held.items():
            for partition in partitions:
                other = seen.setdefault((topic, partition), client.name)
                assert other == client.name, (topic, partition, other, client.name)


def check_log(driver):
    """What the log says is what the machine knows."""
    reloaded = driver.reloaded()
    assert reloaded.groups.keys() == driver.machine.groups.keys()
    for group_id, live in driver.machine.groups.items():
        stored = reloaded.groups[group_id]
        assert isinstance(stored, ConsumerGroup)
        for name in ConsumerGroup.__slots__:
            if name not in {"members", "changes", "checked_version", "topics_seen", "is_resolving"}:
                assert getattr(stored, name) == getattr(live, name), name
        for member_id, member in live.members.items():
            assert stored.members[member_id].ownership == member.ownership
            assert stored.members[member_id].subscription == member.subscription


def step(driver, clients, random):
    client = random.choice(clients)
    fate = random.random()
    if fate < 0.7:
        client.beat()
    elif fate < 0.76:
        client.beat(lost=True)
    elif fate < 0.80 and client.is_in:
        client.leave(-2 if client.instance_id and random.random() < 0.5 else -1)
    elif fate < 0.85:
        client.epoch, client.held = 0, {}  # it crashes, and comes back as who it was
    elif fate < 0.90:
        driver.pass_time(random.choice([1_000, 10_000]))
        for each in clients:
            each.notice_the_time()
    elif fate < 0.94:
        name = random.choice(TOPICS)
        if name in driver.topics.topics:
            driver.topics.enlarge(name, len(driver.topics.topics[name].partitions) + 1)
        else:
            driver.topics.create(name, 2)
    elif fate < 0.96:
        driver.restart()
    elif fate < 0.97:
        driver.group_config.consumer_assignment_interval_ms = random.choice([0, 1_000])


@pytest.mark.parametrize("seed", range(20))
def test_members_come_and_go(make_driver, seed):
    random = Random(seed)
    driver = make_driver()
    driver.topics.create("t", 4)
    driver.topics.create("u", 3)
    clients = [Client(driver, f"m{number}", random) for number in range(5)]
    for _ in range(STEPS):
        step(driver, clients, random)
        check_owners(clients)
    check_log(driver)
    settle(driver, clients)
    check_owners(clients)
    group = driver.group()
    assert group.state_name == "Stable"
    wanted = {
        (name, partition)
        for name in {name for client in clients for name in client.topics} & driver.topics.topics.keys()
        for partition in driver.topics.topics[name].partitions
    }
    assert {(name, each) for client in clients for name, held in client.held.items() for each in held} == wanted
    check_log(driver)


def settle(driver, clients):
    """Everybody beats for two minutes, which any old session or interval ends in."""
    for _ in range(30):
        for client in clients:
            client.random = Random(1)  # whose first draw changes no subscription
            client.beat()
        driver.pass_time(4_000)
