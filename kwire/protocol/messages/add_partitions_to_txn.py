"""AddPartitionsToTxn, API key 24.

Generated from protocol_specs/24_add_partitions_to_txn.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class AddPartitionsToTxnTopic(Struct):
    """Shared by the structs of AddPartitionsToTxnRequest."""

    __slots__ = (
        "name",
        "partitions",
    )
    FIELDS = (
        "Name string 0+",
        "Partitions []int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        partitions: list[int] = DEFAULT,
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is DEFAULT else partitions


class AddPartitionsToTxnTransaction(Struct):
    """An element of AddPartitionsToTxnRequest.Transactions."""

    __slots__ = (
        "transactional_id",
        "producer_id",
        "producer_epoch",
        "verify_only",
        "topics",
    )
    FIELDS = (
        "TransactionalId string 4+",
        "ProducerId int64 4+",
        "ProducerEpoch int16 4+",
        "VerifyOnly bool 4+",
        "Topics []AddPartitionsToTxnTopic 4+",
    )

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        verify_only: bool = False,
        topics: list[AddPartitionsToTxnTopic] = DEFAULT,
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.verify_only = verify_only
        self.topics = [] if topics is DEFAULT else topics


class AddPartitionsToTxnRequest(Message):
    """Request, versions 0 to 5."""

    __slots__ = (
        "transactions",
        "v3_and_below_transactional_id",
        "v3_and_below_producer_id",
        "v3_and_below_producer_epoch",
        "v3_and_below_topics",
    )
    API_KEY = 24
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "Transactions []AddPartitionsToTxnTransaction 4+",
        "V3AndBelowTransactionalId string 0-3",
        "V3AndBelowProducerId int64 0-3",
        "V3AndBelowProducerEpoch int16 0-3",
        "V3AndBelowTopics []AddPartitionsToTxnTopic 0-3",
    )

    def __init__(
        self,
        transactions: list[AddPartitionsToTxnTransaction] = DEFAULT,
        v3_and_below_transactional_id: str = "",
        v3_and_below_producer_id: int = 0,
        v3_and_below_producer_epoch: int = 0,
        v3_and_below_topics: list[AddPartitionsToTxnTopic] = DEFAULT,
    ) -> None:
        self.transactions = [] if transactions is DEFAULT else transactions
        self.v3_and_below_transactional_id = v3_and_below_transactional_id
        self.v3_and_below_producer_id = v3_and_below_producer_id
        self.v3_and_below_producer_epoch = v3_and_below_producer_epoch
        self.v3_and_below_topics = [] if v3_and_below_topics is DEFAULT else v3_and_below_topics


class AddPartitionsToTxnTopicResult(Struct):
    """Shared by the structs of AddPartitionsToTxnResponse."""

    __slots__ = (
        "name",
        "results_by_partition",
    )
    FIELDS = (
        "Name string 0+",
        "ResultsByPartition []AddPartitionsToTxnPartitionResult 0+",
    )

    def __init__(
        self,
        name: str = "",
        results_by_partition: list[AddPartitionsToTxnPartitionResult] = DEFAULT,
    ) -> None:
        self.name = name
        self.results_by_partition = [] if results_by_partition is DEFAULT else results_by_partition


class AddPartitionsToTxnPartitionResult(Struct):
    """Shared by the structs of AddPartitionsToTxnResponse."""

    __slots__ = (
        "partition_index",
        "partition_error_code",
    )
    FIELDS = (
        "PartitionIndex int32 0+",
        "PartitionErrorCode int16 0+",
    )

    def __init__(
        self,
        partition_index: int = 0,
        partition_error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.partition_error_code = partition_error_code


class AddPartitionsToTxnResult(Struct):
    """An element of AddPartitionsToTxnResponse.ResultsByTransaction."""

    __slots__ = (
        "transactional_id",
        "topic_results",
    )
    FIELDS = (
        "TransactionalId string 4+",
        "TopicResults []AddPartitionsToTxnTopicResult 4+",
    )

    def __init__(
        self,
        transactional_id: str = "",
        topic_results: list[AddPartitionsToTxnTopicResult] = DEFAULT,
    ) -> None:
        self.transactional_id = transactional_id
        self.topic_results = [] if topic_results is DEFAULT else topic_results


class AddPartitionsToTxnResponse(Message):
    """Response, versions 0 to 5."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "results_by_transaction",
        "results_by_topic_v3_and_below",
    )
    API_KEY = 24
    MIN_VERSION = 0
    MAX_VERSION = 5
    FLEXIBLE_VERSION = 3
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 4+ ignorable",
        "ResultsByTransaction []AddPartitionsToTxnResult 4+",
        "ResultsByTopicV3AndBelow []AddPartitionsToTxnTopicResult 0-3",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        results_by_transaction: list[AddPartitionsToTxnResult] = DEFAULT,
        results_by_topic_v3_and_below: list[AddPartitionsToTxnTopicResult] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.results_by_transaction = [] if results_by_transaction is DEFAULT else results_by_transaction
        self.results_by_topic_v3_and_below = (
            [] if results_by_topic_v3_and_below is DEFAULT else results_by_topic_v3_and_below
        )
