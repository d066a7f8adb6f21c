"""Produce requests that are not decoded, for they are like an earlier one: whatever changes meanwhile counts at once."""

import pytest

from kwire.api import incremental_alter_configs
from kwire.api.context import CloseConnection
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.batch import TRANSACTIONAL_FLAG
from kwire.server.dispatch import answer
from tests.kit.cluster import START_MS


class Producer:
    """One connection that has produced to the topic twice already, so that its further requests are not decoded."""

    def __init__(self, data_path, version, batch, acks=-1):
        self.context = data_path.context(version)
        self.version = version
        self.batch = batch
        self.acks = acks
        self.topic_id = data_path.cluster.image.topics["truck_gps"].topic_id
        assert [self.row().base_offset, self.row().base_offset] == [0, 1]

    def ask(self, records=None):
        topic = TopicProduceData(
            "truck_gps", self.topic_id, [PartitionProduceData(0, self.batch() if records is None else records)]
        )
        request = ProduceRequest(None, self.acks, 1000, [topic])
        whole = frames.encode_request(ApiKey.PRODUCE, self.version, 7, "test", request)
        connection = self.context.connection
        frame = bytearray(whole[4:])
        forms = connection.forms.get(ApiKey.PRODUCE)
        assert forms is None or forms.find(frame) is not None
        return answer(frame, self.context.cluster, self.context.broker, connection)

    def row(self, records=None):
        (reply,) = self.ask(records)
        correlation_id, response = frames.decode_response(ApiKey.PRODUCE, self.version, bytes(reply)[4:])
        assert correlation_id == 7
        ((row,),) = (topic.partition_responses for topic in response.responses)
        return row


@pytest.fixture(params=[3, 9, 12, 13])
async def producer(request, data_path, batch):
    await data_path.create("truck_gps")
    return Producer(data_path, request.param, batch)


async def configure(data_path, **configs):
    rows = [AlterableConfig(name.replace("_", "."), 0, value) for name, value in configs.items()]
    asked = IncrementalAlterConfigsRequest([AlterConfigsResource(2, "truck_gps", rows)])
    response = await incremental_alter_configs.handle(asked, data_path.context(1))
    assert response.responses[0].error_code == 0


async def test_offsets_go_on(producer, batch):
    assert [producer.row(batch(3)).base_offset for _ in range(3)] == [2, 5, 8]


async def test_the_topic_is_deleted_and_made_again(producer, data_path):
    await data_path.delete("truck_gps")
    unknown = ErrorCode.UNKNOWN_TOPIC_ID if producer.version >= 13 else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert producer.row().error_code == unknown
    await data_path.create("truck_gps")
    if producer.version >= 13:
        assert producer.row().error_code == unknown, "it has another id now"
    else:
        assert [producer.row().base_offset for _ in range(2)] == [0, 1]


async def test_the_log_start_moves(producer, data_path):
    data_path.partition("truck_gps").delete_records(2)
    row = producer.row()
    assert row.base_offset == 2
    assert row.log_start_offset == (2 if producer.version >= 5 else -1)


async def test_configs_change(producer, data_path, batch):
    await configure(data_path, message_timestamp_type="LogAppendTime")
    row = producer.row()
    assert (row.error_code, row.base_offset, row.log_append_time_ms) == (0, 2, START_MS)
    await configure(data_path, message_timestamp_type="CreateTime", max_message_bytes="100")
    assert producer.row().base_offset == 3
    assert producer.row(batch(10)).error_code == ErrorCode.MESSAGE_TOO_LARGE


async def test_the_leader_moves_and_comes_back(data_path, batch):
    data_path.start_brokers(2)
    await data_path.create("truck_gps", replicas=[[1, 2]])
    producer = Producer(data_path, 10, batch)
    data_path.cluster.image.topics["truck_gps"].partitions[0].leader = 2
    row = producer.row()
    assert row.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
    assert row.current_leader.leader_id == 2
    data_path.cluster.image.topics["truck_gps"].partitions[0].leader = 1
    assert producer.row().base_offset == 2


async def test_too_few_replicas_are_in_sync(data_path, batch):
    data_path.start_brokers(2)
    await data_path.create("truck_gps", replicas=[[1, 2]], configs={"min.insync.replicas": "2"})
    producer = Producer(data_path, 9, batch)
    data_path.stop_broker(2)
    assert producer.row().error_code == ErrorCode.NOT_ENOUGH_REPLICAS


async def test_a_batch_is_judged_as_any_other(producer, batch):
    broken = bytearray(batch())
    broken[-1] ^= 1
    assert producer.row(broken).error_code == ErrorCode.CORRUPT_MESSAGE
    transactional = bytearray(batch())
    transactional[22] |= TRANSACTIONAL_FLAG
    assert producer.row(transactional).error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    assert producer.row().base_offset == 2


async def test_acks_0_has_no_reply_and_its_errors_close(data_path, batch):
    await data_path.create("truck_gps")
    producer = Producer(data_path, 9, batch)
    producer.acks = 0
    context, producer.context = producer.context, data_path.context(9)
    assert [producer.ask(), producer.ask()] == [(), ()]
    assert data_path.partition("truck_gps").open().log_end_offset == 4
    await data_path.delete("truck_gps")
    with pytest.raises(CloseConnection):
        producer.ask()
    producer.context, producer.acks = context, -1
    assert producer.row().error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
