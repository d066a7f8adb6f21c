"""The compat matrix: every client of matrix.toml shows every feature, or says why not."""

import os

import pytest

from compat.matrix import install
from compat.matrix.features import scenario
from compat.matrix.features.applications import CELL_S
from compat.matrix.features.stage import Stage
from compat.matrix.plan import chosen, clients, features


def pytest_generate_tests(metafunc):
    """One test for each client and each feature that a client of its kind has."""
    if "client" not in metafunc.fixturenames:
        return
    options = metafunc.config.option
    rows = [client for client in chosen(options.client, clients()) if client.core or not options.core]
    columns = chosen(options.feature, features())
    if options.broker == "kafka":  # Apache Kafka runs as a single node here
        columns = [feature for feature in columns if feature.name != "brokers"]
    cells = [_cell(client, feature) for client in rows for feature in columns if client.kind == feature.kind]
    metafunc.parametrize(("client", "feature"), cells)


def _cell(client, feature):
    marks = [pytest.mark.timeout(CELL_S)] if client.kind == "application" else []
    return pytest.param(client, feature, id=f"{client.name}:{feature.name}", marks=marks)


def test_cell(client, feature, broker, tmp_path, request):
    if client.missing_tools:
        pytest.skip(f"missing:{client.missing_tools[0]}")
    if feature.name in client.lacks:
        pytest.skip(f"lacks: {client.lacks[feature.name]}")
    install.ready(client)
    stage = Stage(client, broker, tmp_path)
    try:
        scenario(feature.name)(stage)
        for driver in stage.drivers:
            driver.stop()
    except BaseException:
        for driver in stage.drivers:
            driver.process.kill()
            request.node.add_report_section("call", f"stderr of {client.name}", driver.errors())
        raise


def test_every_feature_has_a_scenario():
    for feature in features():
        assert scenario(feature.name).__doc__


@pytest.mark.parametrize("name", [client.name for client in clients()])
def test_the_version_of_a_client_is_the_locked_one(name):
    (client,) = [client for client in clients() if client.name == name]
    locks = [path for path in client.folder.iterdir() if path.name in install.LOCKS] if client.folder.exists() else []
    assert locks or client.install == "none"
    assert all(client.version in path.read_text() for path in locks), os.fspath(client.folder)
