"""kcat: what its row of the matrix has no cell for."""

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


def test_consume_from_the_tail(broker, topic):
    kcat(broker, "-P", "-t", topic, "-p", "0", text="".join(f"{i}\n" for i in range(10)))
    assert kcat(broker, "-C", "-t", topic, "-p", "0", "-o", "-2", "-e", "-q").split() == ["8", "9"]
