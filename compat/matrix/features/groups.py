"""Consumer groups."""

import time
from collections import Counter

from confluent_kafka import ConsumerGroupState, ConsumerGroupType

from compat.matrix.driver import Driver, Row, decoded
from compat.matrix.features.stage import Stage, numbered

PARTITIONS = 6
TOGETHER_S = 60
SESSION = {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 500}


class Member:
    """A consumer in a driver of its own, and what it has read."""

    def __init__(self, stage: Stage, group: str, topic: str, **settings: object) -> None:
        self.client = stage.client
        self.driver: Driver = stage.driver()
        self.read: list[Row] = []
        self.assignment: set[tuple[str, int]] = set()
        self.driver.ask("open", consumer="c", group=group, topics=[topic], settings=settings)

    def begin_poll(self, within_ms: int, count: int = 100_000) -> None:
        self.driver.send("poll", consumer="c", count=count, within_ms=within_ms)

    def end_poll(self) -> None:
        answer = self.driver.answer()
        self.read += [decoded(row) for row in answer["records"]]
        self.assignment = {(topic, index) for topic, index in answer["assignment"]}

    def poll(self, count: int = 100_000, within_ms: int = 30_000) -> None:
        self.begin_poll(within_ms, count)
        self.end_poll()

    def commit(self) -> None:
        self.driver.ask("commit", consumer="c")

    def close(self) -> None:
        self.driver.ask("close", consumer="c")


def poll_until(members: list[Member], what: str, holds: object, within_s: float = TOGETHER_S) -> None:
    """The members poll side by side until it holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}; {[m.assignment for m in members]}"
        for member in members:
            member.begin_poll(300)
        for member in members:
            member.end_poll()


def shares(members: list[Member], topic: str, partitions: int = PARTITIONS) -> bool:
    """Whether every partition is some member's, none is two members', and each member has some."""
    owned = [index for member in members for name, index in member.assignment if name == topic]
    return sorted(owned) == list(range(partitions)) and all(member.assignment for member in members)


def fill(stage: Stage, topic: str, first: int, count: int) -> None:
    """Numbered values, spread over all partitions."""
    stage.send(topic, [Row(b"", b"%d" % i, partition=i % PARTITIONS) for i in range(first, first + count)])


def values(members: list[Member]) -> list[int]:
    """The numbers that were read, sorted."""
    return sorted(int(row.value or b"-1") for member in members for row in member.read)


def have_read(members: list[Member], numbers: range) -> bool:
    """Whether each of the numbers was read, once or more often."""
    return set(values(members)) >= set(numbers)


def check_once(stage: Stage, group: str, topic: str, members: list[Member], count: int) -> None:
    """So many numbers were read, and each of them once."""
    numbers = values(members)
    twice = sorted(number for number, times in Counter(numbers).items() if times > 1)
    committed = stage.committed(group, topic, PARTITIONS)
    assert numbers == list(range(count)), f"read more than once: {twice}; committed by now: {committed}"


PROTOCOLS = {"classic": ConsumerGroupType.CLASSIC, "consumer": ConsumerGroupType.CONSUMER}


def check_told(stage: Stage, group: str, members: list[Member], protocol: str, assignor: str) -> None:
    """The broker tells another client that this is the group's protocol: no member fell back to another one."""
    poll_until(members, "the group is stable", lambda: stage.described(group).state is ConsumerGroupState.STABLE)
    found = stage.described(group)
    told = found.type, len(found.members), found.partition_assignor
    assert told == (PROTOCOLS[protocol], len(members), assignor)


def _share(stage: Stage, protocol: str, assignor: str) -> None:
    """One reads alone, another one joins, both share; one leaves, the other has everything."""
    topic, group = stage.topic(PARTITIONS), stage.new_name("g")
    settings = {"protocol": protocol, "assignor": assignor}
    fill(stage, topic, 0, 60)
    first = Member(stage, group, topic, **settings)
    poll_until([first], "one member reads everything", lambda: values([first]) == list(range(60)))
    first.commit()
    second = Member(stage, group, topic, **settings)
    both = [first, second]
    poll_until(both, "two members share", lambda: shares(both, topic))
    fill(stage, topic, 60, 60)
    poll_until(both, "everything is read", lambda: have_read(both, range(120)))
    check_once(stage, group, topic, both, 120)
    check_told(stage, group, both, protocol, assignor)
    assert {row.partition for row in second.read}
    first.commit()
    second.commit()
    second.close()
    poll_until([first], "the one that stays has everything", lambda: shares([first], topic))
    fill(stage, topic, 120, 12)
    poll_until([first], "it goes on", lambda: have_read(both, range(132)))
    check_once(stage, group, topic, both, 132)
    first.close()


def group(stage: Stage) -> None:
    """A classic group with the first of the client's assignors."""
    _share(stage, "classic", stage.client.assignors[0])


def assignors(stage: Stage) -> None:
    """Each other assignor of the client."""
    others = stage.client.assignors[1:]
    assert others, "it has one only, which `group` takes: matrix.toml should say so in `lacks`"
    for name in others:
        _share(stage, "classic", name)


def consumer_protocol(stage: Stage) -> None:
    """The consumer protocol, with each assignor of the broker."""
    for name in stage.client.protocol_assignors:
        _share(stage, "consumer", name)


def commit(stage: Stage) -> None:
    """What was committed is where the next member begins; a seek is followed; what was not committed comes again."""
    topic, group = stage.topic(), stage.new_name("g")
    stage.send(topic, [row._replace(partition=0) for row in numbered(30)])
    first = Member(stage, group, topic)
    if "seek" in stage.client.lacks:
        first.poll(13)
        assert [row.offset for row in first.read] == list(range(13))
    else:
        first.poll(30)
        assert [row.offset for row in first.read] == list(range(30))
        _seek(first, topic, 10)
        first.poll(20)
        assert [row.offset for row in first.read][:5] == [10, 11, 12, 13, 14]
        _seek(first, topic, 12)
        first.poll(1)
    first.commit()
    after = first.read[-1].offset + 1
    assert stage.committed(group, topic, 1) == [after]
    first.close()
    second = Member(stage, group, topic)
    second.poll(30 - after, 15_000)
    assert [row.offset for row in second.read] == list(range(after, 30))
    second.close()


def _seek(member: Member, topic: str, offset: int) -> None:
    member.driver.ask("seek", consumer="c", topic=topic, partition=0, offset=offset)
    member.read.clear()


def crash(stage: Stage) -> None:
    """One is killed; the other takes over its partitions, from what was committed."""
    topic, group = stage.topic(PARTITIONS), stage.new_name("g")
    stays, dies = Member(stage, group, topic, **SESSION), Member(stage, group, topic, **SESSION)
    poll_until([stays, dies], "two members share", lambda: shares([stays, dies], topic))
    fill(stage, topic, 0, 60)
    both = [stays, dies]
    poll_until(both, "everything is read", lambda: have_read(both, range(60)))
    poll_until(both, "everything is committed", lambda: _committed(stage, group, topic, both) == [10] * PARTITIONS)
    stays.read.clear()
    fill(stage, topic, 60, 60)
    dies.driver.kill()
    poll_until([stays], "the one that stays has everything", lambda: shares([stays], topic))
    poll_until([stays], "nothing is lost", lambda: have_read([stays], range(60, 120)))
    again = sorted((row.partition, row.offset) for row in stays.read if row.offset < 10)
    assert not again, f"up to 10 was committed in each partition, and these came after it: {again}"
    stays.close()


def _committed(stage: Stage, group: str, topic: str, members: list[Member]) -> list[int]:
    """What is committed when all members have done so."""
    for member in members:
        member.commit()
    return stage.committed(group, topic, PARTITIONS)


def static(stage: Stage) -> None:
    """A static member is killed and started again: nobody else's partitions change."""
    topic, group = stage.topic(PARTITIONS), stage.new_name("g")
    session = {"session_timeout_ms": 20_000, "heartbeat_interval_ms": 500}
    stays = Member(stage, group, topic, instance_id="one", **session)
    restarts = Member(stage, group, topic, instance_id="two", **session)
    poll_until([stays, restarts], "two members share", lambda: shares([stays, restarts], topic))
    before = stays.assignment, restarts.assignment
    restarts.driver.kill()
    again = Member(stage, group, topic, instance_id="two", **session)
    poll_until([stays, again], "it is back", lambda: again.assignment == before[1], 15)
    assert (stays.assignment, again.assignment) == before
    again.close()
    stays.close()
