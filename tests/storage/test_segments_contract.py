"""The segments engine keeps the contract of the port: with what the system has, with every fallback, and as on Windows."""

from dataclasses import replace

import pytest

from kwire.files import OsFiles
from kwire.storage.segments.store import SegmentStore
from tests.kit.durable_storage_contract import DurableLogContract
from tests.kit.faulty_files import StubbornFiles

FILES = {
    "system": OsFiles,
    "fallbacks": lambda: OsFiles(vectored=False, positioned=False, nowait=False),
    "stubborn": StubbornFiles,
}


class TestSegmentsContract(DurableLogContract):
    @pytest.fixture(params=FILES)
    def make_store(self, request, tmp_path):
        files = FILES[request.param]()
        return lambda place, env: SegmentStore(str(tmp_path / place), replace(env, files=files))
