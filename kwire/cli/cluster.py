"""`kwire cluster`: which brokers there are."""

from __future__ import annotations

import click

from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.connection import Connection, connects
from kwire.cli.output import json_option, show, show_json

BROKERS = {"id": "ID", "host": "HOST", "port": "PORT", "rack": "RACK", "leads": "LEADS", "replicas": "REPLICAS"}


@make_command("describe", "kwire cluster describe")
@json_option
@connects
async def describe(connection: Connection, as_json: bool) -> None:
    """Show the brokers, and how partitions are spread over them."""
    from kwire.client import admin

    async with connection.cluster() as cluster:
        found = await admin.topics(cluster)
    partitions = [row for topic in found.topics for row in topic.partitions]
    topics = len(found.topics)
    brokers = [
        {
            "id": broker.node_id,
            "host": broker.host,
            "port": broker.port,
            "rack": broker.rack,
            "leads": sum(row.leader_id == broker.node_id for row in partitions),
            "replicas": sum(broker.node_id in row.replica_nodes for row in partitions),
            "controller": broker.node_id == found.controller_id,
        }
        for broker in sorted(found.brokers, key=lambda broker: broker.node_id)
    ]
    state = {
        "cluster": found.cluster_id,
        "controller": found.controller_id,
        "topics": topics,
        "partitions": len(partitions),
        "offline_partitions": sum(row.leader_id < 0 for row in partitions),
        "under_replicated_partitions": sum(len(row.isr_nodes) < len(row.replica_nodes) for row in partitions),
        "brokers": brokers,
    }
    if as_json:
        show_json(state)
        return
    click.echo(f"cluster {state['cluster']}, controller {state['controller']}")
    click.echo(
        f"{topics} topics with {len(partitions)} partitions, {state['offline_partitions']} of them offline, "
        f"{state['under_replicated_partitions']} under-replicated"
    )
    show(brokers, BROKERS, as_json=False)


command = group("cluster", "Describe the cluster.", describe)
