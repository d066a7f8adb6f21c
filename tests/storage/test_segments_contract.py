"""The segments engine keeps the contract of the port: with what the system has, with every fallback, and as on Windows."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kwire.files import OsFiles
from kwire.storage.segments.store import SegmentStore
from kwire.testing.durable_storage_contract import DurableLogContract


class StubbornFiles(OsFiles):
    """Neither removes nor renames what is open, as Windows."""

    def __init__(self):
        super().__init__(vectored=False, positioned=False, nowait=False)
        self.opened = []

    def open(self, path, mode):
        file = super().open(path, mode)
        self.opened.append((path, file.fileno()))
        return file

    def _refuse_if_open(self, path):
        still_open = []
        for name, descriptor in self.opened:
            try:
                same = os.path.samestat(os.fstat(descriptor), Path(name).stat())
            except OSError:
                continue
            if same:
                still_open.append((name, descriptor))
        self.opened = still_open
        if any(name == path or name.startswith(path + "/") for name, _ in still_open):
            raise PermissionError(13, "the file is open", path)

    def rename(self, path, to_path):
        self._refuse_if_open(path)
        self._refuse_if_open(to_path)
        super().rename(path, to_path)

    def remove(self, path):
        self._refuse_if_open(path)
        super().remove(path)


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
