"""Reads temperatures of machines and publishes an alert when one is above the limit three times in a row.

KAFKA_BOOTSTRAP_SERVERS=localhost:9092 python temperature_alerts.py
"""

import os
from pathlib import Path

from quixstreams import Application, State

LIMIT_CELSIUS = 90
IN_A_ROW = 3


def make_application(bootstrap_servers: str, state_dir: Path | str = "state") -> Application:
    """The stream from `temperatures` to `alerts`; how often in a row is kept in a store that Kafka backs up."""
    application = Application(
        broker_address=bootstrap_servers,
        consumer_group="temperature-alerts",
        auto_offset_reset="earliest",
        state_dir=state_dir,
        commit_every=1,
        loglevel="WARNING",
    )
    temperatures = application.topic("temperatures", value_deserializer="json")
    alerts = application.topic("alerts", value_serializer="json")
    stream = application.dataframe(temperatures)
    stream = stream.apply(_counted, stateful=True)
    stream = stream.filter(lambda row: row["in_a_row"] == IN_A_ROW)
    stream.to_topic(alerts)
    return application


def _counted(row: dict[str, float], state: State) -> dict[str, float]:
    in_a_row = state.get("in_a_row", 0) + 1 if row["celsius"] > LIMIT_CELSIUS else 0
    state.set("in_a_row", in_a_row)
    return {"celsius": row["celsius"], "in_a_row": in_a_row}


if __name__ == "__main__":
    make_application(os.environ["KAFKA_BOOTSTRAP_SERVERS"]).run()
