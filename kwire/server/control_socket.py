"""The local socket through which `kwire broker` reaches a running cluster: where it is, how it is bound and asked.

A Unix socket that only its owner may connect to (mode 0600). One JSON object a line: a request, its answer.
"""
# Paths are strings: this is on the way to the first client, and pathlib would be loaded for nothing.
# ruff: noqa: PTH100, PTH101, PTH103, PTH108, PTH118, PTH120, PTH208

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING, Any, Final

from kwire.settings import CannotStart

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "control.sock"
SUFFIX: Final = ".sock"
PATH_BYTES_MAX: Final = 103
"""What the address of a Unix socket holds on every system."""
REPLY_TIMEOUT_S: Final = 30.0
"""A cluster that has not answered by then is stuck, or busy with an import of its own."""
SUPPORTED: Final = hasattr(socket, "AF_UNIX")
"""Python on Windows has no Unix sockets."""


class NotReachable(Exception):  # noqa: N818 - what happened
    """No cluster answers there; the message is one sentence."""


def path_of(data: str | None, host: str, port: int) -> str:
    """Where the socket is of a cluster that keeps its data there (None: in memory) and listens at that address."""
    if data is None:
        return os.path.join(runtime_directory(), f"{host.replace(':', '_') or 'any'}-{port}{SUFFIX}")
    path = os.path.join(os.path.abspath(data), NAME)
    if len(os.fsencode(path)) <= PATH_BYTES_MAX:
        return path
    from hashlib import sha256  # noqa: PLC0415 - for a deep directory only

    digest = sha256(os.fsencode(os.path.realpath(data))).hexdigest()[:16]
    return os.path.join(runtime_directory(), f"data-{digest}{SUFFIX}")


def runtime_directory() -> str:
    """This user's own directory for sockets; it need not exist."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "kwire")
    user = os.getuid() if SUPPORTED else "nobody"  # Windows has neither user ids nor these sockets
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", f"kwire-{user}")  # noqa: S108 - checked by _own


def in_runtime_directory() -> Iterator[str]:
    """The paths of sockets there at which a cluster answers."""
    directory = runtime_directory()
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return
    for name in names:
        path = os.path.join(directory, name)
        if name.endswith(SUFFIX) and _is_answered(path):
            yield path


def listen(path: str) -> socket.socket:
    """A socket at which this process answers; the one that a killed process left there is replaced.

    Raises:
        CannotStart: with one sentence.
    """
    if not SUPPORTED:
        raise CannotStart("this system has no Unix sockets, so `kwire broker` cannot reach this cluster")
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise CannotStart(
            f"the control socket's path {path} is longer than {PATH_BYTES_MAX} bytes; choose a shorter one"
        )
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.dirname(path) == runtime_directory():
            _own(os.path.dirname(path))
        _clear(path)
        bound.setblocking(False)
        bound.bind(path)
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)  # nobody connects before listen(), so nobody was earlier
        bound.listen()
    except OSError as error:
        bound.close()
        raise CannotStart(f"cannot make the control socket {path}: {error.strerror or error}") from error
    except CannotStart:
        bound.close()
        raise
    return bound


def remove(bound: socket.socket, path: str) -> None:
    """Nobody answers there any more."""
    bound.close()
    try:
        os.unlink(path)
    except OSError:
        return  # somebody removed it before


def ask(path: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of the cluster that listens at path.

    Raises:
        NotReachable.
    """
    import json  # noqa: PLC0415 - not on the way to the first client

    if not SUPPORTED:
        raise NotReachable("this system has no Unix sockets, which `kwire broker` needs")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
            connected.settimeout(REPLY_TIMEOUT_S)
            connected.connect(path)
            connected.sendall(json.dumps(request).encode() + b"\n")
            with connected.makefile("rb") as replies:
                reply: dict[str, Any] = json.loads(replies.readline())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no answer"
        raise NotReachable(f"no running cluster answers at {path}: {why}") from error
    return reply


def _own(directory: str) -> None:
    """The directory is there, ours, and closed to everybody else."""
    os.makedirs(directory, mode=stat.S_IRWXU, exist_ok=True)
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise CannotStart(f"{directory} is not a directory that only you can use; remove it, or set --control PATH")


def _clear(path: str) -> None:
    """Nothing is at path, if what was there is a socket that nobody listens at."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise CannotStart(f"cannot make the control socket {path}: something else is there; choose another --control")
    if _is_answered(path):
        raise CannotStart(f"the control socket {path} is in use by another cluster; choose another --control PATH")
    os.unlink(path)


def _is_answered(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(REPLY_TIMEOUT_S)
        return probe.connect_ex(path) == 0
