"""Apache Kafka itself as a single KRaft node, from the jars that compat/java/pom.xml names: for `--broker kafka`."""

import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

JARS = Path(__file__).parent / ".cache" / "java"
CLUSTER_ID = "AeBc9bUyQZu4KbU0tpdoRQ"


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


SHORT_LIVED = "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"
"""Without the second compiler a tool takes little more than half of the CPU."""


def java(main_class: str, *arguments: str, options: tuple[str, ...] = SHORT_LIVED) -> list[str]:
    """The command that runs one of Apache Kafka's Java programs, or a source file. options: of the virtual machine."""
    return ["java", "-Xmx1G", *options, "-cp", f"{JARS}/*", main_class, *arguments]


def start(
    data: Path,
    port: int,
    log: object,
    configs: Mapping[str, object] = MappingProxyType({}),
    format_options: tuple[str, ...] = (),
) -> subprocess.Popen[bytes]:
    """Format and start a node; the caller waits until it answers, and stops it.

    configs: override the node's own. format_options: options of the format command, such as SCRAM users.
    """
    controller_port = free_port()
    data.mkdir(parents=True, exist_ok=True)
    settings = data.parent / f"{data.name}.properties"
    listener = f"PLAINTEXT://127.0.0.1:{port}"
    settings.write_text(
        "process.roles=broker,controller\nnode.id=1\n"
        f"controller.quorum.voters=1@127.0.0.1:{controller_port}\n"
        f"listeners={listener},CONTROLLER://127.0.0.1:{controller_port}\n"
        f"advertised.listeners={listener}\ncontroller.listener.names=CONTROLLER\n"
        f"log.dirs={data}\noffsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n"
        "transaction.state.log.min.isr=1\nshare.coordinator.state.topic.replication.factor=1\n"
        "share.coordinator.state.topic.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n"
        "group.consumer.assignment.interval.ms=0\n" + "".join(f"{name}={value}\n" for name, value in configs.items())
    )
    format_command = java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings), *format_options)
    subprocess.run(format_command, check=True, stdout=subprocess.DEVNULL)
    return subprocess.Popen(java("kafka.Kafka", str(settings), options=()), stdout=log, stderr=subprocess.STDOUT)
