"""The table of what is supported: every API that kwire answers, and the versions that it announces.

Versions are those that Apache Kafka 4.4 announces. An API's handler, `kwire.api.<name>.handle`, is imported with the
first request for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from kwire.protocol.api_keys import ApiKey, api_info

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from kwire.api.context import RequestContext
    from kwire.protocol.forms import Forms
    from kwire.protocol.schema import Message

    Handler = Callable[[Any, RequestContext], Awaitable[Message | None] | Message | None]
    """Gives the response, or a coroutine, not begun yet, that gives it."""


FINDING: Final = frozenset(
    {
        *(ApiKey.API_VERSIONS, ApiKey.SASL_HANDSHAKE, ApiKey.METADATA, ApiKey.FIND_COORDINATOR),
        *(ApiKey.DESCRIBE_CLUSTER, ApiKey.DESCRIBE_TOPIC_PARTITIONS),
    }
)
"""What clients ask, wherever they are connected, to find out where else to go."""

FORMED: Final = frozenset({ApiKey.PRODUCE, ApiKey.OFFSET_COMMIT})
"""What clients ask again and again in almost the same bytes (kwire.protocol.forms)."""


class Api:
    """One supported API.

    min_version to max_version are answered; announced_min_version may be lower, to please a client. is_work: clients
    ask for it on connections to the addresses that they were told. has_forms: its requests are alike, see new_forms.
    """

    __slots__ = (
        "_handle",
        "announced_min_version",
        "has_forms",
        "is_work",
        "key",
        "max_version",
        "min_version",
        "stem",
    )

    def __init__(
        self, key: ApiKey, min_version: int, max_version: int, announced_min_version: int | None = None
    ) -> None:
        self.key = key
        self.min_version = min_version
        self.max_version = max_version
        self.announced_min_version = min_version if announced_min_version is None else announced_min_version
        self.is_work = key not in FINDING
        self.has_forms = key in FORMED
        self.stem = key.name.lower()
        self._handle: Handler | None = None

    @property
    def name(self) -> str:
        """The API's name as Kafka spells it."""
        return api_info(self.key).name

    @property
    def handle(self) -> Handler:
        """The handler, imported now if it was not.

        A module's `answer` comes before its `handle`: a plain function, which without a coroutine, in whichever task
        it is called, answers what nobody has to wait for.
        """
        if self._handle is None:
            module = import_module(f"kwire.api.{self.stem}")
            self._handle = getattr(module, "answer", module.handle)
        return self._handle

    def new_forms(self) -> Forms:
        """No forms yet, of an API that has them: kwire.protocol.forms.<stem>, imported now if it was not."""
        module = import_module(f"kwire.protocol.forms.{self.stem}")
        return cast("Forms", getattr(module, f"{self.name}Forms")())

    @property
    def is_loaded(self) -> bool:
        """Whether the handler is imported."""
        return self._handle is not None


def _table(apis: Iterable[Api]) -> dict[int, Api]:
    return {int(api.key): api for api in apis}


APIS: Final = _table(
    (
        # librdkafka takes a broker without Produce v0 for one that cannot compress (KAFKA-18659)
        Api(ApiKey.PRODUCE, 3, 13, announced_min_version=0),
        Api(ApiKey.FETCH, 4, 18),
        Api(ApiKey.LIST_OFFSETS, 1, 11),
        Api(ApiKey.METADATA, 0, 13),
        Api(ApiKey.OFFSET_COMMIT, 2, 10),
        Api(ApiKey.OFFSET_FETCH, 1, 10),
        Api(ApiKey.FIND_COORDINATOR, 0, 6),
        Api(ApiKey.JOIN_GROUP, 0, 9),
        Api(ApiKey.HEARTBEAT, 0, 4),
        Api(ApiKey.LEAVE_GROUP, 0, 5),
        Api(ApiKey.SYNC_GROUP, 0, 5),
        Api(ApiKey.DESCRIBE_GROUPS, 0, 6),
        Api(ApiKey.LIST_GROUPS, 0, 5),
        Api(ApiKey.SASL_HANDSHAKE, 0, 1),
        Api(ApiKey.API_VERSIONS, 0, 5),
        Api(ApiKey.CREATE_TOPICS, 2, 7),
        Api(ApiKey.DELETE_TOPICS, 1, 6),
        Api(ApiKey.DELETE_RECORDS, 0, 2),
        Api(ApiKey.INIT_PRODUCER_ID, 0, 5),
        Api(ApiKey.OFFSET_FOR_LEADER_EPOCH, 2, 4),
        Api(ApiKey.DESCRIBE_CONFIGS, 1, 4),
        Api(ApiKey.ALTER_CONFIGS, 0, 2),
        Api(ApiKey.ALTER_REPLICA_LOG_DIRS, 1, 2),
        Api(ApiKey.DESCRIBE_LOG_DIRS, 1, 5),
        Api(ApiKey.CREATE_PARTITIONS, 0, 3),
        Api(ApiKey.DELETE_GROUPS, 0, 3),
        Api(ApiKey.ELECT_LEADERS, 0, 2),
        Api(ApiKey.INCREMENTAL_ALTER_CONFIGS, 0, 1),
        Api(ApiKey.ALTER_PARTITION_REASSIGNMENTS, 0, 1),
        Api(ApiKey.LIST_PARTITION_REASSIGNMENTS, 0, 0),
        Api(ApiKey.OFFSET_DELETE, 0, 0),
        Api(ApiKey.DESCRIBE_QUORUM, 0, 2),
        Api(ApiKey.DESCRIBE_CLUSTER, 0, 2),
        Api(ApiKey.DESCRIBE_PRODUCERS, 0, 0),
        Api(ApiKey.UNREGISTER_BROKER, 0, 0),
        Api(ApiKey.CONSUMER_GROUP_HEARTBEAT, 0, 1),
        Api(ApiKey.CONSUMER_GROUP_DESCRIBE, 0, 1),
        Api(ApiKey.LIST_CONFIG_RESOURCES, 0, 1),
        Api(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, 0),
    )
)


def find(api_key: int, api_version: int) -> Api | None:
    """The API, if that version of it is supported."""
    api = APIS.get(api_key)
    return api if api is not None and api.min_version <= api_version <= api.max_version else None
