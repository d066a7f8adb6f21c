"""From a frame to its reply: header, version check, body, handler, reply."""

from __future__ import annotations

import logging
from types import CoroutineType
from typing import TYPE_CHECKING, Any, cast

from kwire.api import registry
from kwire.api.context import CloseConnection, RequestContext
from kwire.limits import MAX_KEPT_QUESTION_BYTES
from kwire.protocol import codec, frames
from kwire.protocol.api_keys import ApiKey, api_info, request_class, response_class
from kwire.protocol.errors import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Hashable, Sequence

    from kwire.api.context import ConnectionInfo
    from kwire.api.registry import Api
    from kwire.cluster.broker import Broker
    from kwire.cluster.cluster import Cluster
    from kwire.protocol.forms import Form
    from kwire.protocol.frames import RequestHeader
    from kwire.protocol.messages.metadata import MetadataResponse
    from kwire.protocol.messages.produce import ProduceRequest
    from kwire.protocol.schema import Message


logger = logging.getLogger("kwire.server")


def answer(
    frame: bytearray, cluster: Cluster, broker: Broker, connection: ConnectionInfo
) -> Sequence[object] | Coroutine[Any, Any, Sequence[object]]:
    """The reply's segments, none if the request wants no reply; or a coroutine, not begun yet, that gives them.

    Raises:
        ProtocolError: the frame is no request that Kafka would understand.
        CloseConnection: the API or version is not supported, or the handler gives this connection up.
    """
    question: Hashable = None
    forms = connection.forms.get(frame[1]) if len(frame) > 1 else None
    form = None if forms is None else forms.find(frame)
    read = None if form is None else form.read(frame)
    api: Api | None
    request: Message
    if read is not None:
        header, request = read
        api = registry.APIS[header.api_key]
    else:
        form = None
        header = frames.decode_request_header(frame)
        api = registry.find(header.api_key, header.api_version)
        if api is None:
            return _answer_unsupported(header)
        if api.is_work:
            connection.works = True
        if api.key is ApiKey.METADATA and len(frame) <= MAX_KEPT_QUESTION_BYTES:
            question = header.api_version, bytes(frame[header.body_offset :]), connection.local[0], connection.listener
            kept = _kept_metadata(question, cluster, broker, connection)
            if kept is not None:
                return (kept[:4] + frame[4:8] + kept[8:],)  # with the correlation id of this one
        request = _decoded(frame, header, api)
    context = RequestContext(cluster, broker, connection, header.api_version, header.client_id)
    try:
        response = api.handle(request, context)
        if type(response) is CoroutineType:
            return _wait_answered(response, api, header, request, context)
        if form is None and api.has_forms:
            _learn(frame, header, request, connection, api)
        segments = _encoded(cast("Message | None", response), header, request, context, form)
        if question is not None:
            _keep_metadata(question, len(frame), cast("MetadataResponse", response), segments, context)
    except (CloseConnection, ProtocolError):
        raise
    except Exception:
        logger.exception("bug while answering %s v%s", api.name, header.api_version)
        return _answer_bug(api, header, request)
    return segments


def _kept_metadata(question: Hashable, cluster: Cluster, broker: Broker, connection: ConnectionInfo) -> bytes | None:
    """The reply that was sent to this question before, if nothing has changed since."""
    if cluster.observers:  # they want to see what is asked
        return None
    kept = broker.metadata_replies.find(cluster.image.version, question)
    if kept is not None and connection.on_told is not None:
        connection.on_told(connection)
    return kept


def _keep_metadata(
    question: Hashable,
    asked_bytes: int,
    response: MetadataResponse,
    segments: Sequence[object],
    context: RequestContext,
) -> None:
    if not response.error_code and not any(row.error_code for row in response.topics):
        reply = bytes(cast("memoryview", segments[0]))
        context.broker.metadata_replies.keep(context.cluster.image.version, question, asked_bytes, reply)


def _decoded(frame: bytearray, header: RequestHeader, api: Api) -> Message:
    try:
        return codec.decode(request_class(header.api_key), header.api_version, frame, header.body_offset)
    except ProtocolError as error:
        raise ProtocolError(f"{api.name} v{header.api_version} from client {header.client_id!r}: {error}") from error


def _learn(frame: bytearray, header: RequestHeader, request: Message, connection: ConnectionInfo, api: Api) -> None:
    """Further requests like this one need not be decoded, unless it is the first: a start has to be quick."""
    api_key = header.api_key
    if api_key not in connection.forms:
        connection.forms[api_key] = None
        return
    forms = connection.forms[api_key]
    if forms is None:
        forms = connection.forms[api_key] = api.new_forms()
    forms.learn(frame, header, request)


async def _wait_answered(
    work: Coroutine[Any, Any, Message | None],
    api: Api,
    header: RequestHeader,
    request: Message,
    context: RequestContext,
) -> Sequence[object]:
    """As answer, for a handler that may wait."""
    try:
        return _encoded(await work, header, request, context)
    except (CloseConnection, ProtocolError):
        raise
    except Exception:
        logger.exception("bug while answering %s v%s", api.name, header.api_version)
        return _answer_bug(api, header, request)


def _encoded(
    response: Message | None,
    header: RequestHeader,
    request: Message,
    context: RequestContext,
    form: Form | None = None,
) -> Sequence[object]:
    for observe in context.cluster.observers:
        observe(context, request, response)
    if response is None:
        return ()
    if form is not None:
        reply = form.encode_response(header.correlation_id, response)
        if reply is not None:
            return (reply,)
    return frames.encode_response(header.api_key, header.api_version, header.correlation_id, response)


def _answer_unsupported(header: RequestHeader) -> Sequence[object]:
    """ApiVersions is answered in version 0; anything else ends the connection, as Kafka does it."""
    if header.api_key != ApiKey.API_VERSIONS:
        raise CloseConnection(f"{_api_name(header.api_key)} v{header.api_version} is not supported")
    from kwire.api.api_versions import unsupported_version  # noqa: PLC0415 - handlers are imported when they are needed

    return frames.encode_response(ApiKey.API_VERSIONS, 0, header.correlation_id, unsupported_version())


def _answer_bug(api: Api, header: RequestHeader, request: Message) -> Sequence[object]:
    from kwire.api.error_response import error_response  # noqa: PLC0415 - hardly ever needed

    if api.key == ApiKey.PRODUCE and cast("ProduceRequest", request).acks == 0:
        raise CloseConnection("a bug while producing with acks=0, which has no reply to tell it")
    response = error_response(request, response_class(api.key), ErrorCode.UNKNOWN_SERVER_ERROR)
    return frames.encode_response(header.api_key, header.api_version, header.correlation_id, response)


def _api_name(api_key: int) -> str:
    try:
        return api_info(api_key).name
    except KeyError:
        return f"API {api_key}"
