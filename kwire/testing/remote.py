"""Cluster for programs whose threads and sockets gevent or eventlet have replaced: it runs in a child process.

A cluster's arguments and results are plain values, so each call is one pickle there and one back, over a socket that
is as cooperative as the rest of the program. One child process runs all clusters.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import secrets
import socket
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, Self

from kwire.testing.values import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__tracebackhide__ = True

TOKEN_BYTES: Final = 32
SIZE_BYTES: Final = 8
END: Final = b"."
CHILD: Final = "import sys; sys.path[:] = {path!r}; from kwire.testing.child import main; main()"
METHODS: Final = (
    *("append", "brokers", "check", "create_topic", "delete_topic", "describe", "extend", "group", "groups", "lag"),
    *("move_leader", "records", "reset", "restore", "snapshot", "start_broker", "stop_broker", "topic", "topics"),
    *("wait_for_records", "wait_until_consumed"),
)
AWAITED: Final = ("wait_for_records_async", "wait_until_consumed_async")


class _Child:
    """The child process that runs this process's clusters."""

    def __init__(self) -> None:
        self._token = secrets.token_bytes(TOKEN_BYTES)
        command = [sys.executable, "-c", CHILD.format(path=sys.path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ours
        self._pid = os.getpid()
        atexit.register(self._end)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(self._token)
        self._process.stdin.flush()
        port = self._process.stdout.readline()
        if not port:
            raise ClusterError("the cluster's child process has ended at once; see its output above")
        self._address = ("127.0.0.1", int(port))

    @property
    def is_ours(self) -> bool:
        """Whether this process has started it: what is a copy in a fork ends nothing of its parent's."""
        return self._pid == os.getpid()

    @property
    def is_there(self) -> bool:
        """Whether it can be asked for another cluster."""
        return self.is_ours and self._process.poll() is None

    def ask(
        self, number: int | None, name: str, args: Sequence[Any] = (), options: Mapping[str, Any] | None = None
    ) -> Any:
        """Call the cluster's method in the child; return its result or raise its error."""
        plain = {key: _plain(value) for key, value in (options or {}).items()}
        request = pickle.dumps((number, name, tuple(map(_plain, args)), plain))
        try:
            with socket.create_connection(self._address) as connection, connection.makefile("rb") as answers:
                connection.sendall(self._token + len(request).to_bytes(SIZE_BYTES, "big") + request)
                answer = answers.read()
        except OSError:
            answer = b""
        if not answer:
            raise ClusterError("the cluster's child process has ended; see its output above")
        result, error, cause = pickle.loads(answer)  # noqa: S301 - from our child
        if error is not None:
            if cause:
                error.add_note(cause)
            raise error
        return result

    def forget(self, number: int) -> None:
        """The cluster is gone, if it is not already with all the others."""
        if self.is_there:
            self.ask(number, "forget")

    def _end(self) -> None:
        if self.is_ours and self._process.stdin is not None and self._process.stdout is not None:
            with contextlib.suppress(BrokenPipeError):  # it has ended before
                self._process.stdin.write(END)  # the end of the stream does not come where a fork holds it too
                self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


def _plain(value: Any) -> Any:
    """Turn a generator into a list, because a generator cannot be pickled."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | Sequence | AbstractSet):
        return list(value)
    return value


_child: _Child | None = None
_starting = threading.Lock()


def _the_child() -> _Child:
    global _child  # noqa: PLW0603 - one for the process
    with _starting:
        if _child is None or not _child.is_there:
            _child = _Child()
        return _child


class Cluster:
    """As kwire.testing.cluster.Cluster, but without the methods to await."""

    _at_exit: weakref.finalize[Any, Any] | None = None

    def __init__(self, **arguments: Any) -> None:
        if isinstance(arguments.get("data"), str | os.PathLike) and arguments["data"]:
            arguments["data"] = os.path.abspath(arguments["data"])  # noqa: PTH100 - the child may stand elsewhere
        self._child = _the_child()
        self._number = self._child.ask(None, "", (), arguments)
        self._state = "not started"
        self._at_exit = weakref.finalize(self, self._child.forget, self._number)
        self._at_exit.atexit = False  # at exit the child ends by itself

    def start(self) -> Self:
        """As Cluster.start."""
        self._child.ask(self._number, "start")
        self._state = self.bootstrap_servers
        return self

    def close(self) -> None:
        """As Cluster.close."""
        self._state = "closed"
        if self._child.is_ours:
            self._child.ask(self._number, "close")

    @property
    def bootstrap_servers(self) -> str:
        """As Cluster.bootstrap_servers."""
        return str(self._child.ask(self._number, "bootstrap_servers"))

    def __enter__(self) -> Self:
        """As start(), unless that was called."""
        return self.start() if self._state in {"not started", "closed"} else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """As close()."""
        self.close()

    def __copy__(self) -> Self:
        """As Cluster.__copy__."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """As Cluster.__copy__."""
        return self

    def __del__(self) -> None:
        if self._at_exit is not None and self._state not in {"not started", "closed"}:
            warnings.warn(f"{self!r} was not closed; use it in a with block", ResourceWarning, stacklevel=2)

    def __repr__(self) -> str:
        return f"<kwire.testing.Cluster {self._state}, in a process of its own>"


def _asked(name: str) -> Callable[..., Any]:
    def method(self: Cluster, *args: Any, **options: Any) -> Any:
        return self._child.ask(self._number, name, args, options)

    method.__name__ = name
    method.__doc__ = f"As Cluster.{name}."
    return method


def _not_awaited(name: str) -> Callable[..., Any]:
    async def method(*_: Any, **__: Any) -> Any:
        raise ClusterError(f"under gevent or eventlet, use {name.removesuffix('_async')}(...)")

    method.__name__ = name
    return method


for _name in METHODS:
    setattr(Cluster, _name, _asked(_name))
for _name in AWAITED:
    setattr(Cluster, _name, _not_awaited(_name))
