"""Errors of the client; each message is one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.protocol.errors import RETRIABLE, ErrorCode

if TYPE_CHECKING:
    from kwire.client.values import Address


class ClientError(Exception):
    """A request failed; the message is one sentence.

    passes: whether a retry may succeed. address: of the broker concerned, None if the error concerns no single broker.
    """

    passes = False
    address: Address | None = None

    def __str__(self) -> str:
        return self.why if self.address is None else f"{self.address}: {self.why}"

    @property
    def why(self) -> str:
        """The message without the address."""
        return super().__str__()


class Unreachable(ClientError):  # noqa: N818 - what happened
    """A broker refused the connection, closed it, or did not answer in time."""

    passes = True


class HungUp(Unreachable):
    """The peer, which may not be a Kafka broker, closed the connection on the first request."""


class NotUnderstood(ClientError):  # noqa: N818 - what happened
    """The peer is not a Kafka broker, or does not know the request."""


class NotLetIn(ClientError):  # noqa: N818 - what happened
    """Authentication failed, on the broker's side or on this one."""


class NoBroker(ClientError):  # noqa: N818 - what happened
    """No bootstrap server could be used.

    reasons: the error of each server, by the server's text as given. unfit: the first server that accepted a
    connection and failed later, None without one.
    """

    def __init__(self, reasons: dict[str, ClientError]) -> None:
        super().__init__("; ".join(f"{server}: {reason.why}" for server, reason in reasons.items()))
        self.reasons = reasons
        self.unfit = next((server for server, reason in reasons.items() if type(reason) is not Unreachable), None)


class Refused(ClientError):  # noqa: N818 - what happened
    """The broker answered with an error code. about: the topic, group or partition concerned; begins the message."""

    def __init__(self, code: int, message: str | None = None, about: str = "") -> None:
        super().__init__(f"{about}: {sentence(code, message)}" if about else sentence(code, message))
        self.code = code
        self.message = message

    @property
    def passes(self) -> bool:  # type: ignore[override] # of each error its own
        """Whether Kafka calls the error retriable."""
        return self.code in RETRIABLE


def sentence(code: int, message: str | None = None) -> str:
    """Describe a broker's error code in one line. message: the broker's own text, used if there is one."""
    try:
        known = ErrorCode(code)
    except ValueError:
        return f"error {code}: {_one_line(message)}".removesuffix(": ")
    text = _one_line(message) or MEANINGS.get(known, "")
    return f"{known.name}: {text}".removesuffix(": ")


def raise_for(code: int, message: str | None = None, about: str = "") -> None:
    """Raise an error for any code but 0.

    Raises:
        Refused: the code is not 0.
    """
    if code:
        raise Refused(code, message, about)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


MEANINGS: Final = {
    ErrorCode.UNKNOWN_SERVER_ERROR: "The broker failed; its log says why.",
    ErrorCode.OFFSET_OUT_OF_RANGE: "The partition has no such offset.",
    ErrorCode.CORRUPT_MESSAGE: "The records arrived damaged.",
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: "There is no such topic or partition.",
    ErrorCode.LEADER_NOT_AVAILABLE: "The partition has no leader at the moment.",
    ErrorCode.NOT_LEADER_OR_FOLLOWER: "Another broker leads the partition.",
    ErrorCode.REQUEST_TIMED_OUT: "The brokers did not agree in time.",
    ErrorCode.MESSAGE_TOO_LARGE: "It is larger than the topic's max.message.bytes allows.",
    ErrorCode.RECORD_LIST_TOO_LARGE: "It is larger than the topic's segment.bytes allows.",
    ErrorCode.OFFSET_METADATA_TOO_LARGE: "The metadata beside the offset is too large.",
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS: "The group's coordinator is still loading it.",
    ErrorCode.COORDINATOR_NOT_AVAILABLE: "The group has no coordinator at the moment.",
    ErrorCode.NOT_COORDINATOR: "Another broker coordinates the group.",
    ErrorCode.INVALID_TOPIC_EXCEPTION: "The topic's name is not allowed.",
    ErrorCode.NOT_ENOUGH_REPLICAS: "Fewer replicas are in sync than min.insync.replicas asks for.",
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND: "Fewer replicas are in sync than min.insync.replicas asks for.",
    ErrorCode.INVALID_REQUIRED_ACKS: "acks is 0, 1 or all.",
    ErrorCode.ILLEGAL_GENERATION: "The group has gone on without this member.",
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL: "The group's members speak another protocol.",
    ErrorCode.INVALID_GROUP_ID: "The group's name is not allowed.",
    ErrorCode.UNKNOWN_MEMBER_ID: "The group does not know this member.",
    ErrorCode.INVALID_SESSION_TIMEOUT: "The broker does not allow this session.timeout.ms.",
    ErrorCode.REBALANCE_IN_PROGRESS: "The group is being rebalanced.",
    ErrorCode.TOPIC_AUTHORIZATION_FAILED: "This client may not do that to the topic.",
    ErrorCode.GROUP_AUTHORIZATION_FAILED: "This client may not do that to the group.",
    ErrorCode.CLUSTER_AUTHORIZATION_FAILED: "This client may not do that to the cluster.",
    ErrorCode.INVALID_TIMESTAMP: "The timestamp is further from the broker's clock than the topic allows.",
    ErrorCode.UNSUPPORTED_SASL_MECHANISM: "The broker does not offer this SASL mechanism.",
    ErrorCode.ILLEGAL_SASL_STATE: "The broker does not expect SASL here.",
    ErrorCode.UNSUPPORTED_VERSION: "The broker does not know this version of the request.",
    ErrorCode.TOPIC_ALREADY_EXISTS: "There is a topic of this name already.",
    ErrorCode.INVALID_PARTITIONS: "The number of partitions is not allowed.",
    ErrorCode.INVALID_REPLICATION_FACTOR: "The number of replicas is not allowed.",
    ErrorCode.INVALID_CONFIG: "The config is not allowed.",
    ErrorCode.NOT_CONTROLLER: "Another broker is the controller.",
    ErrorCode.INVALID_REQUEST: "The broker takes this for a mistake of the client.",
    ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT: "The topic's message format is too old for this.",
    ErrorCode.POLICY_VIOLATION: "A policy of the broker forbids it.",
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER: "Records before these are missing.",
    ErrorCode.INVALID_PRODUCER_EPOCH: "The broker knows a newer producer of this id.",
    ErrorCode.KAFKA_STORAGE_ERROR: "The broker's disk failed.",
    ErrorCode.SASL_AUTHENTICATION_FAILED: "The user or the password is wrong.",
    ErrorCode.NON_EMPTY_GROUP: "The group has members.",
    ErrorCode.GROUP_ID_NOT_FOUND: "There is no such group.",
    ErrorCode.TOPIC_DELETION_DISABLED: "The brokers do not delete topics.",
    ErrorCode.FENCED_INSTANCE_ID: "Another member has this group.instance.id.",
    ErrorCode.GROUP_MAX_SIZE_REACHED: "The group is full.",
    ErrorCode.INVALID_RECORD: "The broker does not take the record.",
    ErrorCode.THROTTLING_QUOTA_EXCEEDED: "A quota is used up.",
    ErrorCode.UNSUPPORTED_ASSIGNOR: "The broker does not have this assignor.",
    ErrorCode.UNRELEASED_INSTANCE_ID: "Another member still has this group.instance.id.",
}
"""Used where the broker sends no message of its own."""
