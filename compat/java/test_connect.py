"""Kafka Connect, distributed on two workers: file → topic → file; one is stopped, the other takes over its tasks."""

import shutil

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from compat.java.connect import WAIT_S, Connect, read, wait_until

STORES = "configs", "offsets", "statuses"

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)


@pytest.mark.timeout(400)
def test_file_to_topic_to_file(broker, topic, tmp_path):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(WAIT_S)
    source, sink, lines = tmp_path / "source.txt", tmp_path / "sink.txt", []
    source.touch()

    def write(count):
        more = [f"line {number}" for number in range(len(lines), len(lines) + count)]  # ASCII: it counts characters
        lines.extend(more)
        with source.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in more))

    def copied():
        return sink.exists() and sink.read_text(encoding="utf-8").splitlines() == lines

    connect = Connect(broker, f"connect-{topic}", tmp_path)
    with connect.worker("one"):
        with connect.worker("two"):
            connect.create("one", "source", connector_class="FileStreamSource", file=str(source), topic=topic)
            connect.create("two", "sink", connector_class="FileStreamSink", file=str(sink), topics=topic)
            write(100)
            wait_until(copied)
            connect.wait_running("one", ["source", "sink"], workers=2)
        write(100)
        connect.wait_running("one", ["source", "sink"], workers=1)
        wait_until(copied)
    assert read(broker, topic) == [(None, line.encode()) for line in lines]
    for store in STORES:
        resource = ConfigResource(ConfigResource.Type.TOPIC, f"{connect.group_id}-{store}")
        configs = admin.describe_configs([resource])[resource].result(WAIT_S)
        assert configs["cleanup.policy"].value == "compact"
    keys = {key for key, _ in read(broker, f"{connect.group_id}-configs")}
    assert {b"connector-source", b"connector-sink"} <= keys
