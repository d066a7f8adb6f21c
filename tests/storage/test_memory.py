import pytest

from kwire.storage.memory import MemoryStore
from kwire.testing.storage_contract import LogContract


class TestMemoryContract(LogContract):
    @pytest.fixture
    def make_store(self):
        return lambda _place, env: MemoryStore(env)
