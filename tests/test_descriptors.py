"""kwire.descriptors: numbers, each in a process of its own, whose limit can be changed."""

import errno
import os
import subprocess
import sys

import pytest

from kwire import descriptors
from kwire.files import OsFiles

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")


def run(ulimit, code):
    """Run the code under such a limit; return its output."""
    command = [
        "sh",
        "-c",
        f'ulimit {ulimit}; exec "$@"',
        "sh",
        sys.executable,
        "-c",
        f"from kwire.descriptors import *\n{code}",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@posix
@pytest.mark.parametrize(("ulimit", "numbers"), [(256, [192, 224]), (1024, [896, 992]), (4096, [3584, 4064])])
def test_files_keep_below_an_end_and_connections_below_another(ulimit, numbers):
    assert run(f"-n {ulimit}", "print(files_end(), connections_end())") == list(map(str, numbers))


@posix
def test_the_soft_limit_is_raised_to_the_hard_one():
    assert run("-n 2000; ulimit -Sn 256", "print(limit(), raise_limit(), raise_limit(), limit())") == [
        "256",
        "2000",
        "2000",
        "2000",
    ]


@posix
def test_a_system_that_says_more_than_it_allows_is_asked_for_less(monkeypatch):
    """As macOS, whose hard limit is none at all."""
    import resource

    allowed = [256, resource.RLIM_INFINITY]

    def setrlimit(_, limits):
        if limits[0] > descriptors.MACOS_MOST:
            raise ValueError("current limit exceeds maximum limit")
        allowed[:] = limits

    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(allowed))
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    assert descriptors.raise_limit() == descriptors.MACOS_MOST
    assert allowed == [descriptors.MACOS_MOST, resource.RLIM_INFINITY]


@posix
def test_a_number_tells_how_many_are_open():
    said = run("-n 100", "held = [os.dup(0) for _ in range(50)]; print(next_number(0) - held[-1])")
    assert said == ["1"]
    assert run(
        "-n 64",
        """
held = []
while next_number(0) < sys.maxsize:
    held.append(os.dup(0))
print(held[-1])
""",
    ) == ["63"]


@pytest.mark.parametrize("spares", [True, False])
@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_others_give_way_to_a_file_that_has_to_be_opened(tmp_path, monkeypatch, number, spares):
    files, failures = OsFiles(), [number]
    files.open(f"{tmp_path}/file", "create").close()
    files.spare = lambda: spares
    work = {
        "open": lambda: files.open(f"{tmp_path}/file", "read").close(),
        "listdir": lambda: files.listdir(str(tmp_path)),
        "fsync": lambda: files.fsync_directory(str(tmp_path)),
    }
    for name in ("open", "listdir"):
        system_call = getattr(os, name)

        def scarce(*arguments, system_call=system_call):
            if failures:
                raise OSError(failures.pop(), "there are none")
            return system_call(*arguments)

        monkeypatch.setattr(os, name, scarce)
    for each in work.values():
        failures[:] = [number]
        if spares:
            each()
        else:
            with pytest.raises(OSError, match="there are none"):
                each()


@posix
def test_an_embedded_cluster_does_not_touch_the_limit():
    said = run(
        "-n 2000; ulimit -Sn 256",
        "import resource; from kwire.testing import Cluster\n"
        "with Cluster() as cluster: print(*resource.getrlimit(resource.RLIMIT_NOFILE))",
    )
    assert said == ["256", "2000"]
