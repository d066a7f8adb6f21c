"""Cases for assignors as JSON objects: groups that live through joins, leaves and other changes.

A case: `assignor`; `topics`: [topic id in hex, number of partitions]; `members` in order: `id`, `instance`, `topics`,
`assigned`. Its answer: {member id: {topic id: partitions in order}}, or {"error": name of the exception}.
"""

import random

from kwire.coordinator.group.consumer.assignors import ASSIGNORS, MemberSpec, UnknownTopicError

STEPS = 12


def written(assignor, members, counts):
    """The case as a JSON object."""
    rows = [
        {
            "id": member_id,
            "instance": spec.instance_id,
            "topics": sorted(topic_id.hex() for topic_id in spec.subscribed),
            "assigned": as_json(spec.assigned),
        }
        for member_id, spec in members.items()
    ]
    topics = [[topic_id.hex(), count] for topic_id, count in counts.items()]
    return {"assignor": assignor, "topics": topics, "members": rows}


def as_json(assignment):
    return {topic_id.hex(): sorted(held) for topic_id, held in sorted(assignment.items())}


def read(case):
    """Members and numbers of partitions of a case."""
    members = {
        row["id"]: MemberSpec(
            row["instance"],
            None,
            frozenset(map(bytes.fromhex, row["topics"])),
            {bytes.fromhex(topic_id): frozenset(held) for topic_id, held in row["assigned"].items()},
        )
        for row in case["members"]
    }
    return members, {bytes.fromhex(topic_id): count for topic_id, count in case["topics"]}


def answer(case):
    """What our assignor says to it."""
    try:
        target = ASSIGNORS[case["assignor"]](*read(case))
    except UnknownTopicError:
        return {"error": "PartitionAssignorException"}
    return {member_id: as_json(assignment) for member_id, assignment in target.items()}


def is_exact(case):
    """Whether Kafka's answer follows from the order of the members alone.

    Not where all have the same subscription: its uniform assignor then takes topics in the order of a hash set, which is
    that of the ids only where these are numbers below the set's smallest capacity.
    """
    same = len({tuple(row["topics"]) for row in case["members"]}) == 1
    small = all(int(topic_id, 16) < 16 for topic_id, _ in case["topics"])
    return case["assignor"] == "range" or small or not same


def summary(case, target):
    """What has to be the same where the answer is not exact: how much each has, how much of its own it keeps."""
    found = {}
    for row in case["members"]:
        new = {(topic_id, each) for topic_id, held in target[row["id"]].items() for each in held}
        old = {(topic_id, each) for topic_id, held in row["assigned"].items() for each in held}
        found[row["id"]] = len(new), len(new & old)
    return found


class Life:
    """A group through its changes, each step a case; what an assignor gave is what members have in the next one."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.assignor = self.random.choice(["uniform", "uniform", "uniform", "range"])
        self.small_ids = self.random.random() < 0.6
        self.alike = self.random.random() < 0.4
        self.counts = {}
        self.members = {}
        self.names = self.topic_ids = 0
        if self.random.random() < 0.2:
            self.begin_as_chain()
            return
        for _ in range(self.random.randint(1, 6)):
            self.add_topic()
        for _ in range(self.random.randint(1, 10)):
            self.join()

    def begin_as_chain(self):
        """Each member shares a topic with the next one, and topics are as big as each other: the longest to balance."""
        length = self.random.randint(3, 12)
        self.counts = {self.new_topic_id(): 40 for _ in range(length)}
        topics = list(self.counts)
        for number in range(length - 1):
            self.members[self.new_name()] = MemberSpec(None, None, frozenset(topics[number : number + 2]), {})
        del self.members[next(iter(self.members))]

    def cases(self):
        for _ in range(STEPS):
            case = written(self.assignor, self.members, self.counts)
            yield case
            target = ASSIGNORS[self.assignor](self.members, self.counts)
            for member_id, assignment in target.items():
                self.members[member_id].assigned = assignment
            for _ in range(self.random.choice([1, 1, 1, 2, 5])):
                self.random.choice(CHANGES)(self)
        self.members[next(iter(self.members))].subscribed |= {b"\x07" * 16}
        yield written(self.assignor, self.members, self.counts)

    def new_name(self):
        self.names += 1
        return f"{self.random.getrandbits(16):04x}-{self.names}"

    def subscription(self):
        if self.alike and self.members:
            return next(iter(self.members.values())).subscribed
        topics = sorted(self.counts)
        return frozenset(self.random.sample(topics, self.random.randint(0 if len(topics) > 2 else 1, len(topics))))

    def new_topic_id(self):
        self.topic_ids += 1
        return self.topic_ids.to_bytes(16, "big") if self.small_ids else self.random.randbytes(16)

    def join(self):
        instance_id = f"i{self.random.randrange(1000)}" if self.random.random() < 0.3 else None
        if instance_id not in {spec.instance_id for spec in self.members.values() if spec.instance_id}:
            self.members[self.new_name()] = MemberSpec(instance_id, None, self.subscription(), {})

    def leave(self):
        if len(self.members) > 1:
            del self.members[self.random.choice(list(self.members))]

    def come_back(self):
        """A static member with a new id."""
        for member_id, spec in self.members.items():
            if spec.instance_id is not None:
                self.members[self.new_name()] = self.members.pop(member_id)
                return spec
        return None

    def subscribe(self):
        self.random.choice(list(self.members.values())).subscribed = self.subscription()

    def agree(self):
        """All have the same subscription from now on, or no longer."""
        self.alike = not self.alike
        subscribed = frozenset(self.random.sample(sorted(self.counts), self.random.randint(1, len(self.counts))))
        for spec in self.members.values() if self.alike else ():
            spec.subscribed = subscribed

    def grow(self):
        self.counts[self.random.choice(list(self.counts))] += self.random.randint(1, 8)

    def add_topic(self):
        count = self.random.choice([0, 1, 3, 6, 6, self.random.randint(1, 40)])
        self.counts[self.new_topic_id()] = count

    def remove_topic(self):
        if len(self.counts) > 1:
            topic_id = self.random.choice(list(self.counts))
            del self.counts[topic_id]
            for spec in self.members.values():
                spec.subscribed -= {topic_id}

    def shuffle(self):
        order = list(self.members)
        self.random.shuffle(order)
        self.members = {member_id: self.members[member_id] for member_id in order}


CHANGES = [Life.join, Life.leave, Life.grow] * 2 + [
    Life.subscribe,
    Life.add_topic,
    Life.remove_topic,
    Life.come_back,
    Life.shuffle,
    Life.agree,
]


def lives(seeds):
    """The cases of these groups."""
    return [case for seed in seeds for case in Life(seed).cases()]
