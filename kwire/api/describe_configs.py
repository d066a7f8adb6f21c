"""DescribeConfigs (key 32), versions 1-4.

Describe every config of a topic, a broker, a group or a client metrics subscription, with its value and the value's
source; and the levels of a broker's loggers. A broker answers for itself, and under the empty name for the dynamic
configs of the whole cluster.

Versions
    1   sources and synonyms (KIP-226)
    3   types and documentation (KIP-569)
"""

from __future__ import annotations

from itertools import dropwhile
from types import MappingProxyType
from typing import TYPE_CHECKING

from kwire.api.turns import LongReply
from kwire.broker import loggers
from kwire.broker.config_definitions import definitions, find, parse_integer
from kwire.broker.config_documentation import documentation
from kwire.broker.configs import BROKER_SYNONYMS, TOPIC_SYNONYMS, topic_defaults
from kwire.broker.resources import BROKER, BROKER_LOGGER, CLIENT_METRICS, CLUSTER_DEFAULT, GROUP, TOPIC
from kwire.broker.topic_names import why_invalid
from kwire.protocol.errors import MALFORMED_REQUEST, ApiError, ErrorCode
from kwire.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from kwire.api.context import RequestContext
    from kwire.protocol.messages.describe_configs import DescribeConfigsResource

TOPIC_CONFIG = 1
DYNAMIC_BROKER_CONFIG = 2
DYNAMIC_DEFAULT_BROKER_CONFIG = 3
STATIC_BROKER_CONFIG = 4
DEFAULT_CONFIG = 5
DYNAMIC_BROKER_LOGGER_CONFIG = 6
CLIENT_METRICS_CONFIG = 7
GROUP_CONFIG = 8
"""Where a value comes from, as the reply numbers it."""

TYPES = {
    "BOOLEAN": 1,
    "STRING": 2,
    "INT": 3,
    "SHORT": 4,
    "LONG": 5,
    "DOUBLE": 6,
    "LIST": 7,
    "CLASS": 8,
    "PASSWORD": 9,
}
UNKNOWN_TYPE = 0

Synonym = tuple[str, str, int]
"""A config's name, text and source; those of one setting stand in order of precedence."""

Rows = list[DescribeConfigsResourceResult]


async def handle(request: DescribeConfigsRequest, context: RequestContext) -> DescribeConfigsResponse:
    """Answer with one row for each resource, with the configs asked for or an error.

    Raises:
        CloseConnection: the configs would be too many.
    """
    for resource in request.resources:
        if resource.resource_type not in {TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP}:
            error = ApiError(ErrorCode.INVALID_REQUEST, MALFORMED_REQUEST)
            return DescribeConfigsResponse(results=[_failed(each, error) for each in request.resources])
    description = _Description(request, context)
    reply = LongReply("DescribeConfigs", context.cluster.env)
    response = DescribeConfigsResponse()
    for resource in request.resources:
        result = _result(resource, description)
        response.results.append(result)
        await reply.add(len(result.configs))
    return response


def describe_topic(overrides: Mapping[str, str], context: RequestContext) -> Rows:
    """Return one row for each config of a new topic with these overrides, with the values as written."""
    return _Description(DescribeConfigsRequest(), context).topic_rows(overrides, as_stored=True)


def _failed(resource: DescribeConfigsResource, error: ApiError) -> DescribeConfigsResult:
    return DescribeConfigsResult(
        error_code=error.code,
        error_message=error.message,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
    )


def _result(resource: DescribeConfigsResource, description: _Description) -> DescribeConfigsResult:
    try:
        rows = description.of(resource.resource_type, resource.resource_name)
    except ApiError as error:
        return _failed(resource, error)
    wanted = set(resource.configuration_keys or ())
    return DescribeConfigsResult(
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
        configs=[row for row in rows if not wanted or row.name in wanted],
    )


class _Description:
    """Describes the resources of one request. Do not change the rows: several resources may share them."""

    def __init__(self, request: DescribeConfigsRequest, context: RequestContext) -> None:
        cluster = context.cluster
        self._node_id = context.broker.node_id
        self._image = cluster.image
        self._configs = cluster.configs
        self._with_synonyms = request.include_synonyms
        self._with_documentation = request.include_documentation
        self._told: dict[Hashable, Rows] = {}
        """Rows by their maker and its texts: most topics and groups have no configs of their own, and share them."""

    def of(self, resource_type: int, name: str) -> Rows:
        """One row for each config of the resource, by name.

        Raises:
            ApiError: there is no such resource here.
        """
        if resource_type == TOPIC:
            return self._topic(name)
        if resource_type == BROKER:
            return self._once(self._cluster_default) if name == CLUSTER_DEFAULT else self._broker(name)
        if resource_type == CLIENT_METRICS:
            return self._client_metrics(name)
        if resource_type == BROKER_LOGGER:
            return self._loggers(name)
        return self._group(name)

    def _once(self, make: Callable[[Mapping[str, str]], Rows], texts: Mapping[str, str] = MappingProxyType({})) -> Rows:
        """Return what make returns for these texts; call it only once for the same ones."""
        key = make, frozenset(texts.items())
        if key not in self._told:
            self._told[key] = make(texts)
        return self._told[key]

    def _topic(self, topic: str) -> Rows:
        wrong = why_invalid(topic)
        if wrong is not None:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, wrong)
        if self._image.topic(topic) is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "")
        return self._once(self.topic_rows, self._image.configs.get((TOPIC, topic), {}))

    def topic_rows(self, overrides: Mapping[str, str], *, as_stored: bool = False) -> Rows:
        """One row for each config of a topic with these overrides, by name."""
        node_id = self._configs.sole_broker()
        texts = topic_defaults(self._configs.broker_texts(node_id)) | dict(overrides)
        rows = []
        for name in self._names(TOPIC, overrides):
            synonyms = self._own(TOPIC, name, overrides, TOPIC_CONFIG)
            if name in TOPIC_SYNONYMS:
                synonyms += self._broker_synonyms(TOPIC_SYNONYMS[name][0][0], node_id)
            rows.append(self._row(TOPIC, name, texts.get(name), synonyms, as_stored=as_stored))
        return rows

    def _broker(self, broker: str) -> Rows:
        self._check_broker(broker, f"{self._node_id} or empty string,")
        return self._once(self._broker_rows)

    def _broker_rows(self, _: Mapping[str, str]) -> Rows:
        texts = self._configs.broker_texts(self._node_id)
        return [
            self._row(BROKER, name, texts.get(name), self._broker_synonyms(name, self._node_id))
            for name in self._names(BROKER, texts)
        ]

    def _check_broker(self, broker: str, expected: str) -> None:
        named = parse_integer(broker)
        if named is None:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {broker}")
        if named != self._node_id:
            raise ApiError(
                ErrorCode.INVALID_REQUEST, f"Unexpected broker id, expected {expected} but received {broker}"
            )

    def _loggers(self, broker: str) -> Rows:
        if not broker:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
        self._check_broker(broker, str(self._node_id))
        return self._once(self._logger_rows)

    def _logger_rows(self, _: Mapping[str, str]) -> Rows:
        return [
            DescribeConfigsResourceResult(
                name=name, value=level, config_source=DYNAMIC_BROKER_LOGGER_CONFIG, documentation=""
            )
            for name, level in loggers.levels().items()
        ]

    def _cluster_default(self, _: Mapping[str, str]) -> Rows:
        texts = self._image.configs.get((BROKER, CLUSTER_DEFAULT), {})
        return [
            self._row(BROKER, name, text, [(name, text, DYNAMIC_DEFAULT_BROKER_CONFIG)], as_stored=True)
            for name, text in sorted(texts.items())
        ]

    def _group(self, group_id: str) -> Rows:
        if not group_id:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Group name must not be empty")
        return self._once(self._group_rows, self._image.configs.get((GROUP, group_id), {}))

    def _group_rows(self, own: Mapping[str, str]) -> Rows:
        node_id = self._configs.sole_broker()
        brokers = self._configs.broker_texts(node_id)
        rows = []
        for name in self._names(GROUP, own):
            synonyms = self._own(GROUP, name, own, GROUP_CONFIG)
            broker_name = "group.streams.assignors" if name == "streams.assignor.name" else f"group.{name}"
            default = find(BROKER, broker_name)
            text = own.get(name)
            if default is None:
                synonyms += self._defaults(GROUP, name)
            else:
                synonyms += self._broker_synonyms(broker_name, node_id)
                if text is None:
                    text = brokers.get(broker_name, default.default)
                    if name == "streams.assignor.name" and text is not None:
                        text = text.partition(",")[0]
            rows.append(self._row(GROUP, name, text, synonyms))
        return rows

    def _client_metrics(self, subscription: str) -> Rows:
        if not subscription:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")
        return self._once(self._client_metrics_rows, self._image.configs.get((CLIENT_METRICS, subscription), {}))

    def _client_metrics_rows(self, own: Mapping[str, str]) -> Rows:
        return [
            self._row(CLIENT_METRICS, name, own.get(name), self._own(CLIENT_METRICS, name, own, CLIENT_METRICS_CONFIG))
            for name in self._names(CLIENT_METRICS, own)
        ]

    @staticmethod
    def _names(resource_type: int, texts: Mapping[str, str]) -> list[str]:
        """All configs that are shown: internal ones only where they are set, and names that nobody defined."""
        shown = {each.name for each in definitions(resource_type).values() if not each.internal}
        return sorted(shown | texts.keys())

    @staticmethod
    def _own(resource_type: int, name: str, texts: Mapping[str, str], source: int) -> list[Synonym]:
        if name not in texts:
            return []
        definition = find(resource_type, name)
        text = texts[name]
        return [(name, text if definition is None else definition.canonical(text), source)]

    @staticmethod
    def _defaults(resource_type: int, name: str) -> list[Synonym]:
        definition = find(resource_type, name)
        if definition is None or definition.default is None:
            return []
        return [(name, definition.default, DEFAULT_CONFIG)]

    def _broker_synonyms(self, name: str, node_id: int | None) -> list[Synonym]:
        """Every value that the setting has at a broker, and its default.

        Those before the first one of this very name stand under other names of the setting: Kafka leaves them out.
        """
        dynamic = self._image.configs
        layers = (
            (dynamic.get((BROKER, str(node_id)), {}), DYNAMIC_BROKER_CONFIG),
            (dynamic.get((BROKER, CLUSTER_DEFAULT), {}), DYNAMIC_DEFAULT_BROKER_CONFIG),
            (self._configs.static_texts(node_id), STATIC_BROKER_CONFIG),
        )
        names = BROKER_SYNONYMS.get(name, (name,))
        found = [(each, texts[each], source) for texts, source in layers for each in names if each in texts]
        found += [default for each in names for default in self._defaults(BROKER, each)]
        return list(dropwhile(lambda synonym: synonym[0] != name, found))

    def _row(
        self, resource_type: int, name: str, text: str | None, synonyms: list[Synonym], *, as_stored: bool = False
    ) -> DescribeConfigsResourceResult:
        """Make the config's row. text: None if it is not set. as_stored: show the text as written, not canonical."""
        definition = find(resource_type, name)
        sensitive = definition is None or definition.sensitive
        value = None
        if definition is not None and not sensitive:
            text = definition.default if text is None else text
            value = text if text is None or as_stored else definition.canonical(text)
        return DescribeConfigsResourceResult(
            name=name,
            value=value,
            read_only=resource_type == BROKER
            and not (definition and definition.name == name and definition.update_mode),
            config_source=synonyms[0][2] if synonyms else DEFAULT_CONFIG,
            is_sensitive=sensitive,
            synonyms=[
                DescribeConfigsSynonym(name=each, value=None if sensitive else shown, source=source)
                for each, shown, source in (synonyms if self._with_synonyms else [])
            ],
            config_type=UNKNOWN_TYPE if definition is None else TYPES[definition.type],
            documentation=documentation(resource_type, name) if self._with_documentation else None,
        )
