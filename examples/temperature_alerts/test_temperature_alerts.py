"""The stream over a Kafka in memory: what goes in, what comes out, and what outlives the machine that it ran on."""

import json

import pytest
from temperature_alerts import make_application

from kwire.testing import NewRecord

pytestmark = pytest.mark.kafka(topics={"temperatures": 2, "alerts": 1})


def measure(kafka, machine, *degrees):
    kafka.extend("temperatures", [NewRecord(key=machine, value=json.dumps({"celsius": each})) for each in degrees])


def run(kafka, state_dir):
    """Until nothing has come for two seconds."""
    make_application(kafka.bootstrap_servers, state_dir).run(timeout=2)


def alerts(kafka):
    return [(record.key.decode(), json.loads(record.value)["celsius"]) for record in kafka.records("alerts")]


def test_three_in_a_row_are_an_alert(kafka, tmp_path):
    measure(kafka, "press", 91, 92, 93, 94, 20)
    measure(kafka, "lathe", 91, 92, 20, 93, 94)
    run(kafka, tmp_path)
    assert alerts(kafka) == [("press", 93)]
    assert sum(kafka.lag("temperature-alerts").values()) == 0


def test_the_count_goes_on_after_a_move_to_another_machine(kafka, tmp_path):
    measure(kafka, "press", 91, 92)
    run(kafka, tmp_path / "first")
    assert alerts(kafka) == []
    measure(kafka, "press", 93)
    run(kafka, tmp_path / "second")
    assert alerts(kafka) == [("press", 93)]
