"""Forms of OffsetCommit requests for the same partitions: generation, offsets and leader epochs are all that differs.

See kwire.protocol.forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.limits import MAX_OFFSET_COMMIT_FORM_BYTES, MAX_OFFSET_COMMIT_FORMS
from kwire.protocol import frames
from kwire.protocol.forms.number import NumberForm
from kwire.protocol.frames import RequestHeader
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


MAX_WAIT: Final = 1024
"""Requests that are decoded at most before the next form is made, however useless the forms before it were."""

_FIRST_WITH_LEADER_EPOCH = 6
_NO_LEADER_EPOCH = -1


class OffsetCommitForm:
    """What requests like this one have in common, and the replies to them that tell of no error."""

    __slots__ = ("_api_version", "_client_id", "_member", "_reply", "_request", "_step", "_topics")

    def __init__(self, header: RequestHeader, request: OffsetCommitRequest) -> None:
        api_key, version, client_id = header.api_key, header.api_version, header.client_id
        self._api_version = version
        self._client_id = client_id
        self._member = request.group_id, request.member_id, request.group_instance_id, request.retention_time_ms
        self._topics = [
            (topic.name, topic.topic_id, [(each.partition_index, each.committed_metadata) for each in topic.partitions])
            for topic in request.topics
        ]
        numbers = "qi" if version >= _FIRST_WITH_LEADER_EPOCH else "q"
        self._step = len(numbers)

        def encode_request(correlation_id: int, *numbers: int) -> bytes:
            whole = frames.encode_request(api_key, version, correlation_id, client_id, self._with(numbers))
            return whole[frames.SIZE_BYTES :]

        def encode_reply(correlation_id: int) -> bytes:
            return frames.encode_whole_response(api_key, version, correlation_id, self._usual_response())

        count = sum(len(partitions) for _, _, partitions in self._topics)
        self._request = NumberForm(encode_request, "ii" + numbers * count)
        self._reply = NumberForm(encode_reply, "i")

    def _with(self, numbers: Sequence[int]) -> OffsetCommitRequest:
        """The request with that generation, and for each partition these numbers."""
        at, step = 1, self._step
        topics = []
        for name, topic_id, partitions in self._topics:
            rows = []
            for index, metadata in partitions:
                leader_epoch = numbers[at + 1] if step > 1 else _NO_LEADER_EPOCH
                rows.append(OffsetCommitRequestPartition(index, numbers[at], leader_epoch, metadata))
                at += step
            topics.append(OffsetCommitRequestTopic(name, topic_id, rows))
        group_id, member_id, group_instance_id, retention_time_ms = self._member
        return OffsetCommitRequest(group_id, numbers[0], member_id, group_instance_id, retention_time_ms, topics)

    def _usual_response(self) -> OffsetCommitResponse:
        return OffsetCommitResponse(
            topics=[
                OffsetCommitResponseTopic(name, topic_id, [OffsetCommitResponsePartition(index) for index, _ in rows])
                for name, topic_id, rows in self._topics
            ]
        )

    def read(self, frame: bytearray) -> tuple[RequestHeader, OffsetCommitRequest] | None:
        """What the frame says, None where it is of another form."""
        numbers = self._request.unpack(frame)
        if numbers is None:
            return None
        header = RequestHeader(OffsetCommitRequest.API_KEY, self._api_version, numbers[0], self._client_id, 0)
        return header, self._with(numbers[1:])

    def encode_response(self, correlation_id: int, response: OffsetCommitResponse) -> bytes | None:
        """The whole reply, its size first; None where it tells of an error."""
        for topic in response.topics:
            for row in topic.partitions:
                if row.error_code:
                    return None
        return None if response.throttle_time_ms else self._reply.pack(correlation_id)


class OffsetCommitForms:
    """The forms of one connection, by the length of their frames."""

    __slots__ = ("_forms", "_missed", "_wait")

    def __init__(self) -> None:
        self._forms: dict[int, OffsetCommitForm] = {}
        self._missed = 0
        self._wait = 1

    def learn(self, frame: bytearray, header: RequestHeader, request: OffsetCommitRequest) -> None:
        """Requests like this one, which the frame holds, have a form from now on, unless many had to be made lately.

        Topics without partitions have none: they are not in the reply.
        """
        self._missed += 1
        if (
            self._missed < self._wait
            or len(frame) > MAX_OFFSET_COMMIT_FORM_BYTES
            or not all(row.partitions for row in request.topics)
        ):
            return
        self._missed = 0
        self._wait = min(2 * self._wait, MAX_WAIT)
        form = OffsetCommitForm(header, request)
        if form.read(frame) is not None:
            self._forms.pop(len(frame), None)
            self._forms[len(frame)] = form
            if len(self._forms) > MAX_OFFSET_COMMIT_FORMS:
                del self._forms[next(iter(self._forms))]

    def find(self, frame: bytearray) -> OffsetCommitForm | None:
        """The form of requests of this length."""
        return self._forms.get(len(frame))
