"""An embedded cluster with three brokers, and a client of its own for what stock clients do not show."""

import pytest

from kwire.testing import Cluster


@pytest.fixture
def kafka():
    with Cluster(brokers=3, config={"default.replication.factor": 2}) as cluster:
        yield cluster
