"""Fetch (key 1), versions 4-18.

Waits until min_bytes are readable, max_wait_ms passes, or a partition has an error. The records are sent from the log
as they are; the first partition that has any gets one whole batch at least, however small the limits are.

Versions
    4   isolation level, aborted transactions (KIP-98)
    5   log start offset
    7   incremental fetch sessions (KIP-227)
    9   the client's leader epoch is checked (KIP-320)
    11  followers answer consumers too (KIP-392); kwire names no preferred one
    12  the client's last fetched epoch is checked, a diverging epoch is told (KIP-595)
    13  topics by id (KIP-516)
    16  the current leader and its endpoint beside NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH (KIP-951)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from kwire.api.leaders import note_leader
from kwire.broker.fetch_sessions import (
    FINAL_EPOCH,
    INITIAL_EPOCH,
    NEVER_TOLD,
    NO_SESSION,
    FetchedPartition,
    FetchSession,
    PartitionKey,
    next_epoch,
)
from kwire.broker.partition import NO_EPOCH
from kwire.broker.reading import ReadPlan
from kwire.broker.waiters import park
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.fetch import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchResponse,
    NodeEndpoint,
    PartitionData,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwire.api.context import RequestContext
    from kwire.broker.partition import Partition
    from kwire.broker.reading import Readable
    from kwire.protocol.messages.fetch import FetchRequest

CONSUMER_REPLICA_ID = -1
READ_COMMITTED = 1
UNKNOWN = -1

_LEADER_ERRORS = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH)
_UNKNOWN_TOPIC_ERRORS = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID)


async def handle(request: FetchRequest, context: RequestContext) -> FetchResponse:
    """The reply's rows hold LogSlices; whoever gets the reply closes them."""
    fetch = _Fetch(request, context)
    try:
        partitions = fetch.open_session()
    except ApiError as error:
        return FetchResponse(error_code=error.code)
    plan = fetch.plan(partitions)
    if not fetch.satisfied_by(plan):
        with trio.move_on_after(request.max_wait_ms / 1000):
            while not fetch.satisfied_by(plan):
                plan.close()
                await park(plan.watched, fetch.min_bytes - plan.readable_bytes)
                plan = fetch.plan(partitions)
        if plan.closed:
            plan = fetch.plan(partitions)
    return fetch.reply(plan)


class _Plan(ReadPlan):
    """What a reply would contain now, as rows."""

    __slots__ = ("rows",)

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self.rows: list[tuple[FetchedPartition, PartitionData]] = []


class _Fetch:
    """One request being answered."""

    __slots__ = (
        "_asked",
        "_by_id",
        "_context",
        "_incremental",
        "_max_bytes",
        "_needs_leader",
        "_read_committed",
        "_replica_id",
        "_request",
        "_session",
        "min_bytes",
    )

    def __init__(self, request: FetchRequest, context: RequestContext) -> None:
        version = context.api_version
        self._request = request
        self._context = context
        self._by_id = version >= 13
        self._replica_id = request.replica_state.replica_id if version >= 15 else request.replica_id
        self._needs_leader = version < 11 and self._replica_id == CONSUMER_REPLICA_ID
        self._read_committed = request.isolation_level == READ_COMMITTED and self._replica_id < 0
        self._max_bytes = min(request.max_bytes, context.broker.config.fetch_max_bytes)
        self.min_bytes = min(request.min_bytes, self._max_bytes)
        asked = (
            FetchedPartition(
                None if self._by_id else topic.topic,
                topic.topic_id if self._by_id else b"",
                partition.partition,
                partition.fetch_offset,
                partition.partition_max_bytes,
                partition.current_leader_epoch,
                partition.last_fetched_epoch,
            )
            for topic in request.topics
            for partition in topic.partitions
        )
        self._asked = list({partition.key: partition for partition in asked}.values())
        self._session: FetchSession | None = None

    # Sessions

    def open_session(self) -> Iterable[FetchedPartition]:
        """What to serve, in order.

        Raises:
            ApiError: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
        """
        request = self._request
        sessions = self._context.broker.fetch_sessions
        if request.session_epoch in {INITIAL_EPOCH, FINAL_EPOCH}:
            sessions.end(request.session_id)
            return self._asked
        session = sessions.resume(
            request.session_id,
            request.session_epoch,
            self._asked,
            self._forgotten(),
            uses_topic_ids=self._by_id,
        )
        if not session.partitions:
            return self._asked
        self._session = session
        return session.partitions.values()

    def _forgotten(self) -> list[PartitionKey]:
        return [
            (topic.topic_id if self._by_id else topic.topic, index)
            for topic in self._request.forgotten_topics_data
            for index in topic.partitions
        ]

    def reply(self, plan: _Plan) -> FetchResponse:
        """The response of that plan; the session remembers what it tells."""
        session = self._session
        session_id = NO_SESSION
        if session is not None:
            session_id = session.session_id
            if session.epoch != next_epoch(self._request.session_epoch):
                plan.close()
                return FetchResponse(error_code=ErrorCode.INVALID_FETCH_SESSION_EPOCH, session_id=session_id)
        for asked, row in plan.rows:
            asked.told_high_watermark = NEVER_TOLD if row.error_code else row.high_watermark
            asked.told_log_start_offset = row.log_start_offset
            if session is not None and row.records:
                session.serve_last(asked)
        if session is None and self._request.session_epoch == INITIAL_EPOCH:
            sessions = self._context.broker.fetch_sessions
            session_id = sessions.create(self._asked, uses_topic_ids=self._by_id)
        response = FetchResponse(session_id=session_id)
        self._fill(response, plan)
        return response

    def _fill(self, response: FetchResponse, plan: _Plan) -> None:
        last_topic: object = None
        for asked, row in plan.rows:
            topic = asked.topic_id or asked.topic
            if topic != last_topic:
                last_topic = topic
                topic_row = FetchableTopicResponse(partitions=[])
                if self._by_id:
                    topic_row.topic_id = asked.topic_id
                else:
                    topic_row.topic = asked.topic or ""
                response.responses.append(topic_row)
            topic_row.partitions.append(row)
            if row.error_code in _LEADER_ERRORS and self._context.api_version >= 16:
                note_leader(row, response.node_endpoints, NodeEndpoint, self._find(asked), self._context)

    # Reading

    def satisfied_by(self, plan: _Plan) -> bool:
        """Whether the plan is to be sent without waiting."""
        return (
            plan.must_reply
            or plan.readable_bytes >= self.min_bytes
            or not plan.watched
            or self._request.max_wait_ms <= 0
        )

    def plan(self, partitions: Iterable[FetchedPartition]) -> _Plan:
        """What can be read now. In a session, partitions of which the client knows all are left out."""
        plan = _Plan(self._max_bytes)
        incremental = self._session is not None
        try:
            for asked in partitions:
                try:
                    row = self._read(asked, plan, leave_out_idle=incremental)
                except ApiError as error:
                    plan.must_reply |= error.code not in _UNKNOWN_TOPIC_ERRORS
                    row = self._error_row(asked, error.code)
                if row is not None:
                    plan.rows.append((asked, row))
        except BaseException:
            plan.close()
            raise
        return plan

    def _read(self, asked: FetchedPartition, plan: _Plan, *, leave_out_idle: bool) -> PartitionData | None:
        """The partition's row; None where there is nothing new to tell."""
        partition = self._find(asked)
        plan.watched.append(partition)
        self._check(asked, partition)
        found = plan.read(
            partition,
            asked.fetch_offset,
            asked.max_bytes,
            committed_only=self._read_committed,
            last_fetched_epoch=asked.last_fetched_epoch,
        )
        if (
            leave_out_idle
            and found.records is None
            and found.diverging is None
            and asked.told_high_watermark == found.high_watermark
            and asked.told_log_start_offset == found.log_start_offset
        ):
            return None
        return _data_row(asked.index, found)

    def _find(self, asked: FetchedPartition) -> Partition:
        """The partition.

        Raises:
            ApiError: UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, INCONSISTENT_TOPIC_ID.
        """
        cluster = self._context.cluster
        if asked.topic is None:
            image = cluster.image.topic_by_id(asked.topic_id)
            if image is None:
                raise ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
            asked.topic = image.name
        partition = cluster.partition(asked.topic, asked.index)
        if partition is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if asked.topic_id and asked.topic_id != partition.topic_id:
            raise ApiError(ErrorCode.INCONSISTENT_TOPIC_ID)
        return partition

    def _check(self, asked: FetchedPartition, partition: Partition) -> None:
        """Check that this broker may answer the client.

        Raises:
            ApiError: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
        """
        node_id = self._context.broker.node_id
        if self._replica_id >= 0:  # kwire's brokers share their logs, so nobody is a follower that fetches
            unknown = asked.current_leader_epoch != NO_EPOCH
            raise ApiError(ErrorCode.UNKNOWN_LEADER_EPOCH if unknown else ErrorCode.NOT_LEADER_OR_FOLLOWER)
        if self._needs_leader:
            partition.check_leader(node_id, asked.current_leader_epoch)
        else:
            partition.check_replica(node_id, asked.current_leader_epoch)

    def _error_row(self, asked: FetchedPartition, code: ErrorCode) -> PartitionData:
        if code is ErrorCode.KAFKA_STORAGE_ERROR and self._context.api_version <= 5:
            code = ErrorCode.NOT_LEADER_OR_FOLLOWER  # those clients do not know the other one
        return PartitionData(
            partition_index=asked.index,
            error_code=code,
            high_watermark=UNKNOWN,
            aborted_transactions=[] if code in _UNKNOWN_TOPIC_ERRORS else None,
            records=b"",
        )


def _data_row(index: int, found: Readable) -> PartitionData:
    row = PartitionData(
        partition_index=index,
        high_watermark=found.high_watermark,
        last_stable_offset=found.last_stable_offset,
        log_start_offset=found.log_start_offset,
        aborted_transactions=None,
        records=b"" if found.records is None else found.records,
    )
    if found.aborted is not None:
        row.aborted_transactions = [
            AbortedTransaction(producer_id=each.producer_id, first_offset=each.first_offset) for each in found.aborted
        ]
    if found.diverging is not None:
        epoch, end_offset = found.diverging
        row.diverging_epoch = EpochEndOffset(epoch=epoch, end_offset=end_offset)
    return row
