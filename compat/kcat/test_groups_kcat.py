"""kcat -G: a group consumer that commits and resumes, and two that share."""

import shutil
import subprocess

import pytest

WAIT_S = 60
OPTIONS = ["-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=300"]

if shutil.which("kcat") is None:
    pytest.skip("kcat is not installed", allow_module_level=True)


def produce(broker, topic, lines):
    command = ["kcat", "-b", broker.bootstrap, "-P", "-t", topic, "-p", "0"]
    subprocess.run(command, check=True, input="".join(f"{line}\n" for line in lines), text=True, timeout=WAIT_S)


def consume(broker, topic, *arguments):
    command = ["kcat", "-b", broker.bootstrap, *OPTIONS, "-G", f"g-{topic}", "-q", *arguments, topic]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_group_resumes_where_it_was(broker, topic):
    produce(broker, topic, range(10))
    assert consume(broker, topic, "-c", "4") == ["0", "1", "2", "3"]
    assert consume(broker, topic, "-e") == ["4", "5", "6", "7", "8", "9"]
    produce(broker, topic, ["10"])
    assert consume(broker, topic, "-e") == ["10"]
