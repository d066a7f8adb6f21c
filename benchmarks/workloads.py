"""What the comparison asks of a running broker. Each workload gives its figures by name."""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import contextmanager
from itertools import count, cycle, islice
from threading import Event, Thread
from typing import TYPE_CHECKING, cast

from brokers import PROBE_INTERVAL_S
from raw_requests import (
    API_VERSIONS,
    CREATE_TOPICS,
    METADATA,
    PRODUCE,
    Client,
    api_versions_frame,
    frame,
    metadata_frame,
    produce_frame,
)

from kwire.protocol import frames
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokers import Broker

    from kwire.protocol.messages.create_topics import CreateTopicsResponse
    from kwire.protocol.messages.metadata import MetadataResponse, MetadataResponseTopic
    from kwire.protocol.messages.produce import PartitionProduceResponse, ProduceResponse

Figures = dict[str, float]

MB = 1_000_000
BIG: dict[str, object] = {"linger.ms": 50, "batch.size": 1_000_000, "batch.num.messages": 100_000}
CLIENT_CONFIGS: dict[str, dict[str, object]] = {
    "default batches": {},
    "big batches": BIG,
    "default batches, lz4": {"compression.type": "lz4"},
    "big batches, lz4": {**BIG, "compression.type": "lz4"},
}
VALUES = 2048
"""Different ones, more than lz4 looks back over, half of each random: they can be compressed, but not to nothing."""
CONSUMER_CONFIG: dict[str, object] = {
    "enable.auto.commit": False,
    "queued.min.messages": 10_000_000,
    "queued.max.messages.kbytes": 2_097_151,
}
"""By default librdkafka stops fetching for a second whenever it holds 100,000 records or 64 MB."""

CONSUME_AT_ONCE = 10_000
CONSUME_TIMEOUT_S = 30
IDLE_CONNECTIONS = 1_000
PACE_S = 1 / 500
TOPICS, PARTITIONS, MORE_TOPICS = 20, 4, 100
TOPICS_A_REQUEST = 500
CHANGE_S = 0.1
"""Between two changes of the metadata while it is asked for."""
SETTLE_S = 1.0


def _row(reply: bytes | memoryview) -> PartitionProduceResponse:
    """The one row of a reply to a Produce."""
    (_, response) = frames.decode_response(PRODUCE, 9, reply)
    return cast("ProduceResponse", response).responses[0].partition_responses[0]


def request_rate(broker: Broker, connections: int, seconds: float, kind: str = "requests") -> Figures:
    """Single-record requests with acks=all over that many connections, each with one request in flight."""
    topic = f"{kind.replace(' ', '-')}-{connections}"
    broker.create_topic(topic)
    request = produce_frame(topic, os.urandom(100))
    clients = [Client(broker.port) for _ in range(connections)]
    while _row(clients[0].ask(request)).error_code:
        time.sleep(PROBE_INTERVAL_S)  # Apache Kafka tells of a leader before that one knows it
    broker_cpu_s = broker.cpu_s()
    started_s = time.perf_counter()
    latencies_s, last_replies = closed_loop(
        [client.socket for client in clients], [request] * connections, started_s + seconds
    )
    elapsed_s = time.perf_counter() - started_s
    broker_cpu_s = broker.cpu_s() - broker_cpu_s
    rows = [_row(reply[4:]) for reply in last_replies]
    if any(row.error_code for row in rows) or max(row.base_offset for row in rows) < len(latencies_s) - 1:
        raise SystemExit(f"requests were not acknowledged: {rows}")
    for client in clients:
        client.close()
    latencies_s.sort()
    name = f"{kind}, {connections} connection" + "s" * (connections > 1)
    return {
        f"{name} [/s]": len(latencies_s) / elapsed_s,
        f"{name}, p50 [µs]": latencies_s[len(latencies_s) // 2] * 1e6,
        f"{name}, p99 [µs]": latencies_s[len(latencies_s) * 99 // 100] * 1e6,
        f"{name}, broker CPU [µs each]": broker_cpu_s / len(latencies_s) * 1e6,
    }


def closed_loop(sockets: list[socket.socket], requests: list[bytes], until_s: float) -> tuple[list[float], list[bytes]]:
    """(Seconds that each reply took, each connection's last reply); a connection repeats its request until then."""
    poll = select.epoll()
    by_descriptor = {
        connected.fileno(): (connected, request) for connected, request in zip(sockets, requests, strict=True)
    }
    sent_s = {}
    latencies_s: list[float] = []
    last_replies: list[bytes] = []
    clock = time.perf_counter
    for descriptor, (connected, request) in by_descriptor.items():
        poll.register(descriptor, select.EPOLLIN)
        sent_s[descriptor] = clock()
        connected.send(request)
    while len(last_replies) < len(sockets):
        for descriptor, _ in poll.poll():
            connected, request = by_descriptor[descriptor]
            reply = connected.recv(65_536)
            now_s = clock()
            latencies_s.append(now_s - sent_s[descriptor])
            if len(reply) != int.from_bytes(reply[:4], "big") + 4:
                raise SystemExit("a reply came in pieces, or the broker closed the connection")
            if now_s < until_s:
                sent_s[descriptor] = now_s
                connected.send(request)
            else:
                last_replies.append(reply)
    poll.close()
    return latencies_s, last_replies


def throughput(broker: Broker, record_bytes: int, megabytes: int, config: str) -> Figures:
    """Produced and consumed through confluent-kafka, one partition, one client at a time."""
    size = "1 KB" if record_bytes == 1000 else f"{record_bytes} B"
    topic = f"throughput-{record_bytes}-{config.replace(' ', '-').replace(',', '')}"
    broker.create_topic(topic)
    count = megabytes * MB // record_bytes
    figures: Figures = {}
    for verb, run in (("produce", _produce), ("consume", _consume)):
        broker_cpu_s, client_cpu_s = broker.cpu_s(), time.process_time()
        elapsed_s = run(broker.bootstrap, topic, record_bytes, count, CLIENT_CONFIGS[config])
        name = f"{verb} {size}, {config}"
        figures[f"{name} [MB/s]"] = megabytes / elapsed_s
        figures[f"{name}, broker CPU [ms/MB]"] = (broker.cpu_s() - broker_cpu_s) / megabytes * 1000
        figures[f"{name}, client CPU [ms/MB]"] = (time.process_time() - client_cpu_s) / megabytes * 1000
    return figures


def _produce(bootstrap: str, topic: str, record_bytes: int, count: int, config: dict[str, object]) -> float:
    """Seconds until all records were acknowledged."""
    from confluent_kafka import Producer

    refused: list[object] = []

    def delivered(error: object, _: object) -> None:
        if error is not None:
            refused.append(error)

    producer = Producer({"bootstrap.servers": bootstrap, "on_delivery": delivered, **config})
    half = record_bytes // 2
    values = cycle([os.urandom(half) + bytes(record_bytes - half) for _ in range(VALUES)])
    started_s = time.perf_counter()
    left = count
    while left:
        try:
            for value in islice(values, left):
                producer.produce(topic, value)
                left -= 1
        except BufferError:
            producer.poll(0.05)
    if producer.flush(CONSUME_TIMEOUT_S) or refused:
        raise SystemExit(f"records were not acknowledged: {refused[:1]}")
    return time.perf_counter() - started_s


def _consume(bootstrap: str, topic: str, record_bytes: int, count: int, config: dict[str, object]) -> float:
    """Seconds from the first record to the last. Only a producer has batches to configure."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "compare", **CONSUMER_CONFIG})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    if not consumer.consume(1, CONSUME_TIMEOUT_S):  # finding the partition takes librdkafka half a second
        raise SystemExit(f"consuming {topic} gave nothing")
    started_s = time.perf_counter()
    left = count - 1
    while left > 0:
        messages = consumer.consume(min(left, CONSUME_AT_ONCE), CONSUME_TIMEOUT_S)
        left -= len(messages)
        failed = not messages or messages[-1].error()
        if failed or len(messages[-1].value()) != record_bytes:
            raise SystemExit(f"consuming {topic} failed with {left} records left")
    elapsed_s = time.perf_counter() - started_s
    consumer.close()
    return elapsed_s


def fill(broker: Broker, topic: str, record_bytes: int, size_bytes: int) -> None:
    """The topic has so much more."""
    _produce(broker.bootstrap, topic, record_bytes, size_bytes // record_bytes, CLIENT_CONFIGS["big batches"])


def latency(broker: Broker, seconds: float) -> Figures:
    """From a producer's call until its consumer has the record, 500 a second, of confluent-kafka without linger."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

    topic = "latency"
    broker.create_topic(topic)
    count = int(seconds / PACE_S)
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 0})
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "latency", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    producer.produce(topic, b"0")
    producer.flush(CONSUME_TIMEOUT_S)
    if consumer.poll(CONSUME_TIMEOUT_S) is None:
        raise SystemExit(f"consuming {topic} gave nothing")

    def produce() -> None:
        began_s = time.perf_counter()
        for index in range(count):
            time.sleep(max(0.0, began_s + index * PACE_S - time.perf_counter()))
            producer.produce(topic, b"%.9f" % time.perf_counter())
            producer.poll(0)

    cpu_s = broker.cpu_s()
    thread = Thread(target=produce)
    thread.start()
    latencies_s = []
    while len(latencies_s) < count:
        message = consumer.poll(CONSUME_TIMEOUT_S)
        if message is None or message.error():
            raise SystemExit(f"consuming {topic} ended after {len(latencies_s)} records")
        latencies_s.append(time.perf_counter() - float(message.value()))
    thread.join()
    cpu_s = broker.cpu_s() - cpu_s
    producer.flush(CONSUME_TIMEOUT_S)
    consumer.close()
    latencies_s.sort()
    name = "end to end at 500 records/s"
    return {
        f"{name}, p50 [ms]": latencies_s[count // 2] * 1e3,
        f"{name}, p99 [ms]": latencies_s[count * 99 // 100] * 1e3,
        f"{name}, broker CPU [µs a record]": cpu_s / count * 1e6,
    }


def topics(broker: Broker, seconds: float) -> Figures:
    """Metadata of some topics over eight connections, while others come; many topics created by one request."""
    client = Client(broker.port)
    names = [f"metadata-{index}" for index in range(TOPICS)]
    create_topics(client, names, PARTITIONS)
    sockets = [Client(broker.port).socket for _ in range(8)]
    request = metadata_frame(*names)
    while any(row.error_code or len(row.partitions) < PARTITIONS for row in _described(client, request)):
        time.sleep(PROBE_INTERVAL_S)
    closed_loop(sockets, [request] * len(sockets), time.perf_counter() + seconds)  # to be warm
    cpu_s, started_s = broker.cpu_s(), time.perf_counter()
    with changing(client):
        latencies_s, _ = closed_loop(sockets, [request] * len(sockets), started_s + seconds)
    elapsed_s, cpu_s = time.perf_counter() - started_s, broker.cpu_s() - cpu_s
    for each in sockets:
        each.close()
    more = [f"more-{index}" for index in range(MORE_TOPICS)]
    began_s = time.perf_counter()
    create_topics(client, more, PARTITIONS)
    created_s = time.perf_counter() - began_s
    while any(len(row.partitions) != PARTITIONS for row in _described(client, metadata_frame(*more))):
        time.sleep(PROBE_INTERVAL_S)  # Kafka's brokers hear of them after the reply
    client.close()
    name = f"Metadata of {TOPICS} topics x {PARTITIONS} partitions"
    return {
        f"{name} [/s]": len(latencies_s) / elapsed_s,
        f"{name}, broker CPU [µs each]": cpu_s / len(latencies_s) * 1e6,
        f"{MORE_TOPICS} topics x {PARTITIONS} partitions created [ms]": created_s * 1000,
    }


@contextmanager
def changing(client: Client) -> Iterator[None]:
    """Meanwhile a topic is created every CHANGE_S, so that no broker can answer from what it knew before."""
    ended = Event()

    def create() -> None:
        for number in count():
            if ended.wait(CHANGE_S):
                break
            create_topics(client, [f"change-{number}"], 1)

    thread = Thread(target=create)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def create_topics(client: Client, names: list[str], partitions: int) -> None:
    """The topics are acknowledged, TOPICS_A_REQUEST by one request: its reply, with all configs, has to fit."""
    for first in range(0, len(names), TOPICS_A_REQUEST):
        some = names[first : first + TOPICS_A_REQUEST]
        rows = [CreatableTopic(name=name, num_partitions=partitions, replication_factor=1) for name in some]
        reply = client.message(CREATE_TOPICS, frame(CREATE_TOPICS, CreateTopicsRequest(topics=rows, timeout_ms=60_000)))
        refused = [row.error_message for row in cast("CreateTopicsResponse", reply).topics if row.error_code]
        if refused:
            raise SystemExit(f"topics were not created: {refused[:1]}")


def _described(client: Client, request: bytes) -> list[MetadataResponseTopic]:
    return cast("MetadataResponse", client.message(METADATA, request)).topics


def idle(broker: Broker, seconds: float) -> Figures:
    """Memory and CPU of a broker that nobody talks to."""
    time.sleep(3 * SETTLE_S)
    cpu_s = broker.cpu_s()
    time.sleep(seconds)
    return {
        "RSS idle [MB]": broker.rss_mb(),
        "CPU idle [ms/s]": (broker.cpu_s() - cpu_s) / seconds * 1000,
    }


def idle_connections(broker: Broker) -> Figures:
    """What connections cost on which a client has said who it is, and then nothing."""
    greeting = api_versions_frame()
    before_mb = broker.rss_mb()
    clients = []
    for _ in range(IDLE_CONNECTIONS):
        client = socket.create_connection(("127.0.0.1", broker.port))
        client.sendall(greeting)
        client.recv(4096)
        clients.append(client)
    time.sleep(SETTLE_S)
    cpu_s = broker.cpu_s()
    time.sleep(SETTLE_S)
    cost = {
        "RSS of an idle connection [KB]": (broker.rss_mb() - before_mb) * 1024 / IDLE_CONNECTIONS,
        "CPU with 1,000 idle connections [ms/s]": (broker.cpu_s() - cpu_s) / SETTLE_S * 1000,
    }
    for client in clients:
        client.close()
    time.sleep(SETTLE_S)
    check = Client(broker.port)
    check.message(API_VERSIONS, greeting)
    check.close()
    return cost
