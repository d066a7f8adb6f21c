"""Contexts of requests to a real cluster of one broker on the memory engine."""

import pytest

from kwire.testing.cluster import build_cluster, context_of, create_topic


@pytest.fixture
def make_context():
    """The context of a request to broker 1, started with these configs, which has the topic t with one partition."""

    async def make(static=None, *, brokers=1):
        cluster = build_cluster(brokers, static=static)
        await create_topic(cluster, "t")
        return context_of(cluster, 0)

    return make


@pytest.fixture
async def context(make_context):
    return await make_context()
