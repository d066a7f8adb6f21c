"""What a handler knows besides its request, and how it ends a connection.

Every handler module has `async def handle(request, context) -> Response | None`. It answers at
once where it can; None means that no reply is sent (Produce with acks=0). Kafka's error codes
go into the rows of the reply; an exception that leaves a handler is a bug, but for CloseConnection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwire.broker.refusals import REFUSED
from kwire.cluster.endpoints import DEFAULT_LISTENER

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwire.cluster.broker import Broker
    from kwire.cluster.cluster import Cluster
    from kwire.protocol.forms import Forms


NO_TRANSACTIONS = "kwire does not serve transactions yet; unset transactional.id"


class CloseConnection(Exception):  # noqa: N818 - an order, not an error
    """The connection is closed without a reply; the message is logged."""


@dataclass(slots=True)
class ConnectionInfo:
    """One client connection: addresses as (host, port), and what the client told about itself."""

    peer: tuple[str, int]
    local: tuple[str, int]
    """The address that the client reached us by, IPv4-mapped ones unmapped; as far as we know, where addresses are
    translated on the way."""
    listener: str = DEFAULT_LISTENER
    """The name of the listener that the connection came by."""
    client_software_name: str = ""
    client_software_version: str = ""
    knows_newest: bool = False
    """Whether the client is known to write the newest timestamp of a batch into its header."""
    forms: dict[int, Forms | None] = field(default_factory=dict)
    """By API key, what its requests have in common: None after the first one, which is not worth it."""
    works: bool = False
    """The client has asked for more than where things are."""
    on_told: Callable[[ConnectionInfo], None] | None = None
    """Called when the client was told where the brokers are."""


@dataclass(slots=True)
class RequestContext:
    """One request: the cluster, the broker of it that serves the request, its version, the connection it came by."""

    cluster: Cluster
    broker: Broker
    connection: ConnectionInfo
    api_version: int
    client_id: str | None = None

    def endpoint_for(self, node_id: int) -> tuple[str, int]:
        """Host and port under which this client finds that broker; see Cluster.endpoint_for."""
        return self.cluster.endpoint_for(node_id, self.connection)

    def refuse(self, reason: str) -> None:
        """Log a refusal with its reason. Use it for requests that only other settings of the client can avoid."""
        self.broker.refusals.tell(REFUSED, self.connection.peer, reason)
