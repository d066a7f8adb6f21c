"""Forms of OffsetCommit requests for the same partitions: generation, offsets and leader epochs are all that differs.

See kwire.protocol.forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kwire.protocol import frames
from kwire.protocol.frames import RequestHeader
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from kwire.protocol.number_form import NumberForm

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FORMS: Final = 16
"""So many are made for a connection, each of about 2 KB, of which one of each length is kept."""

MAX_FORM_BYTES: Final = 4096
"""Longer requests are decoded."""

_FIRST_WITH_LEADER_EPOCH = 6
_NO_LEADER_EPOCH = -1


class CommitForm:
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
            segments = frames.encode_response(api_key, version, correlation_id, self._usual_response())
            return b"".join(segments)  # type: ignore[arg-type]

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


class CommitForms:
    """The forms of one connection, by the length of their frames."""

    __slots__ = ("_forms", "_made")

    def __init__(self) -> None:
        self._forms: dict[int, CommitForm] = {}
        self._made = 0

    def learn(self, frame: bytearray, header: RequestHeader, request: OffsetCommitRequest) -> None:
        """Requests like this one, which the frame holds, have a form from now on, unless there were too many."""
        if self._made == MAX_FORMS or len(frame) > MAX_FORM_BYTES:
            return
        self._made += 1
        form = CommitForm(header, request)
        if form.read(frame) is not None:
            self._forms[len(frame)] = form

    def find(self, frame: bytearray) -> CommitForm | None:
        """The form of requests of this length."""
        return self._forms.get(len(frame))
