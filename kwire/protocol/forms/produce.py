"""Forms of Produce requests for one partition, which differ in their correlation id and their records only.

See kwire.protocol.forms.
"""

from __future__ import annotations

import struct

from kwire.limits import MAX_PRODUCE_FORM_BYTES, MAX_PRODUCE_FORMS
from kwire.protocol import frames
from kwire.protocol.errors import ProtocolError
from kwire.protocol.forms.number import NumberForm
from kwire.protocol.frames import RequestHeader
from kwire.protocol.messages.produce import (
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
    TopicProduceResponse,
)
from kwire.protocol.wire import read_uvarint

_FIRST_WITH_LOG_START = 5

_get_int32 = struct.Struct(">i").unpack_from
_api = struct.Struct(">hh")
_CORRELATION_ID = 4
_AFTER_CORRELATION_ID = 8
_NO_TAGS = bytes(3)
"""Behind the records of a flexible version: neither the partition nor the topic nor the request has tagged fields."""


class ProduceForm:
    """What a connection's requests for one partition have in common, from (header, request) of one of them."""

    __slots__ = ("_api_version", "_client_id", "_end", "_flexible", "_reply", "_values", "api", "shared")

    def __init__(self, header: RequestHeader, request: ProduceRequest) -> None:
        version = header.api_version
        topic = request.topic_data[0]
        index = topic.partition_data[0].index
        self._api_version = version
        self._client_id = header.client_id
        self._flexible = version >= ProduceRequest.FLEXIBLE_VERSION
        self._values = request.transactional_id, request.acks, request.timeout_ms, topic.name, topic.topic_id, index
        whole = frames.encode_request(header.api_key, version, 0, header.client_id, self._request(b""))
        self._end = len(whole) - frames.SIZE_BYTES - (1 + len(_NO_TAGS) if self._flexible else 4)
        self.api = _api.pack(header.api_key, version)
        self.shared = whole[frames.SIZE_BYTES + _AFTER_CORRELATION_ID : frames.SIZE_BYTES + self._end]
        self._reply = _ReplyForm(header, topic, index)

    def _request(self, records: memoryview | bytes) -> ProduceRequest:
        transactional_id, acks, timeout_ms, name, topic_id, index = self._values
        partition = PartitionProduceData(index, records)
        return ProduceRequest(transactional_id, acks, timeout_ms, [TopicProduceData(name, topic_id, [partition])])

    def read(self, frame: bytearray) -> tuple[RequestHeader, ProduceRequest] | None:
        """What a frame with these shared bytes says, None where it goes on in another way."""
        offset = self._end
        try:
            if self._flexible:
                size, offset = read_uvarint(frame, offset)
                end = offset + size - 1
                if not size or frame[end:] != _NO_TAGS:
                    return None
            else:
                end = offset + 4 + _get_int32(frame, offset)[0]
                offset += 4
                if not offset <= end == len(frame):
                    return None
        except (ProtocolError, struct.error):
            return None
        header = RequestHeader(0, self._api_version, _get_int32(frame, _CORRELATION_ID)[0], self._client_id, 0)
        return header, self._request(memoryview(frame)[offset:end])

    def encode_response(self, correlation_id: int, response: ProduceResponse) -> bytes | None:
        """The whole reply, its size first; None where it is not the usual one, without an error."""
        return self._reply.encode(correlation_id, response)


class _ReplyForm:
    """A reply without errors: its correlation id, the offsets and the time are all that differs."""

    __slots__ = ("_log_start", "_numbers")

    def __init__(self, header: RequestHeader, topic: TopicProduceData, index: int) -> None:
        def encode(correlation_id: int, base_offset: int, append_time_ms: int, log_start_offset: int = -1) -> bytes:
            row = PartitionProduceResponse(index, 0, base_offset, append_time_ms, log_start_offset)
            response = ProduceResponse([TopicProduceResponse(topic.name, topic.topic_id, [row])])
            return frames.encode_whole_response(header.api_key, header.api_version, correlation_id, response)

        self._log_start = header.api_version >= _FIRST_WITH_LOG_START
        self._numbers = NumberForm(encode, "iqqq" if self._log_start else "iqq")

    def encode(self, correlation_id: int, response: ProduceResponse) -> bytes | None:
        """The reply, None where it does not have this form."""
        row = response.responses[0].partition_responses[0]
        if row.error_code or row.record_errors or row.error_message is not None or response.throttle_time_ms:
            return None
        if self._log_start:
            return self._numbers.pack(correlation_id, row.base_offset, row.log_append_time_ms, row.log_start_offset)
        return self._numbers.pack(correlation_id, row.base_offset, row.log_append_time_ms)


class ProduceForms:
    """The forms of one connection."""

    __slots__ = ("_ends", "_forms", "_last", "_tried")

    def __init__(self) -> None:
        self._forms: dict[bytes, ProduceForm] = {}
        self._ends: list[int] = []
        self._last: ProduceForm | None = None
        self._tried = 0

    def learn(self, frame: bytearray, header: RequestHeader, request: ProduceRequest) -> None:
        """Requests like this one, which the frame holds, have a form from now on, unless there are too many."""
        if (
            self._tried == MAX_PRODUCE_FORMS
            or len(request.topic_data) != 1
            or len(request.topic_data[0].partition_data) != 1
        ):
            return
        self._tried += 1
        form = ProduceForm(header, request)
        if len(form.shared) <= MAX_PRODUCE_FORM_BYTES and frame.startswith(form.shared, _AFTER_CORRELATION_ID):
            self._forms[form.api + form.shared] = form
            end = _AFTER_CORRELATION_ID + len(form.shared)
            if end not in self._ends:
                self._ends.append(end)

    def find(self, frame: bytearray) -> ProduceForm | None:
        """The form whose bytes the frame begins with."""
        form = self._last
        if form is not None and frame.startswith(form.shared, _AFTER_CORRELATION_ID) and frame.startswith(form.api):
            return form
        for end in self._ends:
            form = self._forms.get(bytes(frame[:4] + frame[_AFTER_CORRELATION_ID:end]))
            if form is not None:
                self._last = form
                return form
        return None
