"""Every record batch vector, produced through the handler with kwire.validate.records, gets Apache Kafka's own verdict.

The vectors are described in tests/vectors/recordbatches/README.md.
"""

import gzip
import json
from pathlib import Path

import pytest

from kwire.api import produce
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.records.batch import read_header

VECTORS = Path(__file__).parents[1] / "vectors" / "recordbatches" / "batches.jsonl.gz"
LEADER_EPOCH_END = 16
"""Before it are the base offset, the length and the leader epoch, which a broker sets."""
ANY_TIMESTAMP = {name: str(2**63 - 1) for name in ("message.timestamp.before.max.ms", "message.timestamp.after.max.ms")}


def vectors():
    with gzip.open(VECTORS, "rt", encoding="utf-8", newline="\n") as lines:
        facts = [json.loads(line) for line in lines]
    return [pytest.param(each, id=each["name"]) for each in facts]


@pytest.mark.parametrize("facts", vectors())
async def test_kafkas_verdict_and_stored_bytes(data_path, facts):
    verdict = facts["brokerProduceV12"]
    sent = bytes.fromhex(facts["hex"])
    data_path.configure(kwire_validate_records="true")
    await data_path.create("truck_gps", configs=ANY_TIMESTAMP)
    data = PartitionProduceData(index=0, records=memoryview(bytearray(sent)))
    request = ProduceRequest(acks=-1, topic_data=[TopicProduceData(name="truck_gps", partition_data=[data])])
    response = await produce.handle(request, data_path.context(12))
    (row,) = response.responses[0].partition_responses
    assert ErrorCode(row.error_code).name == verdict["errorName"]
    assert (row.base_offset, row.log_append_time_ms) == (verdict["baseOffset"], verdict["logAppendTimeMs"])
    assert [error.batch_index for error in row.record_errors] == verdict["recordErrorIndexes"]
    partition = data_path.partition("truck_gps")
    if verdict["errorName"] != "NONE":
        assert partition.high_watermark == 0
        return
    assert partition.high_watermark == verdict["highWatermark"]
    stored = (
        partition.open().read(0, len(sent) * 2, before_offset=partition.high_watermark, min_one_batch=True).tobytes()
    )
    header = read_header(stored)
    assert (header.base_offset, header.partition_leader_epoch) == (0, partition.image.leader_epoch)
    assert len(stored) == verdict["storedSize"]
    if verdict["storedSameAfterByte16"]:
        assert stored[LEADER_EPOCH_END:] == sent[LEADER_EPOCH_END : len(stored)]
    else:
        assert stored == bytes.fromhex(verdict["storedHex"])
