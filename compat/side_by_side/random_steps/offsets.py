"""Random commits, fetches and deletions of offsets, by members of the group and by others."""

from compat.side_by_side.random_steps import classic_groups
from compat.side_by_side.random_steps.choices import any_of, mostly, some_of, versions
from compat.side_by_side.random_steps.classic_groups import INSTANCE, MEMBERS, ClassicSide
from compat.side_by_side.random_steps.steps import Domain
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages import find_coordinator as fc
from kwire.protocol.messages import offset_commit as oc
from kwire.protocol.messages import offset_delete as od
from kwire.protocol.messages import offset_fetch as of

NO_ID = bytes(16)
UNKNOWN_ID = bytes(15) + b"\1"
GROUP = mostly("g", "empty")
TOPICS = some_of("t", "u", "missing", at_least=1, twice=True)
PARTITIONS = some_of(0, 1, 7, -1, twice=True)

COMMITTER = any_of(*MEMBERS, "~x", "~y")

offsets = Domain("offsets", ClassicSide)


def group(side, name):
    return name and side.prefix + name


@offsets.step(6, learn="committed")
def commit(
    side,
    *,
    group_id=GROUP,
    member=COMMITTER,
    who=any_of("own", "none", "forged"),
    generation=mostly("own", "none", "before", "next"),
    instance=INSTANCE,
    topics=TOPICS,
    partitions=PARTITIONS,
    offset=any_of(5, 0, -1, 2**63 - 1),
    leader_epoch=mostly(-1, 0, 7, -5),
    metadata=mostly("", "note", None, "x" * 4097, "ü" * 3000),
    retention_ms=mostly(-1, 0, 2**63 - 1, -(2**63)),
    version=versions(ApiKey.OFFSET_COMMIT),
):
    rows = [
        oc.OffsetCommitRequestTopic(
            name if version < 10 else "",
            side.broker.topic_ids.get(name, UNKNOWN_ID) if version >= 10 else NO_ID,
            [
                oc.OffsetCommitRequestPartition(each, offset + index if offset == 5 else offset, leader_epoch, metadata)
                for index, each in enumerate(partitions)
            ],
        )
        for name in topics
    ]
    for row in rows:
        for each in row.partitions:
            each.committed_leader_epoch = leader_epoch if version >= 6 else -1
    return oc.OffsetCommitRequest(
        group(side, group_id),
        side.generation(member, generation),
        side.identity(member, who),
        instance if version >= 7 else None,
        retention_ms if version <= 4 else -1,
        rows,
    ), version


@offsets.step(4)
def fetch_offsets(
    side,
    *,
    groups=some_of("g", "empty", "", at_least=1, twice=True),
    member=COMMITTER,
    who=mostly("none", "own", "forged"),
    generation=mostly("none", "own", "before"),
    topics=mostly(None, ("t",), ("t", "u"), ("u", "t", "t"), ("missing", "t"), ()),
    partitions=PARTITIONS,
    stable=mostly(False, True),
    version=versions(ApiKey.OFFSET_FETCH),
):
    stable = stable and version >= 7
    if version < 8:
        named = () if topics is None and version < 2 else topics
        rows = None if named is None else [of.OffsetFetchRequestTopic(name, list(partitions)) for name in named]
        return of.OffsetFetchRequest(group(side, groups[0]), rows, require_stable=stable), version
    asked = []
    for name in groups:
        rows = None
        if topics is not None:
            rows = [
                of.OffsetFetchRequestTopics(
                    each if version < 10 else "",
                    side.broker.topic_ids.get(each, UNKNOWN_ID) if version >= 10 else NO_ID,
                    list(partitions),
                )
                for each in topics
            ]
        row = of.OffsetFetchRequestGroup(group(side, name), topics=rows)
        if version >= 9 and who != "none":
            row.member_id, row.member_epoch = side.identity(member, who), side.generation(member, generation)
        asked.append(row)
    return of.OffsetFetchRequest(groups=asked, require_stable=stable), version


@offsets.step(2)
def delete_offsets(side, *, group_id=GROUP, topics=TOPICS, partitions=PARTITIONS):
    rows = [
        od.OffsetDeleteRequestTopic(name, [od.OffsetDeleteRequestPartition(each) for each in partitions])
        for name in topics
    ]
    return od.OffsetDeleteRequest(group(side, group_id), rows), 0


@offsets.step(1)
def find_coordinator(
    side,
    *,
    groups=some_of("g", "empty", "", at_least=1, twice=True),
    key_type=mostly(0, 9),
    version=versions(ApiKey.FIND_COORDINATOR),
):
    keys = [group(side, name) for name in groups]
    key_type = key_type if version >= 1 else 0
    if version < 4:
        return fc.FindCoordinatorRequest(keys[0], key_type), version
    return fc.FindCoordinatorRequest(key_type=key_type, coordinator_keys=keys), version


OFFSET_STEPS = dict(offsets.kinds)
offsets.kinds |= classic_groups.classic.kinds
