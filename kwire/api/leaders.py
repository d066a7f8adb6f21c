"""The current leader and its endpoint beside an error, so that a client need not ask for metadata first.

Source: KIP-951.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from kwire.broker.metadata import NO_LEADER

if TYPE_CHECKING:
    from kwire.api.context import RequestContext
    from kwire.broker.partition import Partition
    from kwire.protocol.messages import fetch, produce

    Row = produce.PartitionProduceResponse | fetch.PartitionData
    E = TypeVar("E", produce.NodeEndpoint, fetch.NodeEndpoint)


def note_leader(
    row: Row, endpoints: list[E], node_endpoint: type[E], partition: Partition, context: RequestContext
) -> None:
    """The row names the partition's leader, and endpoints, those of the response, tell where that broker is found."""
    image = partition.image
    row.current_leader.leader_id = image.leader
    row.current_leader.leader_epoch = image.leader_epoch
    if image.leader == NO_LEADER or any(endpoint.node_id == image.leader for endpoint in endpoints):
        return
    host, port = context.endpoint_for(image.leader)
    rack = context.cluster.image.brokers[image.leader].rack
    endpoints.append(node_endpoint(node_id=image.leader, host=host, port=port, rack=rack))
