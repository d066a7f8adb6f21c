"""ElectLeaders (key 43), versions 0-2.

A partition is always led by the first of its replicas that runs, so nobody is ever elected, and each row tells why:
ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE or ELIGIBLE_LEADERS_NOT_AVAILABLE. timeout_ms never counts.

Versions
    0   preferred leaders (KIP-183)
    1   the kind of election, an error for the whole reply (KIP-460)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.protocol.errors import ApiError, ErrorCode
from kwire.protocol.messages.elect_leaders import ElectLeadersResponse, PartitionResult, ReplicaElectionResult

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.broker.controller import Controller
    from kwire.protocol.messages.elect_leaders import ElectLeadersRequest

PREFERRED = 0
UNCLEAN = 1
"""Election types."""


async def handle(request: ElectLeadersRequest, context: RequestContext) -> ElectLeadersResponse:
    """A row for each partition asked for; where all are, those that have the leader they should have are left out."""
    cluster = context.cluster
    response = ElectLeadersResponse()
    kind = request.election_type
    if request.topic_partitions == []:
        return response
    if kind not in {PREFERRED, UNCLEAN}:
        unknown = ApiError(ErrorCode.INVALID_REQUEST, f"Unknown election type {kind}")
        response.error_code = unknown.code
        for asked in request.topic_partitions or []:
            rows = [_row(index, unknown) for index in asked.partitions]
            response.replica_election_results.append(ReplicaElectionResult(asked.topic, rows))
    elif request.topic_partitions is not None:
        for asked in request.topic_partitions:
            rows = [_row(index, _outcome(cluster.controller, asked.topic, index, kind)) for index in asked.partitions]
            response.replica_election_results.append(ReplicaElectionResult(asked.topic, rows))
    else:
        for topic in cluster.image.topics.values():
            indexes = range(len(topic.partitions))
            rows = [_row(index, _outcome(cluster.controller, topic.name, index, kind)) for index in indexes]
            rows = [row for row in rows if row.error_code != ErrorCode.ELECTION_NOT_NEEDED]
            response.replica_election_results.append(ReplicaElectionResult(topic.name, rows))
    return response


def _outcome(controller: Controller, topic: str, index: int, kind: int) -> ApiError:
    return controller.why_no_election(topic, index, unclean=kind == UNCLEAN)


def _row(index: int, error: ApiError) -> PartitionResult:
    return PartitionResult(partition_id=index, error_code=error.code, error_message=error.message)
