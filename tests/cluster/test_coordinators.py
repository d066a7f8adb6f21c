"""Which groups are stored: looked for beside the requests, and said if the disk does not tell."""

from dataclasses import replace

import pytest

from kwire.cluster.internal_topics import GROUP_TOPIC
from kwire.coordinator.group.commands import ListGroups
from kwire.files import OsFiles
from kwire.protocol.errors import ApiError, ErrorCode
from kwire.storage.segments.store import SegmentStore
from tests.kit.cluster import build_cluster, build_env


class Listed(OsFiles):
    """Notes where directories are read."""

    def __init__(self):
        super().__init__()
        self.in_thread = False
        self.reads = []
        self.error = None

    async def run_blocking(self, function):
        self.in_thread = True
        try:
            return function()
        finally:
            self.in_thread = False

    def listdir(self, path):
        self.reads.append(self.in_thread)
        if self.error is not None:
            raise self.error
        return super().listdir(path)


@pytest.fixture
async def stored(tmp_path):
    """(A cluster with the groups' topic, its files)."""
    files = Listed()
    env = replace(build_env(), files=files, run_blocking=files.run_blocking)
    store = SegmentStore(str(tmp_path / "data"), env)
    store.start()
    cluster = build_cluster(env=env, store=store)
    await cluster.ensure_internal_topic(GROUP_TOPIC)
    files.reads.clear()
    return cluster, files


async def test_the_directory_is_read_in_a_thread(stored):
    cluster, files = stored
    assert await cluster.groups.ask_all(1, ListGroups([], [])) == []
    assert files.reads == [True]


async def test_a_directory_that_cannot_be_read(stored, caplog):
    cluster, files = stored
    files.error = OSError(5, "no disk")
    with pytest.raises(ApiError) as refused:
        await cluster.groups.ask_all(1, ListGroups([], []))
    assert refused.value.code == ErrorCode.COORDINATOR_NOT_AVAILABLE
    await cluster.groups.load_stored()
    (line,) = caplog.messages
    assert line.startswith("cannot load the stored groups: cannot list ")
