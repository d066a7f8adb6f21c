"""Produce (key 0), versions 3-13.

Append one record batch to each partition; of several for one partition, the last. An error is reported in its
partition's row. With acks=0 there is no reply: an error closes the connection, so that the producer asks for metadata
again.

Versions
    7   zstd is allowed
    8   the records that are wrong, and a message (KIP-467)
    10  the current leader and its endpoint beside NOT_LEADER_OR_FOLLOWER (KIP-951)
    13  topics by id (KIP-516)
"""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, cast

import trio

from kwire.api.context import NO_TRANSACTIONS, CloseConnection
from kwire.api.leaders import note_leader
from kwire.api.turns import Turn
from kwire.broker.metadata import INTERNAL_TOPICS
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.produce import (
    BatchIndexAndErrorMessage,
    NodeEndpoint,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceData,
    TopicProduceResponse,
)
from kwire.protocol.records.validation import InvalidBatch, check_sent, has_transactional_records

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from kwire.api.context import RequestContext
    from kwire.broker.partition import Partition, ProduceResult
    from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest
    from kwire.storage.port import Appended

VALID_ACKS = (-1, 0, 1)
ADMIN_CLIENT_ID = "__admin_client"
"""The client id with which Kafka's tools may write to internal topics."""
UNKNOWN = -1
SUCCESS = int(ErrorCode.NONE)

_WITHOUT_LOG_START = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.MESSAGE_TOO_LARGE,
        ErrorCode.RECORD_LIST_TOO_LARGE,
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        ErrorCode.INVALID_REQUIRED_ACKS,
        ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
"""Errors beside which Kafka leaves the log start offset unsaid."""


async def handle(request: ProduceRequest, context: RequestContext) -> ProduceResponse | None:
    """Every batch is appended, and as durable as the engine makes it, or its row has the error."""
    answered = answer(request, context)
    return await answered if iscoroutine(answered) else cast("ProduceResponse | None", answered)


def answer(
    request: ProduceRequest, context: RequestContext
) -> ProduceResponse | Coroutine[Any, Any, ProduceResponse | None] | None:
    """As handle; return a coroutine only to wait for durability, or to let other requests run during a long one."""
    work = _Produce(request, context)
    topics = request.topic_data
    if len(topics) == 1 == len(topics[0].partition_data):
        work.add_rows(topics[0], [work.row(topics[0], topics[0].partition_data[0])])
    else:
        turns = work.in_turns(_each_once(topics))
        for _ in turns:
            return work.go_on(turns)
    return work.wait_durable() if work.pending else work.reply()


class _Produce:
    """One request being answered."""

    __slots__ = ("context", "errors", "now_ms", "pending", "refusal", "request", "response", "validate_records")

    def __init__(self, request: ProduceRequest, context: RequestContext) -> None:
        self.request = request
        self.context = context
        self.response = ProduceResponse()
        self.now_ms = context.cluster.env.wall_ms()
        self.validate_records = context.broker.config.kwire_validate_records
        self.refusal: ErrorCode | None = None
        if _has_transactional_batch(request):
            self.refusal = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            context.refuse(NO_TRANSACTIONS)
        self.pending: list[tuple[PartitionProduceResponse, Partition, Appended]] = []
        self.errors: list[str] = []

    def in_turns(self, topics: Sequence[TopicProduceData]) -> Iterator[None]:
        """Make the rows of these topics; yield when it is time for other requests."""
        env = self.context.cluster.env
        turn = Turn(env)
        for topic in topics:
            rows: list[PartitionProduceResponse] = []
            for data in topic.partition_data:
                if turn.is_over:
                    yield
                    self.now_ms = env.wall_ms()
                    turn.begin()
                rows.append(self.row(topic, data))
            self.add_rows(topic, rows)

    async def go_on(self, turns: Iterator[None]) -> ProduceResponse | None:
        """As wait_durable, after the remaining turns, also if the client has gone: it has sent the whole request."""
        await trio.lowlevel.cancel_shielded_checkpoint()
        for _ in turns:
            await trio.lowlevel.cancel_shielded_checkpoint()
        return await self.wait_durable()

    def add_rows(self, topic: TopicProduceData, rows: list[PartitionProduceResponse]) -> None:
        """The reply has the topic's rows."""
        if rows:
            self.response.responses.append(TopicProduceResponse(topic.name, topic.topic_id, rows))

    def row(self, topic: TopicProduceData, data: PartitionProduceData) -> PartitionProduceResponse:
        """Append the partition's records; return its row, with the error if that fails."""
        cluster = self.context.cluster
        name: str | None = topic.name
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        if self.context.api_version >= 13:
            image = cluster.image.topic_by_id(topic.topic_id)
            if image is None:
                name, unknown = None, ErrorCode.UNKNOWN_TOPIC_ID
            else:
                name = image.name
        partition = None if name is None else cluster.partition(name, data.index)
        try:
            return self._append(data, partition, unknown)
        except ApiError as error:
            row = PartitionProduceResponse(index=data.index)
            self._fail(row, partition, error)
            return row

    def _append(
        self, data: PartitionProduceData, partition: Partition | None, unknown: ErrorCode
    ) -> PartitionProduceResponse:
        if self.refusal is not None:
            raise ApiError(self.refusal)
        if partition is None:
            raise ApiError(unknown)
        try:
            result = self._produced(data, partition)
        except InvalidBatch:
            raise
        except ApiError:
            check_sent(data.records, self.context.api_version)  # Kafka checks this first
            raise
        row = PartitionProduceResponse(
            data.index, SUCCESS, result.base_offset, result.log_append_time_ms, result.log_start_offset
        )
        if result.pending is not None:
            self.pending.append((row, partition, result.pending))
        return row

    def _produced(self, data: PartitionProduceData, partition: Partition) -> ProduceResult:
        acks = self.request.acks
        if acks not in VALID_ACKS:
            raise ApiError(ErrorCode.INVALID_REQUIRED_ACKS)
        if partition.topic in INTERNAL_TOPICS and self.context.client_id != ADMIN_CLIENT_ID:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION)
        partition.check_leader(self.context.broker.node_id)
        return partition.produce(
            data.records,
            acks=acks,
            now_ms=self.now_ms,
            validate_records=self.validate_records,
            api_version=self.context.api_version,
            knows_newest=self.context.connection.knows_newest,
        )

    def reply(self) -> ProduceResponse | None:
        """The response, None with acks=0.

        Raises:
            CloseConnection: acks=0, and there are errors.
        """
        if self.request.acks != 0:
            return self.response
        if self.errors:
            raise CloseConnection("error in a produce request with acks=0: " + ", ".join(self.errors))
        return None

    async def wait_durable(self) -> ProduceResponse | None:
        """The reply, once what was appended is durable, or its row has the error."""
        for row, partition, appended in self.pending:
            try:
                await partition.wait_durable(appended)
            except ApiError as error:
                self._fail(row, partition, error)
        return self.reply()

    def _fail(self, row: PartitionProduceResponse, partition: Partition | None, error: ApiError) -> None:
        """The row tells the error as Kafka does."""
        row.error_code = error.code
        row.base_offset = UNKNOWN
        row.log_append_time_ms = UNKNOWN
        row.log_start_offset = UNKNOWN
        before_log = isinstance(error, InvalidBatch) and error.before_log
        tells_log_start = error.code not in _WITHOUT_LOG_START and not before_log
        if tells_log_start and partition is not None and partition.is_open:
            row.log_start_offset = partition.log_start_offset
        if isinstance(error, InvalidBatch):
            row.error_message = error.reply_message
            row.record_errors = [
                BatchIndexAndErrorMessage(batch_index=index, batch_index_error_message=message)
                for index, message in error.record_errors
            ]
        if partition is not None and error.code is ErrorCode.NOT_LEADER_OR_FOLLOWER and self.context.api_version >= 10:
            note_leader(row, self.response.node_endpoints, NodeEndpoint, partition, self.context)
        where = f"{partition.topic}-{row.index}" if partition is not None else f"partition {row.index}"
        self.errors.append(f"{where}: {error.code.name}")


def _each_once(topics: Sequence[TopicProduceData]) -> list[TopicProduceData]:
    """Keep each topic and partition once, with the last records sent for it."""
    named: dict[tuple[str, bytes], dict[int, PartitionProduceData]] = {}
    for topic in topics:
        rows = named.setdefault((topic.name, topic.topic_id), {})
        rows.update((data.index, data) for data in topic.partition_data)
    return [TopicProduceData(name, topic_id, [*rows.values()]) for (name, topic_id), rows in named.items()]


def _has_transactional_batch(request: ProduceRequest) -> bool:
    for topic in request.topic_data:
        for data in topic.partition_data:
            if has_transactional_records(data.records):
                return True
    return False
