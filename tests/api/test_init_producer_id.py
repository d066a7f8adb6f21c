"""InitProducerId through its handler: ids that nobody has twice, restarts included."""

import pytest

from kwire.api import init_producer_id
from kwire.protocol import codec
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse
from kwire.storage.memory import MemoryStore
from tests.kit.cluster import build_cluster, build_env, context_of


async def ask(context, *, transactional_id=None, producer_id=-1, producer_epoch=-1):
    request = InitProducerIdRequest(
        transactional_id=transactional_id,
        transaction_timeout_ms=60_000,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
    )
    response = await init_producer_id.handle(request, context)
    version = context.api_version
    decoded = codec.decode(InitProducerIdResponse, version, codec.encode(response, version))
    return decoded.error_code, decoded.producer_id, decoded.producer_epoch


@pytest.mark.parametrize("version", range(6))
async def test_ids_ascend_and_epochs_begin_at_zero(data_path, version):
    context = data_path.context(version)
    answers = [await ask(context) for _ in range(3)]
    assert answers == [(0, answers[0][1] + count, 0) for count in range(3)]


async def test_a_producer_that_comes_back_gets_a_new_id(data_path):
    context = data_path.context(5)
    _, producer_id, _ = await ask(context)
    assert await ask(context, producer_id=producer_id, producer_epoch=3) == (0, producer_id + 1, 0)


async def test_half_an_identity_is_refused(data_path):
    context = data_path.context(5)
    assert await ask(context, producer_id=7) == (ErrorCode.INVALID_REQUEST, -1, -1)
    assert await ask(context, producer_epoch=7) == (ErrorCode.INVALID_REQUEST, -1, -1)


async def test_transactional_ids_are_refused_so_that_clients_stop(data_path):
    refused = (ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, -1, -1)
    assert await ask(data_path.context(5), transactional_id="orders") == refused
    assert await ask(data_path.context(5), transactional_id="") == (ErrorCode.INVALID_REQUEST, -1, -1)


async def test_no_id_is_given_twice_by_several_brokers_and_over_restarts():
    env = build_env()
    store = MemoryStore(env)
    store.start()
    given = []
    for _ in range(3):
        cluster = build_cluster(3, env=env, store=store)
        for node_id in (1, 2, 3):
            given += [(await ask(context_of(cluster, 5, node_id=node_id)))[1] for _ in range(5)]
    assert len(set(given)) == len(given) == 45
