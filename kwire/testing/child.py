"""A process that runs clusters for its parent process: the other end of remote.py.

It reads a token from standard input, and writes its port to standard output. Each request is a connection of its own to
that port. The next byte of standard input, or its end, ends this process: the parent process is ending, or has ended.
"""

from __future__ import annotations

import contextlib
import hmac
import pickle
import signal
import socketserver
import sys
import threading
import traceback
from itertools import count
from typing import Any, Final

from kwire.testing.cluster import Cluster
from kwire.testing.values import ClusterError

TOKEN_BYTES: Final = 32
SIZE_BYTES: Final = 8


class _Clusters:
    """The clusters by their numbers."""

    def __init__(self) -> None:
        self._clusters: dict[int, Cluster] = {}
        self._numbers = count(1)

    def answer(self, number: int | None, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call that cluster's method and return its result; without a number, make a cluster and return its number."""
        if number is None:
            number = next(self._numbers)
            self._clusters[number] = Cluster(**options)
            return number
        cluster = self._clusters[number]
        if name == "forget":
            return self._clusters.pop(number).close()
        found = getattr(cluster, name)
        result = found(*args, **options) if callable(found) else found
        return None if result is cluster else result

    def close(self) -> None:
        """Close all clusters."""
        for cluster in self._clusters.values():
            with contextlib.suppress(ClusterError):  # the parent, which could handle it, has ended
                cluster.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 1024  # of a short one, the system drops what comes at once, to be tried again after seconds

    def __init__(self, token: bytes) -> None:
        self.token = token
        self.clusters = _Clusters()
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer one request of the parent; drop connections without its token unread."""
        if not hmac.compare_digest(self.rfile.read(TOKEN_BYTES), self.server.token):
            return
        size_bytes = int.from_bytes(self.rfile.read(SIZE_BYTES), "big")
        number, name, args, options = pickle.loads(self.rfile.read(size_bytes))  # noqa: S301 - from the owner
        result, error, cause = None, None, ""
        try:
            result = self.server.clusters.answer(number, name, args, options)
        except Exception as raised:  # noqa: BLE001 - it is raised where the owner asked
            error = raised.with_traceback(None)
            cause = "".join(traceback.format_exception(raised.__cause__)) if raised.__cause__ else ""
            error.__cause__ = None
        self.wfile.write(pickle.dumps((result, error, cause)))


def main() -> None:
    """Run clusters until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the parent as well, which decides
    with _Server(sys.stdin.buffer.read(TOKEN_BYTES)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        sys.stdin.buffer.read(1)
        server.shutdown()
        server.clusters.close()
