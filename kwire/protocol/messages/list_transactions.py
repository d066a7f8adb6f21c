"""ListTransactions, API key 66.

Generated from protocol_specs/66_list_transactions.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class ListTransactionsRequest(Message):
    """Request, versions 0 to 2."""

    __slots__ = (
        "state_filters",
        "producer_id_filters",
        "duration_filter",
        "transactional_id_pattern",
    )
    API_KEY = 66
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "StateFilters []string 0+",
        "ProducerIdFilters []int64 0+",
        "DurationFilter int64 1+ = -1",
        "TransactionalIdPattern string 2+ nullable 2+ = null",
    )

    def __init__(
        self,
        state_filters: list[str] = DEFAULT,
        producer_id_filters: list[int] = DEFAULT,
        duration_filter: int = -1,
        transactional_id_pattern: str | None = None,
    ) -> None:
        self.state_filters = [] if state_filters is DEFAULT else state_filters
        self.producer_id_filters = [] if producer_id_filters is DEFAULT else producer_id_filters
        # milliseconds; -1: any
        self.duration_filter = duration_filter
        self.transactional_id_pattern = transactional_id_pattern


class TransactionState(Struct):
    """An element of ListTransactionsResponse.TransactionStates."""

    __slots__ = (
        "transactional_id",
        "producer_id",
        "transaction_state",
    )
    FIELDS = (
        "TransactionalId string 0+",
        "ProducerId int64 0+",
        "TransactionState string 0+",
    )

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        transaction_state: str = "",
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.transaction_state = transaction_state


class ListTransactionsResponse(Message):
    """Response, versions 0 to 2."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "unknown_state_filters",
        "transaction_states",
    )
    API_KEY = 66
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "UnknownStateFilters []string 0+",
        "TransactionStates []TransactionState 0+",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        unknown_state_filters: list[str] = DEFAULT,
        transaction_states: list[TransactionState] = DEFAULT,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.unknown_state_filters = [] if unknown_state_filters is DEFAULT else unknown_state_filters
        self.transaction_states = [] if transaction_states is DEFAULT else transaction_states
