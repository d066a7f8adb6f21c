"""kwire.files with what the system has, and with every fallback forced."""

import os
import subprocess
import sys

import pytest

from kwire.files import NO_DESCRIPTOR, OsFiles, read_file, replace_file

FALLBACKS = {
    "system": {},
    "no-writev": {"vectored": False},
    "no-pread": {"positioned": False},
    "no-nowait": {"nowait": False},
    "nothing": {"vectored": False, "positioned": False, "nowait": False},
}


@pytest.fixture(params=FALLBACKS, ids=str)
def files(request):
    return OsFiles(**FALLBACKS[request.param])


@pytest.fixture
def path(tmp_path):
    return f"{tmp_path}/file"


def test_append_writes_all_parts_in_order_at_the_end(files, path):
    file = files.open(path, "create")
    assert file.append([b"ab", bytearray(b"cd"), memoryview(b"ef")]) == 6
    assert file.pread(2, 0) == b"ab"
    assert file.append([b"g"]) == 1
    assert file.append([]) == 0
    assert file.append([b"x"] * 3000) == 3000
    assert file.size() == 3007
    file.close()
    assert read_file(files, path) == b"abcdefg" + b"x" * 3000


def test_a_short_writev_is_finished(path, monkeypatch):
    whole = os.writev
    monkeypatch.setattr(os, "writev", lambda fd, parts: whole(fd, [b"".join(parts)[:5]]))
    file = OsFiles().open(path, "create")
    assert file.append([b"abc", b"defg", b"", b"hi"]) == 9
    assert file.pread(100, 0) == b"abcdefghi"
    file.close()


def test_pread_gives_less_only_at_the_end(files, path):
    file = files.open(path, "create")
    file.append([b"0123456789"])
    assert file.pread(4, 3) == b"3456"
    assert file.pread(100, 8) == b"89"
    assert file.pread(1, 10) == b""
    file.close()


def test_pread_cached_gives_the_bytes_or_none(files, path):
    file = files.open(path, "create")
    file.append([b"0123456789"])
    cached = file.pread_cached(4, 3)
    assert cached is None or cached == b"3456"
    assert file.pread_cached(4, 8) is None
    file.close()


def test_pread_cached_knows_what_was_just_written(path):
    file = OsFiles().open(path, "create")
    file.append([b"0123456789"])
    try:
        os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
    except (AttributeError, OSError):
        assert file.pread_cached(4, 3) is None
    else:
        assert file.pread_cached(4, 3) == b"3456"
    file.close()


def test_a_retained_file_outlives_its_removal(files, path):
    file = files.open(path, "create")
    file.append([b"still here"])
    held = file.retain()
    file.close()
    files.remove(path)
    assert not files.exists(path)
    assert held.pread(5, 0) == b"still"
    held.close()
    assert held.fileno() == NO_DESCRIPTOR


def test_a_forgotten_file_gives_its_descriptor_back(path):
    file = OsFiles().open(path, "create")
    descriptor = file.fileno()
    del file
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_truncate_then_append_continues_at_the_new_end(files, path):
    file = files.open(path, "create")
    file.append([b"0123456789"])
    file.truncate(4)
    file.append([b"x"])
    file.fsync()
    assert file.pread(10, 0) == b"0123x"
    file.close()


@pytest.mark.parametrize("mode", ["read", "append"])
def test_only_create_makes_a_file(files, path, mode):
    with pytest.raises(FileNotFoundError):
        files.open(path, mode)
    files.open(path, "create").close()
    files.open(path, mode).close()


def test_a_file_opened_again_to_append_goes_on_at_its_end(files, path):
    replace_file(files, path, b"one", durable=False)
    file = files.open(path, "append")
    file.append([b"two"])
    file.close()
    assert read_file(files, path) == b"onetwo"


def test_directories(files, tmp_path):
    root = f"{tmp_path}/a/b"
    files.mkdir(root)
    files.mkdir(root)
    replace_file(files, f"{root}/two", b"2")
    replace_file(files, f"{root}/one", b"1")
    assert files.listdir(root) == ["one", "two"]
    files.rename(f"{root}/one", f"{root}/two")
    assert files.listdir(root) == ["two"]
    assert read_file(files, f"{root}/two") == b"1"
    assert files.size(f"{root}/two") == 1
    assert files.modified_ms(f"{root}/two") > 1_600_000_000_000
    with pytest.raises(OSError):
        files.remove(root)
    files.remove(f"{root}/two")
    files.remove(f"{root}/two")
    files.remove(root)
    assert not files.exists(root)


def test_replace_file_ignores_what_a_crash_left(files, path, tmp_path):
    replace_file(files, path, b"former")
    (tmp_path / "file.tmp").write_bytes(b"half of something longer")
    replace_file(files, path, b"new")
    assert read_file(files, path) == b"new"
    assert not files.exists(path + ".tmp")


def test_a_lock_excludes_this_process_and_others(files, path):
    lock = files.lock(path)
    assert lock is not None
    assert files.lock(path) is None
    ask = f"from kwire.files import OsFiles; print(OsFiles().lock({path!r}) is None)"
    assert subprocess.check_output([sys.executable, "-c", ask], text=True).strip() == "True"
    lock.release()
    lock.release()
    again = files.lock(path)
    assert again is not None
    again.release()
