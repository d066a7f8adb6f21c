"""Host: the thread of an embedded cluster, with an event loop of its own.

Users may be in any thread, within an event loop or not, so they leave work here and get a Future. One thread serves one
cluster from its start to its end; a reset begins a new cluster on the same ports, in the same thread.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from kwire.app import Running, running
from kwire.env import Env, run_in_thread, unmoved_clocks
from kwire.server.listener import Listener, backlog, bind
from kwire.settings import CannotStart
from kwire.testing import snapshots
from kwire.testing.client_activity import ClientActivity
from kwire.testing.values import ClusterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kwire.settings import Settings
    from kwire.testing.values import Snapshot

T = TypeVar("T")

CLOSED = "this cluster is closed; act on it inside its with block, or in the test that asked for it"
OWN_NAMES = {"--listen HOST:PORT": "port= or listen=", "--data DIR": "data="}
"""Arguments of Cluster to name in place of the command line's options."""

ALLOW_SOCKETS = "Mark the test with @pytest.mark.enable_socket, or allow 127.0.0.1 only: --allow-hosts=127.0.0.1"
"""What to do about pytest-socket, which forbids sockets to the cluster and its clients."""

RESET = "the cluster was reset or closed while this was waited for; wait for it before"

_hosts: weakref.WeakSet[Host] = weakref.WeakSet()


class _Restart:
    """An order to begin anew with the snapshot; done when the new cluster serves."""

    __slots__ = ("done", "snapshot")

    def __init__(self, snapshot: Snapshot | None) -> None:
        self.snapshot = snapshot
        self.done: Future[None] = Future()


class _Clock(trio.abc.Clock):
    """The event loop's clock, which runs on even if a test has frozen the clocks of its process."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s

    def start_clock(self) -> None:
        """Do nothing: the clock runs already."""

    def current_time(self) -> float:
        """Return monotonic seconds."""
        return self._monotonic_s()

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Return the seconds until then."""
        return deadline - self._monotonic_s()


class Host:
    """Serves one cluster from start() until stop().

    snapshot: the state to begin with. started: done when the cluster serves, or fails with the reason why not. ended:
    done when the thread has finished and the ports are closed. failure: the bug that ended it.
    """

    def __init__(self, settings: Settings, snapshot: Snapshot | None) -> None:
        self.activity = ClientActivity()
        self.started: Future[Running] = Future()
        self.ended: Future[None] = Future()
        self.failure: BaseException | None = None
        self._failure_taken = False
        self.pid = os.getpid()
        self._settings = settings
        self._snapshot = snapshot
        self._cluster_id: str | None = None
        self._running: Running | None = None
        self._calls: trio.Nursery | None = None
        self._early: list[tuple[Callable[[Running], Awaitable[object]], Future[object]]] = []
        self._restarts: list[_Restart] = []
        self._stopping = False
        self._turn = trio.Event()
        self._token: trio.lowlevel.TrioToken | None = None
        self._thread = threading.Thread(target=self._run, name="kwire", daemon=True)

    # From any thread

    def start(self) -> None:
        """Start the thread."""
        _hosts.add(self)
        self._thread.start()

    def stop(self) -> None:
        """Tell the cluster to end. A second call does nothing."""

        def stop() -> None:
            self._stopping = True
            self._turn.set()

        self._stopping = True
        if self._token is not None and self.pid == os.getpid():
            self._soon(stop)

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until the thread has ended, after stop(), or the time is up."""
        if self.pid == os.getpid() and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def take_bugs(self) -> list[BaseException]:
        """Return what went wrong inside the brokers since the last call."""
        bugs, self.activity.bugs = self.activity.bugs, []
        if self.failure is not None and not self._failure_taken:
            self._failure_taken = True
            bugs.append(self.failure)
        return bugs

    def call(self, work: Callable[[Running], Awaitable[T]]) -> Future[T]:
        """Run work on the cluster that serves now; return a future for its outcome.

        Raises:
            ClusterError: the cluster has ended, or this is a forked child.
        """
        future: Future[T] = Future()
        self._check()
        if not self._soon(lambda: self._begin(work, future)):
            raise self._why_ended()
        return future

    def restart(self, snapshot: Snapshot | None) -> Future[None]:
        """Begin anew at the same addresses, by default with the state at the first start; cut connections.

        Raises:
            ClusterError: as call.
        """
        asked = _Restart(snapshot or self._snapshot)

        def restart() -> None:
            if self._stopping:
                asked.done.set_exception(ClusterError(CLOSED))
                return
            self._restarts.append(asked)
            self._turn.set()

        self._check()
        if not self._soon(restart):
            raise self._why_ended()
        return asked.done

    def _check(self) -> None:
        if self.pid != os.getpid():
            raise ClusterError(
                f"this cluster belongs to process {self.pid}, and this process is a fork of it;"
                " use bootstrap_servers, as any client does"
            )
        if self._token is None:
            raise self._why_ended()

    def _why_ended(self) -> ClusterError:
        error = ClusterError(CLOSED)
        if self.failure is not None:
            error = ClusterError(
                "the cluster has failed, which is a bug in kwire; please report it with the error above"
            )
            error.__cause__ = self.failure
        return error

    def _soon(self, function: Callable[[], None]) -> bool:
        """Have the loop call the function soon; return False if the loop has ended."""
        assert self._token is not None
        try:
            self._token.run_sync_soon(function)
        except trio.RunFinishedError:
            return False
        return True

    def let_go(self) -> None:
        """Close this cluster's ports and connections in a forked child."""
        for server in self._running.servers.values() if self._running is not None else ():
            server.let_go()

    # In the thread

    def _run(self) -> None:
        handler = self.activity.log_handler(threading.get_ident())
        logger = logging.getLogger("kwire")
        logger.addHandler(handler)
        try:
            monotonic_s, wall_ms = unmoved_clocks()
            trio.run(self._serve, wall_ms, clock=_Clock(monotonic_s))
        except BaseException as error:  # noqa: BLE001 - who uses the cluster is told
            reason = _cannot_start(error)
            if reason is None:
                self.failure = error
            if not self.started.done():
                self.started.set_exception(ClusterError(reason) if reason is not None else self._why_ended())
        finally:
            logger.removeHandler(handler)
            _hosts.discard(self)
            self._give_up()
            self.ended.set_result(None)

    async def _serve(self, wall_ms: Callable[[], int]) -> None:
        """Serve one cluster after another until the host is stopped."""
        in_memory = self._settings.data is None
        env = Env(trio.current_time, wall_ms, run_blocking=_run_inline if in_memory else run_in_thread)
        self._token = trio.lowlevel.current_trio_token()
        snapshot, listeners, first_leader_epoch = self._snapshot, None, 0
        while not self._stopping:
            store = snapshots.new_store(env, snapshot, self._cluster_id, first_leader_epoch) if in_memory else None
            async with running(self._settings, env, listeners, store, first_leader_epoch) as started:
                if snapshot is not None:
                    snapshots.fill(started.cluster, snapshot)
                started.cluster.observers.append(self.activity.answered)
                self._cluster_id = started.cluster.cluster_id
                self._running = started
                self.activity.clear()
                if not self.started.done():
                    self.started.set_result(started)
                else:
                    self._restarts.pop(0).done.set_result(None)
                listeners = await self._wait_for_turn(started)
                first_leader_epoch = started.cluster.image.newest_leader_epoch
                snapshot = self._restarts[0].snapshot if self._restarts else None

    async def _wait_for_turn(self, started: Running) -> list[list[Listener]] | None:
        """Run calls until the cluster must begin anew, and return the listeners for that, or None if it must end."""
        while True:
            await self._take_calls()
            if self._stopping:
                return None
            try:
                return _taken_over(started, backlog(self._settings))
            except CannotStart as error:
                self._restarts.pop(0).done.set_exception(
                    ClusterError(f"cannot restart, so nothing has changed: {error}")
                )

    async def _take_calls(self) -> None:
        """Run calls until the cluster must end or begin anew; let those that still wait fail."""
        async with trio.open_nursery() as nursery:
            self._calls = nursery
            early, self._early = self._early, []
            for work, future in early:
                self._begin(work, future)
            while not self._stopping and not self._restarts:
                self._turn = trio.Event()
                await self._turn.wait()
            self._calls = None
            nursery.cancel_scope.cancel()

    def _begin(self, work: Callable[[Running], Awaitable[T]], future: Future[T]) -> None:
        if self._calls is not None:
            self._calls.start_soon(self._carry_out, work, future)
        elif self._stopping:
            future.set_exception(ClusterError(CLOSED))
        else:
            self._early.append((work, future))  # type: ignore[arg-type]

    async def _carry_out(self, work: Callable[[Running], Awaitable[T]], future: Future[T]) -> None:
        assert self._running is not None
        try:
            result = await work(self._running)
        except trio.Cancelled:
            future.set_exception(ClusterError(RESET))
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was made
            future.set_exception(error)
        else:
            future.set_result(result)

    def _give_up(self) -> None:
        """Let everything fail that still waits."""
        self._stopping = True
        waiting: list[Future[Any]] = [future for _, future in self._early] + [asked.done for asked in self._restarts]
        if not self.started.done():
            waiting.append(self.started)
        for future in waiting:
            future.set_exception(self._why_ended())


def _cannot_start(error: BaseException) -> str | None:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if type(error).__module__ == "pytest_socket":
        return f"{error} {ALLOW_SOCKETS}"
    if not isinstance(error, CannotStart):
        return None
    reason = str(error)
    for option, argument in OWN_NAMES.items():
        reason = reason.replace(option, argument)
    return reason


async def _run_inline(function: Callable[[], T], /) -> T:
    """Run the function in the loop: memory does not block, so no thread is needed."""
    return function()


def _taken_over(started: Running, backlog: int) -> list[list[Listener]]:
    """Make listeners for the next cluster at this one's ports, and keep the clients that wait there.

    Raises:
        CannotStart: another process took the port of a stopped broker.
    """
    taken: list[list[Listener]] = []
    try:
        for node_id, server in started.servers.items():
            if started.cluster.brokers[node_id].running:
                taken.append([Listener(each.socket.dup(), each.host, each.name) for each in server.listeners])
            else:
                ports = dict.fromkeys((each.host, each.port) for each in server.listeners)
                taken.append([each for host, port in ports for each in bind(host, port, backlog)])
    except BaseException:
        for listener in (one for several in taken for one in several):
            listener.close()
        raise
    return taken


def _let_go() -> None:
    """Close the parent's clusters in a forked child: their ports and connections belong to the parent alone."""
    for host in list(_hosts):
        host.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
