"""kwire.syncing: each way to sync many files, and errors in it."""

import errno
import os
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from kwire import syncing
from kwire.syncing import FEW, sync

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has syncfs")
MANY = 10 * FEW


class Asked:
    """Counts the fsyncs, and fails those of one path."""

    def __init__(self):
        self.paths = Counter()
        self.failing = None
        self._fsync = os.fsync

    def fsync(self, descriptor):
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        self.paths[path] += 1
        if path == self.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(descriptor)


@pytest.fixture
def asked(monkeypatch):
    counting = Asked()
    monkeypatch.setattr(os, "fsync", counting.fsync)
    return counting


@pytest.fixture
def tree(tmp_path):
    """Return a function that makes files and directories."""

    def make(count):
        files = []
        for number in range(count):
            (tmp_path / str(number)).mkdir()
            files.append(str(tmp_path / str(number) / "file"))
            with open(files[-1], "wb") as file:  # noqa: PTH123 - paths are strings here
                file.write(b"content")
        return files, [os.path.dirname(path) for path in files] + [str(tmp_path)]  # noqa: PTH120 - as above

    return make


@pytest.fixture
def no_file_system(monkeypatch):
    """Make the file system's type unknown."""
    monkeypatch.setattr(syncing, "_type_of", lambda _: None)


@on_linux
def test_a_few_are_synced_one_by_one(asked, tree):
    files, directories = tree(3)
    sync(files, directories)
    assert asked.paths == Counter(files + directories)


@on_linux
@pytest.mark.usefixtures("no_file_system")
def test_many_are_all_synced_where_the_file_system_cannot_be_asked(asked, tree):
    files, directories = tree(MANY)
    sync([*files, "/nowhere/missing"], directories)
    assert asked.paths == Counter(files + directories)


@on_linux
def test_a_file_system_that_is_known_is_asked_once(asked, tree, monkeypatch):
    monkeypatch.setattr(syncing, "_type_of", lambda _: "ext4")
    monkeypatch.setattr(syncing, "_waiting_bytes", lambda: 0)
    monkeypatch.setattr(syncing, "SYNCFS_TELLS_ERRORS", (2, 6))
    sync(*tree(MANY))
    assert not asked.paths


@on_linux
@pytest.mark.parametrize(
    ("name", "value"),
    [("SYNCFS_TELLS_ERRORS", (99, 0)), ("_waiting_bytes", lambda: 1 << 40), ("_type_of", lambda _: "fuse.sshfs")],
)
def test_it_is_not_asked_where_that_says_too_little_or_takes_too_long(asked, tree, monkeypatch, name, value):
    monkeypatch.setattr(syncing, "_type_of", lambda _: "ext4")
    monkeypatch.setattr(syncing, "_waiting_bytes", lambda: 0)
    monkeypatch.setattr(syncing, name, value)
    files, directories = tree(MANY)
    sync(files, directories)
    assert asked.paths == Counter(files + directories)


@on_linux
def test_it_is_not_asked_for_what_is_linked_from_another(asked, tree, tmp_path, monkeypatch):
    monkeypatch.setattr(syncing, "_type_of", lambda _: "ext4")
    monkeypatch.setattr(syncing, "_waiting_bytes", lambda: 0)
    monkeypatch.setattr(syncing, "SYNCFS_TELLS_ERRORS", (2, 6))
    files, directories = tree(MANY)
    (tmp_path / "linked").symlink_to("/proc/self")  # the only other file system on every machine
    sync([*files, str(tmp_path / "linked" / "missing"), "/nowhere/missing"], directories)
    assert asked.paths == Counter(files + directories)


@on_linux
@pytest.mark.usefixtures("no_file_system")
@pytest.mark.parametrize("count", [3, MANY])
def test_an_error_names_the_file(asked, tree, count):
    files, directories = tree(count)
    asked.failing = files[1]
    failures = sync(files, directories)
    assert [(path, error.errno, error.filename) for path, error in failures.items()] == [
        (files[1], errno.EIO, files[1])
    ]
    assert set(asked.paths) == {*files, *directories}  # the others were synced all the same


@on_linux
@pytest.mark.usefixtures("no_file_system")
def test_no_more_threads_are_no_reason_not_to_sync(asked, tree, monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    files, directories = tree(MANY)
    sync(files, directories)
    assert set(asked.paths) == {*files, *directories}


@on_linux
def test_the_system_tells_its_file_systems():
    assert syncing._type_of("/proc") == "proc"
    assert syncing._waiting_bytes() >= 0
    assert syncing._release() > (2, 6)


@pytest.mark.parametrize("is_scarce", [True, False])
def test_where_descriptors_are_scarce_files_are_synced_one_after_another(tree, no_file_system, monkeypatch, is_scarce):
    threads, fsync = set(), os.fsync

    def counted(descriptor):
        threads.add(threading.get_ident())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    monkeypatch.setattr(syncing, "files_end", lambda: syncing.AT_ONCE if is_scarce else 1 << 20)
    assert not sync(*tree(MANY))
    assert (threads == {threading.get_ident()}) is is_scarce
