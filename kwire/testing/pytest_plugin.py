"""The pytest plugin: fixtures for Kafka clusters, and what the brokers saw, in the report of a failed test.

pytest loads it in every run (entry point "kwire"), so it imports nothing of the broker before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from kwire.testing import Cluster

MARKER: Final = "kafka(brokers=1, topics=(), config=None, snapshot=None): options of the fixture `kafka`, by the \
arguments of kwire.testing.Cluster; `kafka_session` takes only topics"

ENV: Final = "kafka_env"
ENV_HELP: Final = "environment variables to set to the cluster's address while a test uses one of kwire's fixtures"

CLUSTER_OPTIONS: Final = ("brokers", "topics", "config", "snapshot", "port", "listen", "data")
SESSION_OPTIONS: Final = ("topics",)

OWN: Final = pytest.StashKey["Cluster"]()
"""Holds a test's own cluster, at the test."""
SHARED: Final = pytest.StashKey["Cluster"]()
"""Holds the session's shared cluster, at the session."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the ini option."""
    parser.addini(ENV, ENV_HELP, type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def kafka(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A Kafka cluster in memory for this test alone, with the options of @pytest.mark.kafka(...)."""
    cluster = request.node.stash[OWN] = _started(_marked(request, CLUSTER_OPTIONS))
    with _in_environment(request.config, cluster):
        yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def kafka_session_options() -> Mapping[str, Any]:
    """Options for the session's cluster. Redefine it in conftest.py for other brokers, topics or configs."""
    return {}


@pytest.fixture(scope="session")
def kafka_session_cluster(
    request: pytest.FixtureRequest, kafka_session_options: Mapping[str, Any]
) -> Iterator[Cluster]:
    """The session's Kafka cluster, for fixtures that outlive a test; tests use kafka_session."""
    cluster = request.session.stash[SHARED] = _started(kafka_session_options)
    with _in_environment(request.config, cluster):
        yield cluster
    cluster.close()


@pytest.fixture
def kafka_session(request: pytest.FixtureRequest, kafka_session_cluster: Cluster) -> Iterator[Cluster]:
    """The session's Kafka cluster, reset for this test, with additional topics from @pytest.mark.kafka(topics=...)."""
    topics = _marked(request, SESSION_OPTIONS).get("topics", ())
    kafka_session_cluster.reset()
    for name in topics:
        kafka_session_cluster.create_topic(name, topics[name] if isinstance(topics, Mapping) else None)
    yield kafka_session_cluster
    kafka_session_cluster.check()


@contextmanager
def _in_environment(config: pytest.Config, cluster: Cluster) -> Iterator[None]:
    """Set the variables that the ini option names to the cluster's address."""
    with pytest.MonkeyPatch.context() as patch:
        for name in config.getini(ENV):
            patch.setenv(name, cluster.bootstrap_servers)
        yield


def _started(options: Mapping[str, Any]) -> Cluster:
    from kwire.testing import Cluster, ClusterError  # noqa: PLC0415 - see above

    reason: Exception
    try:
        return Cluster(**options).start()
    except (ClusterError, TypeError) as error:
        reason = error
    pytest.fail(f"no Kafka cluster for this test: {reason}", pytrace=False)


def _marked(request: pytest.FixtureRequest, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Merge the options of the test's markers; nearer ones take precedence."""
    options: dict[str, Any] = {}
    for marker in request.node.iter_markers("kafka"):
        unknown = marker.kwargs.keys() - set(allowed)
        if marker.args or unknown:
            wrong = sorted(unknown) or list(marker.args)
            pytest.fail(
                f"@pytest.mark.kafka does not take {', '.join(map(str, wrong))}: with the fixture {request.fixturename}"
                f" it takes {', '.join(f'{name}=' for name in allowed)}",
                pytrace=False,
            )
        options = {**marker.kwargs, **options}
    return options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what its clusters saw to a failed test's report."""
    report = yield
    if report.failed and call.when != "teardown":
        if OWN in item.stash:
            _add_section(report, "kafka", item.stash[OWN])
        if SHARED in item.session.stash and "kafka_session_cluster" in getattr(item, "fixturenames", ()):
            _add_section(report, "kafka_session", item.session.stash[SHARED])
    return report


def _add_section(report: pytest.TestReport, fixture: str, cluster: Cluster) -> None:
    """Append what the cluster saw to the failure itself, because --junitxml does not write report.sections."""
    from kwire.testing.failures import described  # noqa: PLC0415 - see above

    title, text = f"What the Kafka brokers of {fixture} saw", described(cluster)
    failure: Any = report.longrepr
    if isinstance(failure, str):  # as of pytest.fail(..., pytrace=False)
        report.longrepr = f"{failure}\n--- {title} ---\n{text}"
    elif hasattr(failure, "addsection"):
        failure.addsection(title, text)
    else:
        report.sections.append((title, text))
