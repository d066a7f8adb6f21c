"""Random members of one consumer group (KIP-848), alone and together with members of the classic protocol."""

from types import MappingProxyType

from compat.side_by_side.random_steps.choices import any_of, mostly, some_of, versions
from compat.side_by_side.random_steps.classic_groups import (
    ALL_PROTOCOLS,
    FIRST_STATIC_JOIN,
    INSTANCE,
    ClassicSide,
    classic,
    step_from,
)
from compat.side_by_side.random_steps.offsets import OFFSET_STEPS
from compat.side_by_side.random_steps.steps import Domain
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.consumer_group_describe import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
)
from kwire.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
    ConsumerGroupHeartbeatResponse,
)
from kwire.protocol.messages.join_group import JoinGroupRequest

CONSUMERS = "~x", "~y", "~z"
"""Ids that sort after all ids that a broker gives, because the range assignor goes by their order."""
JOINS, LEAVES, LEAVES_FOR_NOW = 0, -1, -2
EPOCHS = {"join": JOINS, "leave": LEAVES, "away": LEAVES_FOR_NOW, "strange": -3}


class ConsumerSide(ClassicSide):
    """The members of one group. epochs, held: each member's last epoch and assignment, by topic id.

    instances: each member's instance id while it is in the group. Clients never change it, and Kafka would keep both.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.epochs = {}
        self.held = {}
        self.instances = {}
        self.assignors = set()

    def epoch(self, member, which):
        """Return the epoch to send; a member without one joins."""
        return EPOCHS[which] if which in EPOCHS else step_from(self.epochs.get(member, 0), which)

    def holds(self, member, what):
        """Return the partitions to report as owned."""
        given = {
            "given": self.held.get(member, {}),
            "nothing": {},
            "everything": {topic_id: range(6) for topic_id in self.broker.topic_ids.values()},
        }[what]
        return [ConsumerGroupHeartbeatRequestTopicPartitions(topic_id, list(each)) for topic_id, each in given.items()]

    def remark(self, message):
        if isinstance(message, ConsumerGroupDescribeRequest) and not any(self.epochs.values()):
            return "left by everybody"
        asks = isinstance(message, ConsumerGroupHeartbeatRequest) and message.server_assignor is not None
        return super().remark(message) or ("another assignor" if asks or self.assignors - {None} else "")

    def beaten(self, answer, *, member, assignor, **_):
        """Remember the member's epoch and assignment."""
        self.assignors.add(assignor)
        if answer.error_code:
            return
        self.epochs[member] = max(answer.member_epoch, 0)
        if answer.assignment is not None:
            self.held[member] = {row.topic_id: row.partitions for row in answer.assignment.topic_partitions}
        if answer.member_epoch < 0:
            self.held.pop(member, None)
        if answer.member_epoch == LEAVES:
            self.instances.pop(member)

    def identity(self, member, who):
        return member if member in CONSUMERS and who == "own" else super().identity(member, who)

    def generation(self, member, which):
        return super().generation(member, which) if member not in CONSUMERS else self.epoch(member, which)

    def shown(self, answer):
        """Replace ids of topics by their names."""
        names = {topic_id: name for name, topic_id in self.broker.topic_ids.items()}

        def named(rows):
            return sorted((names.get(row.topic_id, "?"), *sorted(row.partitions)) for row in rows)

        if isinstance(answer, ConsumerGroupHeartbeatResponse) and answer.assignment is not None:
            answer.assignment.topic_partitions = named(answer.assignment.topic_partitions)
        if isinstance(answer, ConsumerGroupDescribeResponse):
            for group in answer.groups:
                for member in group.members:
                    for part in (member.assignment, member.target_assignment):
                        part.topic_partitions = named(part.topic_partitions)
        return super().shown(answer)


consumer = Domain("consumer", ConsumerSide)


@consumer.step(14, learn="beaten")
def consumer_beat(
    side,
    *,
    member=any_of(*CONSUMERS),
    epoch=mostly("own", "own", "join", "leave", "away", "before", "next", "strange"),
    topics=mostly(("t",), ("t", "u"), ("u",), (), None, ("missing",)),
    says=mostly("all", "little", "topics", "what it holds"),
    holds=mostly("given", "given", "nothing", "everything"),
    instance=INSTANCE,
    rack=mostly(None, "r", ""),
    timeout_ms=mostly(60_000, -1),
    assignor=any_of(None),
    version=versions(ApiKey.CONSUMER_GROUP_HEARTBEAT),
):
    number = side.epoch(member, epoch)
    instance = side.instances.setdefault(member, instance)
    joins = number == JOINS
    said = says in {"all", "topics"} or joins
    if joins and topics == ():
        topics = ("t",)  # after (), Apache Kafka takes the other members for subscribed to nothing, too
    return ConsumerGroupHeartbeatRequest(
        side.group_id,
        side.identity(member, "own"),
        number,
        instance,
        rack,
        timeout_ms if joins or says == "all" else -1,
        None if topics is None or not said else list(topics),
        server_assignor=assignor,  # by hand only: another one is another epoch since Kafka 4.4
        topic_partitions=[] if joins else side.holds(member, holds) if says in {"all", "what it holds"} else None,
    ), version


@consumer.step(2)
def consumer_describe(
    side,
    *,
    groups=some_of("g", "missing", "", at_least=1, twice=True),
    version=versions(ApiKey.CONSUMER_GROUP_DESCRIBE),
):
    return ConsumerGroupDescribeRequest([name and side.prefix + name for name in groups], True), version


CONSUMER_STEPS = dict(consumer.kinds)
OF_BOTH = {name: classic.kinds[name] for name in ("describe", "list_groups", "delete_groups")}
consumer.kinds |= OF_BOTH | OFFSET_STEPS


class MixedSide(ConsumerSide):
    """Classic members that a consumer group can accept, and that have the same order on both brokers.

    The range assignor goes by the order of instances and ids, and ids of classic members are random: so all members but
    one are static, and that one asks for an id only once. Their metadata can be decoded, and each supports every
    protocol; else Apache Kafka fails when it turns the group into a consumer group.

    had_consumers, downgraded: whether the group was a consumer group, and whether it has ceased to be one. taken_over:
    whether a classic member has replaced a consumer.
    """

    INSTANCES = MappingProxyType({"a": "i", "b": "j", "d": "k"})

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.had_consumers = self.downgraded = self.taken_over = False

    def comes_as(self, member, instance, version):
        return self.INSTANCES.get(member), max(version, FIRST_STATIC_JOIN)

    def speaks(self, protocols):
        return tuple(dict.fromkeys((*protocols, *ALL_PROTOCOLS)))

    def subscription(self, tells):
        return super().subscription("u" if tells == "broken" else tells)

    def share(self, index):
        return b"\0\1\0\0\0\1\0\1t\0\0\0\1" + index.to_bytes(4, "big") + b"\xff\xff\xff\xff"

    def identity(self, member, who):
        if who == "forged":
            return "!forged"  # sorts before all ids that a broker gives
        return super().identity(member, "own" if who in {"none", "next"} and member not in self.INSTANCES else who)

    def beaten(self, answer, *, member, **others):
        super().beaten(answer, member=member, **others)
        self.had_consumers = self.had_consumers or any(self.epochs.values())

    def joined(self, answer, *, member, **others):
        super().joined(answer, member=member, **others)
        if answer.error_code == 0:
            for consumer in self.consumers_at(self.INSTANCES.get(member)):
                self.epochs[consumer] = 0
                self.taken_over = True

    def consumers_at(self, instance):
        """Return the consumer-protocol members with that instance id."""
        return [name for name, epoch in self.epochs.items() if epoch and instance and self.instances[name] == instance]

    def remark(self, message):
        consumers = sum(map(bool, self.epochs.values()))
        if isinstance(message, JoinGroupRequest) and consumers == 1 and self.consumers_at(message.group_instance_id):
            return "takes the last consumer's place"
        self.downgraded = self.downgraded or (self.had_consumers and not consumers)
        after = "after a takeover" if self.taken_over else "after a downgrade"
        remark = super().remark(message)
        return remark or (after if self.downgraded else "")


mixed = Domain("mixed", MixedSide)
mixed.kinds = CONSUMER_STEPS | classic.kinds | OFFSET_STEPS
