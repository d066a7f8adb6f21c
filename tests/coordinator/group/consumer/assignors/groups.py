"""Groups for the assignors: topics are numbered, members have names."""

from kwire.coordinator.group.consumer.assignors import MemberSpec


def topic(number):
    return number.to_bytes(16, "big")


def member(*topics, instance_id=None, **assigned):
    """A member subscribed to the topics of these numbers; t1={0, 2}: what it has of topic 1."""
    held = {topic(int(name[1:])): frozenset(partitions) for name, partitions in assigned.items()}
    return MemberSpec(instance_id, None, frozenset(map(topic, topics)), held)


def sizes(*counts):
    """How many partitions the topics 1, 2, and so on have."""
    return {topic(number): count for number, count in enumerate(counts, 1)}


def plain(target):
    """A target assignment as {member id: {topic number: partitions in order}}."""
    return {
        member_id: {int.from_bytes(topic_id, "big"): sorted(held) for topic_id, held in sorted(assignment.items())}
        for member_id, assignment in target.items()
    }


def again(members, target):
    """The members, with that target as what they have."""
    return {
        member_id: MemberSpec(spec.instance_id, spec.rack_id, spec.subscribed, target.get(member_id, {}))
        for member_id, spec in members.items()
    }


def loads(target):
    """How many partitions each member has."""
    return {member_id: sum(map(len, assignment.values())) for member_id, assignment in target.items()}


def owners(target):
    """Who has each (topic id, partition); none may have two owners."""
    found = {}
    for member_id, assignment in target.items():
        for topic_id, held in assignment.items():
            for partition in held:
                assert (topic_id, partition) not in found
                found[topic_id, partition] = member_id
    return found


def moved(before, after):
    """How many partitions have gone from one member to another; those that nobody had are none."""
    new = owners(after)
    return sum(partition in new and new[partition] != owner for partition, owner in owners(before).items())
