"""kill -9 under a write load, again and again on one directory: nothing acknowledged is lost, doubled or moved."""

import os
import random
import shutil

import pytest
import trio

from kwire.protocol.records.batch import iter_headers
from tests.durability.load import Broker, Load
from tests.kit.ledger import Violation

SEED = 4


@pytest.mark.timeout(1800)
async def test_every_acknowledged_record_outlives_kill_9(tmp_path, kill_points):
    chance = random.Random(SEED)
    load = Load(SEED)
    data = str(tmp_path / "data")
    broker = await trio.to_thread.run_sync(Broker, data)
    await load.create_topics(broker)
    for _ in range(kill_points):
        await load.run_until_killed(broker, chance.random() * 0.4)
        broker = await trio.to_thread.run_sync(Broker, data)
        await load.check(broker)
    assert load.acknowledged > 50 * kill_points
    await trio.to_thread.run_sync(broker.stop)
    assert sum(name.endswith(".log") for name in os.listdir(f"{data}/kept-0")) > 1  # noqa: PTH208 - names are all we need


async def test_the_checker_sees_one_record_removed_by_hand(tmp_path):
    load = Load(SEED)
    data = tmp_path / "data"
    broker = await trio.to_thread.run_sync(Broker, str(data))
    await load.create_topics(broker)
    await load.run_until_killed(broker, 2)
    path = max((data / "kept-0").glob("*.log"))
    content = path.read_bytes()
    batches = [(position, header) for position, header in iter_headers(content)]
    acknowledged = load.ledgers["kept", 0].acknowledged
    last, _ = next((at, header) for at, header in reversed(batches) if header.base_offset in acknowledged)
    shutil.copytree(data, tmp_path / "removed", ignore=shutil.ignore_patterns("*.sock"))
    (tmp_path / "removed" / "kept-0" / path.name).write_bytes(content[:last])
    for directory, is_whole in ((data, True), (tmp_path / "removed", False)):
        broker = await trio.to_thread.run_sync(Broker, str(directory))
        try:
            if is_whole:
                await load.check(broker)
            else:
                with pytest.raises(Violation, match=r"kept-0.*was acknowledged at"):
                    await load.check(broker)
        finally:
            broker.process.kill()
            await trio.to_thread.run_sync(broker.kill)
