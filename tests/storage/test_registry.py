import pytest

from kwire.storage.memory import MemoryStore
from kwire.storage.port import StorageError
from kwire.storage.registry import StoreOptions, make_store
from kwire.storage.segments.store import SegmentStore
from tests.kit.storage_bench import FakeTime


def test_memory():
    store = make_store("memory:", FakeTime().env(), StoreOptions(memory_bytes=12345))
    assert isinstance(store, MemoryStore)
    assert store.budget_bytes == 12345


def test_file(tmp_path):
    store = make_store(f"file:{tmp_path}", FakeTime().env(), StoreOptions(node_id=3))
    assert isinstance(store, SegmentStore)
    assert (store.directory, store.node_id) == (str(tmp_path), 3)


@pytest.mark.parametrize("url", ["", "tape:", "memory:/x", "file:", "/data"])
def test_other_urls_are_refused_with_a_sentence(url):
    with pytest.raises(StorageError, match=r" "):
        make_store(url, FakeTime().env())
