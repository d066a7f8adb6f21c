"""How soon a restarted broker answers for 100,000 committed offsets, after a clean stop and after kill -9.

Ten groups commit an offset for each of 10,000 partitions, several times over. Ready is when each group has told one of
them. The target is 2 s.

    python benchmarks/restart.py [--commits 5]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trio

from kwire.client.connection import Client, connected
from kwire.protocol.errors import ErrorCode
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kwire.protocol.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics

GROUPS = [f"group-{index}" for index in range(10)]
TOPICS = [f"topic-{index}" for index in range(10)]
PARTITIONS = 1_000
TARGET_S = 2
WAIT_S = 60


class Broker:
    """A kwire process on that directory. started_s: on the clock when it was started."""

    def __init__(self, directory: Path) -> None:
        ready = directory / "ready.json"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "kwire", "serve", "--data", str(directory / "data"), "--listen", "127.0.0.1:0"]
        self.started_s = time.perf_counter()
        self.process = subprocess.Popen([*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
        while not ready.exists():
            if self.process.poll() is not None or time.perf_counter() - self.started_s > WAIT_S:
                raise SystemExit("the broker did not start")
            time.sleep(0.002)
        self.port = int(json.loads(ready.read_text())["bootstrap"].rpartition(":")[2])

    def cpu_s(self) -> float:
        """User and system time of the process."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, number: signal.Signals) -> None:
        """The process has ended."""
        self.process.send_signal(number)
        self.process.wait(WAIT_S)


async def fill(port: int, commits: int) -> None:
    """Every group has committed an offset for every partition, so many times."""
    async with connected("127.0.0.1", port) as client:
        topics = [CreatableTopic(name=name, num_partitions=PARTITIONS, replication_factor=1) for name in TOPICS]
        for topic in topics:
            created = await client.request(CreateTopicsRequest(topics=[topic], timeout_ms=60_000), 7)
            assert not created.topics[0].error_code, created.topics[0]
        await client.request(FindCoordinatorRequest(key_type=0, coordinator_keys=GROUPS), 4)
        for offset in range(commits):
            for group in GROUPS:
                for name in TOPICS:
                    rows = [OffsetCommitRequestPartition(index, offset) for index in range(PARTITIONS)]
                    request = OffsetCommitRequest(
                        group_id=group, topics=[OffsetCommitRequestTopic(name=name, partitions=rows)]
                    )
                    answer = await client.request(request, 9)
                    assert not answer.topics[0].partitions[0].error_code, answer.topics[0].partitions[0]


async def fetched(client: Client, group: str, topics: list[OffsetFetchRequestTopics] | None) -> int:
    """How many of these offsets the group has committed, of all where None, once it is loaded."""
    while True:
        asked = OffsetFetchRequestGroup(group_id=group, topics=topics)
        (row,) = (await client.request(OffsetFetchRequest(groups=[asked]), 9)).groups
        if not row.error_code:
            return sum(each.committed_offset >= 0 for topic in row.topics for each in topic.partitions)
        assert row.error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, row.error_code
        await trio.sleep(0.005)


async def count(port: int, topics: list[OffsetFetchRequestTopics] | None) -> int:
    """The committed offsets of all groups."""
    async with connected("127.0.0.1", port) as client:
        return sum([await fetched(client, group, topics) for group in GROUPS])


def main() -> int:
    """Exit status of the benchmark, which must run, not win."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=5, help="of each offset (5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        broker = Broker(Path(directory))
        trio.run(fill, broker.port, options.commits)
        for how, number in (("a clean stop", signal.SIGTERM), ("kill -9", signal.SIGKILL)):
            broker.stop(number)
            broker = Broker(Path(directory))
            first = [OffsetFetchRequestTopics(name=TOPICS[0], partition_indexes=[0])]
            assert trio.run(count, broker.port, first) == len(GROUPS)
            ready_s, cpu_s = time.perf_counter() - broker.started_s, broker.cpu_s()
            offsets = trio.run(count, broker.port, None)
            assert offsets == len(GROUPS) * len(TOPICS) * PARTITIONS, offsets
            verdict = "met" if ready_s < TARGET_S else "missed"
            print(
                f"{offsets:,} offsets, each committed {options.commits} times, ready after {how}: "
                f"{ready_s:.2f} s, {cpu_s:.2f} s of CPU (target {TARGET_S} s: {verdict})"
            )
        broker.stop(signal.SIGTERM)
    return 0


if __name__ == "__main__":
    sys.exit(main())
