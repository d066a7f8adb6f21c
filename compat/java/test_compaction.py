"""A topic that Java clients fill is compacted as Apache Kafka compacts it, and Kafka's dump tool reads what is left."""

import contextlib
import re
import shutil
import subprocess
import time

import pytest

from compat import apache_kafka

WAIT_S = 120
CLEANED_WITHIN_S = 60

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

RECORD = re.compile(r"^\| offset: (\d+) .* key: (\S+)(?: payload: (\S*))?", re.MULTILINE)


def run(main_class, *arguments, text=""):
    command = apache_kafka.java(main_class, *arguments)
    done = subprocess.run(command, check=False, input=text, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def produce(broker, topic, *rows):
    """Rows are key:value; a value of NULL deletes the key."""
    keyed = ["parse.key=true", "key.separator=:", "null.marker=NULL"]
    options = [part for each in keyed for part in ("--reader-property", each)]
    tool = "org.apache.kafka.tools.ConsoleProducer"
    run(
        tool,
        "--bootstrap-server",
        broker.bootstrap,
        "--topic",
        topic,
        *options,
        text="".join(f"{row}\n" for row in rows),
    )


def dumped(broker, topic, directory):
    """(Offset, key, value) of every stored record, as DumpLogSegments prints them of a copy."""
    directory.mkdir(exist_ok=True)
    files = []
    for path in sorted((broker.data / f"{topic}-0").glob("*.log")):
        with contextlib.suppress(FileNotFoundError):  # replaced meanwhile
            files.append(shutil.copy(path, directory))
    text = run(
        "org.apache.kafka.tools.DumpLogSegments", "--files", ",".join(files), "--print-data-log", "--deep-iteration"
    )
    assert "isvalid: false" not in text
    return [(int(offset), key, value or None) for offset, key, value in RECORD.findall(text)], text


def test_what_the_cleaner_keeps(broker, topic, tmp_path):
    configs = ["cleanup.policy=compact", "segment.ms=300", "min.cleanable.dirty.ratio=0.01"]
    options = [part for each in configs for part in ("--config", each)]
    run(
        "org.apache.kafka.tools.TopicCommand",
        "--bootstrap-server",
        broker.bootstrap,
        "--create",
        "--topic",
        topic,
        *options,
    )
    entity = ["--bootstrap-server", broker.bootstrap, "--entity-type", "brokers", "--entity-default"]
    run("kafka.admin.ConfigCommand", *entity, "--alter", "--add-config", "log.cleaner.backoff.ms=200")
    produce(broker, topic, *[f"k{key}:v{number}" for number in range(3) for key in range(5)], "k4:NULL")
    produce(broker, topic, "k0:v3", "k1:v3")
    produce(broker, topic, "last:active")
    kept = [
        (12, "k2", "v2"),
        (13, "k3", "v2"),
        (15, "k4", None),
        (16, "k0", "v3"),
        (17, "k1", "v3"),
        (18, "last", "active"),
    ]
    deadline = time.monotonic() + CLEANED_WITHIN_S
    while (found := dumped(broker, topic, tmp_path / "copy"))[0] != kept and time.monotonic() < deadline:
        time.sleep(1)
    records, text = found
    assert records == kept
    assert text.count("deleteHorizonMs: OptionalLong[") == 1
    tool = "org.apache.kafka.tools.consumer.ConsoleConsumer"
    shown = ["--formatter-property", "print.key=true", "--formatter-property", "print.offset=true"]
    options = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--partition", "0", "--offset", "earliest"]
    lines = run(tool, *options, *shown, "--max-messages", str(len(kept))).splitlines()
    assert lines == [f"Offset:{offset}\t{key}\t{value or 'null'}" for offset, key, value in kept]
