"""kcat: produce, consume, metadata, offsets by timestamp."""

import json
import shutil
import subprocess

import pytest

WAIT_S = 60

if shutil.which("kcat") is None:
    pytest.skip("kcat is not installed", allow_module_level=True)


def kcat(broker, *arguments, text=""):
    command = ["kcat", "-b", broker.bootstrap, *arguments]
    done = subprocess.run(command, check=False, input=text, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_round_trip(broker, topic, codec):
    lines = [f"truck-{i % 7}:{i} " + "position " * 20 for i in range(500)]
    kcat(broker, "-P", "-t", topic, "-p", "0", "-K:", "-z", codec, "-X", "linger.ms=200", text="\n".join(lines) + "\n")
    read = kcat(broker, "-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%k:%s\n")
    assert read.splitlines() == lines
    assert set(broker.stored_codecs(topic)) == {codec}


def test_metadata_as_json(broker, topic):
    kcat(broker, "-P", "-t", topic, "-p", "0", text="x\n")
    listing = json.loads(kcat(broker, "-L", "-J", "-t", topic))
    assert [t["topic"] for t in listing["topics"]] == [topic]
    assert listing["topics"][0]["partitions"][0]["leader"] == listing["brokers"][0]["id"]


def test_consume_from_an_offset_and_from_the_tail(broker, topic):
    kcat(broker, "-P", "-t", topic, "-p", "0", text="".join(f"{i}\n" for i in range(10)))
    assert kcat(broker, "-C", "-t", topic, "-p", "0", "-o", "7", "-e", "-q").split() == ["7", "8", "9"]
    assert kcat(broker, "-C", "-t", topic, "-p", "0", "-o", "-2", "-e", "-q").split() == ["8", "9"]


def test_query_an_offset_by_timestamp(broker, topic):
    kcat(broker, "-P", "-t", topic, "-p", "0", text="a\nb\n")
    assert "offset 0" in kcat(broker, "-Q", "-t", f"{topic}:0:1")
