"""Refused clients are logged, but not for each of their attempts."""

import socket

import pytest
import trio

from kwire.app import running
from kwire.client.connection import ConnectionClosed, connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.add_partitions_to_txn import AddPartitionsToTxnRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.init_producer_id import InitProducerIdRequest
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.messages.sasl_handshake import SaslHandshakeRequest
from kwire.protocol.records.record import Record, encode_batch
from kwire.settings import Address, BrokerSetting, Settings, TopicSetting

MEMORY = Settings((BrokerSetting(listen=(Address("127.0.0.1", 0),)),), topics=(TopicSetting("t"),))
CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(500)


def transactional_produce():
    batch = encode_batch(
        [Record(0, 1, None, b"v")], producer_id=1, producer_epoch=0, base_sequence=0, transactional=True
    )
    data = [PartitionProduceData(index=0, records=bytes(batch))]
    return ProduceRequest(
        transactional_id="mine", acks=-1, topic_data=[TopicProduceData(name="t", partition_data=data)]
    )


TRANSACTIONS = "kwire does not serve transactions yet; unset transactional.id"
REFUSED = {
    "transactional id": (InitProducerIdRequest(transactional_id="mine"), 4, TRANSACTIONS),
    "transactional record": (transactional_produce(), 9, TRANSACTIONS),
    "transaction coordinator": (FindCoordinatorRequest(key="mine", key_type=1), 3, TRANSACTIONS),
    "share coordinator": (
        FindCoordinatorRequest(key_type=2, coordinator_keys=["g"]),
        6,
        "kwire does not serve share groups yet; use a consumer group",
    ),
    "SASL": (
        SaslHandshakeRequest(mechanism="PLAIN"),
        1,
        "SASL, but this listener is PLAINTEXT; set security.protocol=PLAINTEXT in the client",
    ),
}


@pytest.mark.parametrize(("request_", "version", "reason"), REFUSED.values(), ids=REFUSED)
async def test_what_kwire_does_not_serve_is_one_line(request_, version, reason, caplog):
    async with running(MEMORY) as started, connected(*started.addresses[0]) as client:
        for _ in range(20):
            await client.request(request_, version)
        port = client.stream.socket.getsockname()[1]
    assert server_lines(caplog) == [
        f"refused a request from 127.0.0.1:{port}: {reason}",
        f"refused a request from 127.0.0.1 19 times more: {reason}",
    ]


async def test_an_api_that_is_not_supported_is_one_line(caplog):
    async with running(MEMORY) as started:
        for _ in range(5):
            async with connected(*started.addresses[0]) as client:
                with pytest.raises(ConnectionClosed):
                    await client.request(AddPartitionsToTxnRequest(v3_and_below_transactional_id="mine"), 3)
    first, more = server_lines(caplog)
    assert first.endswith(": AddPartitionsToTxn v3 is not supported")
    assert more == "closed the connection from 127.0.0.1 4 times more: AddPartitionsToTxn v3 is not supported"


async def test_a_tls_client_that_tries_again_and_again_is_one_line(caplog):
    async with running(MEMORY) as started:
        for _ in range(30):
            await trio.to_thread.run_sync(try_tls, started.addresses[0])
    first, more = server_lines(caplog)
    assert first.endswith(": a TLS handshake on a plaintext listener")
    assert more == "closed the connection from 127.0.0.1 29 times more: a TLS handshake on a plaintext listener"


def try_tls(address):
    with socket.create_connection(tuple(address), 5) as connection:
        connection.sendall(CLIENT_HELLO)
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            return


async def test_producing_goes_on_beside_a_refusal():
    async with running(MEMORY) as started, connected(*started.addresses[0]) as client:
        answer = await client.request(transactional_produce(), 9)
        (row,) = answer.responses[0].partition_responses
        assert row.error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def server_lines(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "kwire.server"]
