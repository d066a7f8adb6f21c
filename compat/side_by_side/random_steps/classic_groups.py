"""Random members of one classic group: they join, sync, beat and leave, also with ids and generations not their own."""

from compat.side_by_side.random_steps.choices import any_of, mostly, some_of, versions
from compat.side_by_side.random_steps.side import Side
from compat.side_by_side.random_steps.steps import Domain
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.delete_groups import DeleteGroupsRequest
from kwire.protocol.messages.describe_groups import DescribeGroupsRequest
from kwire.protocol.messages.heartbeat import HeartbeatRequest
from kwire.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kwire.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from kwire.protocol.messages.list_groups import ListGroupsRequest
from kwire.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment

METADATA_TOO_LARGE = 12
SEVERAL_MEMBERS_VERSION = 3
FIRST_STATIC_JOIN = 5
FIRST_SYNC_WITH_PROTOCOL = 5
SESSION_MS = 60_000
"""Long enough that no session ends during a sequence."""
TOPICS = {"t": 6, "u": 6}
"""Numbers of partitions that two or three members can share evenly; else chance decides who gets one more."""
MEMBERS = "a", "b", "c", "d"
MEMBER = any_of(*MEMBERS)
WHO = mostly("own", "own", "none", "forged", "next")
"""The member id to send: the own one, none, one that no member has, or that of the next member."""
INSTANCE = mostly(None, "i", "j")
GENERATION = mostly("own", "own", "before", "next", "none")
SUBSCRIPTIONS = {
    "t": b"\0\0\0\0\0\1\0\1t\xff\xff\xff\xff",
    "u": b"\0\0\0\0\0\1\0\1u\xff\xff\xff\xff",
    "broken": b"\xff",
}
ALL_PROTOCOLS = "range", "roundrobin", "sticky", "cooperative-sticky"
PROTOCOLS = some_of(*ALL_PROTOCOLS, at_least=1, at_most=4)


class ClassicSide(Side):
    """The members of one group.

    ids, generations, chosen: each member's last id, generation and protocol. given: ids that a broker gave out and that
    have not joined yet. gone: ids that left. leader_left: whether a possible leader has left. led_by_chance: the
    generation that began then.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.group_id = f"{self.prefix}g"
        self.ids = {}
        self.generations = {}
        self.chosen = {}
        self.given = set()
        self.gone = set()
        self.leader_left = False
        self.led_by_chance = None
        self.committed_nothing = False

    def prepare(self):
        self.create_shared(TOPICS)

    def barrier(self):
        return HeartbeatRequest(self.group_id, 0, "nobody"), 4

    def waits_as(self, message):
        is_waiting = isinstance(message, JoinGroupRequest | SyncGroupRequest) and message.member_id
        return (message.API_KEY, message.member_id) if is_waiting else None

    def remark(self, message):
        if isinstance(message, JoinGroupRequest):
            if len({each.name for each in message.protocols}) < len(message.protocols):
                return "a protocol twice"
            if message.member_id in self.given and message.group_instance_id is not None:
                return "given id with an instance"
            if self.leader_left:
                return "leader left"
        if isinstance(message, SyncGroupRequest) and message.member_id in self.gone:
            return "left meanwhile"
        return "after a commit of nothing" if self.committed_nothing else ""

    def identity(self, member, who):
        """Return the member id to send."""
        if who == "next" and member in MEMBERS:
            member = MEMBERS[(MEMBERS.index(member) + 1) % len(MEMBERS)]
        return {"none": "", "forged": "forged"}.get(who, self.ids.get(member, ""))

    def generation(self, member, which):
        """Return the generation to send."""
        return step_from(self.generations.get(member, 0), which)

    def comes_as(self, member, instance, version):
        """Return the member's group.instance.id, and the version of the request that carries it."""
        return instance if version >= FIRST_STATIC_JOIN else None, version

    def speaks(self, protocols):
        """Return the protocols that the member supports."""
        return protocols

    def subscription(self, tells):
        """Return the member's metadata for each protocol."""
        return SUBSCRIPTIONS[tells]

    def share(self, index):
        """Return the assignment that the leader sends for one member."""
        return b"%d" % index

    def joined(self, answer, *, member, **_):
        """Remember the member's id, and its generation if it has one."""
        if answer.error_code in {0, 79}:
            self.call(answer.member_id, member)
            self.ids[member] = answer.member_id
        if answer.error_code == 79:
            self.given.add(answer.member_id)
        if answer.error_code == 0:
            self.given.discard(answer.member_id)
            self.generations[member] = answer.generation_id
            self.chosen[member] = answer.protocol_name
            if self.leader_left and self.led_by_chance is None:
                self.led_by_chance = answer.generation_id
            elif answer.generation_id != self.led_by_chance:
                self.leader_left, self.led_by_chance = False, None

    def left(self, answer, *, members, who, version, **_):
        """Note that a leader may have left: then Kafka chooses any member as the next one."""
        gone = {row.member_id for row in answer.members if row.error_code == 0}
        if version < SEVERAL_MEMBERS_VERSION and answer.error_code == 0:
            gone = {self.identity(members[0], who)}
        self.gone |= gone
        if gone:  # even a member that does not know yet that it leads
            self.leader_left, self.led_by_chance = True, None

    def committed(self, answer, **_):
        """Note that Kafka has made a group although it stored nothing, because the metadata was too long."""
        codes = {row.error_code for topic in answer.topics for row in topic.partitions}
        self.committed_nothing = self.committed_nothing or METADATA_TOO_LARGE in codes

    def own_groups(self, answer, **_):
        """Ignore other groups of the broker."""
        answer.groups = [row for row in answer.groups if row.group_id.startswith(self.prefix)]


def step_from(own, which):
    """Return the own generation or epoch, the one before or after it, or none."""
    return {"own": own, "before": own - 1, "next": own + 1, "none": -1}[which]


classic = Domain("classic", ClassicSide)


@classic.step(12, learn="joined", waits=True)
def join(
    side,
    *,
    member=MEMBER,
    who=WHO,
    protocols=PROTOCOLS,
    instance=INSTANCE,
    tells=mostly("t", "u", "broken"),
    protocol_type=mostly("consumer", "consumer", "connect", ""),
    version=versions(ApiKey.JOIN_GROUP),
):
    instance, version = side.comes_as(member, instance, version)
    rows = [JoinGroupRequestProtocol(name, side.subscription(tells)) for name in side.speaks(protocols)]
    return JoinGroupRequest(
        side.group_id, SESSION_MS, SESSION_MS, side.identity(member, who), instance, protocol_type, rows
    ), version


@classic.step(6, waits=True)
def sync(
    side,
    *,
    member=MEMBER,
    who=WHO,
    generation=GENERATION,
    instance=INSTANCE,
    gives=any_of("all", "nothing", "itself", "twice"),
    protocol=mostly("chosen", "chosen", None, "range", "sticky"),
    version=versions(ApiKey.SYNC_GROUP),
):
    own = side.identity(member, who)
    receivers = {"all": list(side.ids.values()), "nothing": [], "itself": [own], "twice": [own, own]}[gives]
    rows = [SyncGroupRequestAssignment(each, side.share(index)) for index, each in enumerate(receivers)]
    instance = instance if version >= 3 else None
    if protocol == "chosen":
        protocol = side.chosen.get(member)
    request = SyncGroupRequest(side.group_id, side.generation(member, generation), own, instance, assignments=rows)
    if version >= FIRST_SYNC_WITH_PROTOCOL and protocol is not None:
        request.protocol_type, request.protocol_name = "consumer", protocol
    return request, version


@classic.step(3)
def beat(side, *, member=MEMBER, who=WHO, generation=GENERATION, instance=INSTANCE, version=versions(ApiKey.HEARTBEAT)):
    instance = instance if version >= 3 else None
    return HeartbeatRequest(
        side.group_id, side.generation(member, generation), side.identity(member, who), instance
    ), version


@classic.step(2, learn="left")
def leave(
    side,
    *,
    members=some_of(*MEMBERS, at_least=1, at_most=2, twice=True),
    who=WHO,
    instance=INSTANCE,
    version=versions(ApiKey.LEAVE_GROUP),
):
    if version < SEVERAL_MEMBERS_VERSION:
        return LeaveGroupRequest(side.group_id, side.identity(members[0], who)), version
    rows = [MemberIdentity(side.identity(member, who), instance) for member in members]
    return LeaveGroupRequest(side.group_id, "", rows), version


@classic.step(2)
def describe(side, *, groups=some_of("g", "missing", "", twice=True), version=versions(ApiKey.DESCRIBE_GROUPS)):
    return DescribeGroupsRequest([name and side.prefix + name for name in groups], version >= 3), version


@classic.step(1, learn="own_groups")
def list_groups(
    side,
    *,
    states=some_of("Stable", "empty", "PreparingRebalance", "none", twice=True),
    types=some_of("classic", "Consumer", "none"),
    version=versions(ApiKey.LIST_GROUPS),
):
    return ListGroupsRequest(list(states) if version >= 4 else [], list(types) if version >= 5 else []), version


@classic.step(1)
def delete_groups(
    side, *, groups=some_of("g", "missing", "", at_least=1, twice=True), version=versions(ApiKey.DELETE_GROUPS)
):
    return DeleteGroupsRequest([name and side.prefix + name for name in groups]), version
