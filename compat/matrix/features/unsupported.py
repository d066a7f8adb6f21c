"""What kwire does not have yet: with Apache Kafka these work, with kwire they fail in the way that matrix.toml says."""

import time

import pytest

from compat.matrix.driver import FailedError, Row
from compat.matrix.features.stage import Stage

AT_ONCE_S = 30


def transactions(stage: Stage) -> None:
    """Committed records are read, aborted ones are not; kwire refuses the producer at once."""
    driver, topic = stage.driver(), stage.topic()
    kept = [Row(b"k", b"kept %d" % i, partition=0).encoded() for i in range(5)]
    dropped = [Row(b"k", b"dropped", partition=0).encoded()]
    begin = {"topic": topic, "transactional_id": stage.new_name("tx"), "settings": {}}
    if stage.broker.kind == "kwire":
        began = time.monotonic()
        with pytest.raises(FailedError):
            driver.ask("transaction", records=kept, commit=True, **begin)
        assert time.monotonic() - began < AT_ONCE_S
        assert driver.produce(topic, [Row(b"k", b"without", partition=0)]) == [(0, 0)]
        return
    driver.ask("transaction", records=dropped, commit=False, **begin)
    driver.ask("transaction", records=kept, commit=True, **begin)
    rows = driver.consume(topic, 5, isolation="read_committed")
    assert [row.value for row in rows] == [b"kept %d" % i for i in range(5)]


def sasl(stage: Stage) -> None:
    """kwire has no SASL yet: the client gets an error, and others are served on."""
    _refused(stage, '{"sasl": {"mechanism": "PLAIN", "username": "user", "password": "secret"}}')


def tls(stage: Stage) -> None:
    """kwire has no TLS yet: the client gets an error, and others are served on."""
    _refused(stage, '{"tls": {}}')


def _refused(stage: Stage, security: str) -> None:
    stage.environment["CLIENT_SECURITY"] = security
    with pytest.raises(FailedError):
        stage.driver().ask("metadata")
    del stage.environment["CLIENT_SECURITY"]
    stage.driver().ask("metadata")
