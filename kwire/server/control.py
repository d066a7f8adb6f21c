"""Control: what `kwire broker` asks of a running cluster is done and answered. See kwire.server.control_socket.

{"command": "list"}                  {"brokers": [{"id": 1, "running": true, "addresses": ["127.0.0.1:9092"],
                                                   "leads": 4, "in_sync": 12, "replicas": 12}, ...]}
{"command": "stop", "broker": 2}     the same, when it is stopped
{"command": "start", "broker": 2}    the same, when it runs
anything else                        {"error": "one sentence"}, as for whatever cannot be done
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import trio

from kwire.limits import CONTROL_REQUEST_S, MAX_CONTROL_REQUEST_BYTES
from kwire.protocol.errors import ApiError
from kwire.server.brokers import UnknownBroker
from kwire.settings import Address, CannotStart

if TYPE_CHECKING:
    import socket

    from kwire.server.brokers import BrokerServers

logger = logging.getLogger("kwire.server")


async def serve(bound: socket.socket, brokers: BrokerServers) -> None:
    """Requests are answered until this is cancelled."""

    async def connected(stream: trio.SocketStream) -> None:
        try:
            await stream.send_all(json.dumps(await _reply(stream, brokers)).encode() + b"\n")
        except trio.BrokenResourceError:
            logger.debug("kwire broker did not wait for its answer")
        except Exception:
            logger.exception("bug while answering kwire broker")

    await trio.serve_listeners(connected, [trio.SocketListener(trio.socket.from_stdlib_socket(bound))])


async def _reply(stream: trio.SocketStream, brokers: BrokerServers) -> dict[str, Any]:
    line = await _line(stream)
    try:
        request = json.loads(line)
        command, node_id = request["command"], request.get("broker")
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"error": "that is no request"}
    try:
        if command == "stop":
            await brokers.stop(node_id)
        elif command == "start":
            await brokers.start(node_id)
        elif command != "list":
            return {"error": f"there is no command {command!r}; there are list, start and stop"}
    except (UnknownBroker, CannotStart) as error:
        return {"error": str(error)}
    except ApiError as error:
        return {"error": f"broker {node_id} cannot {command}: {error.message or error.code.name}"}
    return {"brokers": described(brokers)}


async def _line(stream: trio.SocketStream) -> bytes:
    """What came before the first line end, or before the client had nothing more to say."""
    line = b""
    with trio.move_on_after(CONTROL_REQUEST_S):
        while b"\n" not in line and len(line) < MAX_CONTROL_REQUEST_BYTES:
            data = await stream.receive_some(MAX_CONTROL_REQUEST_BYTES)
            if not data:
                break
            line += data
    return line.partition(b"\n")[0]


def described(brokers: BrokerServers) -> list[dict[str, Any]]:
    """Each broker: whether it runs, where, and of how many partitions it leads, is in the ISR, holds replicas."""
    image = brokers.cluster.image
    partitions = [partition for topic in image.topics.values() for partition in topic.partitions]
    return [
        {
            "id": node_id,
            "running": brokers.cluster.brokers[node_id].running,
            "addresses": [str(Address(listener.host, listener.port)) for listener in server.listeners],
            "leads": sum(partition.leader == node_id for partition in partitions),
            "in_sync": sum(node_id in partition.isr for partition in partitions),
            "replicas": sum(node_id in partition.replicas for partition in partitions),
        }
        for node_id, server in brokers.servers.items()
    ]
