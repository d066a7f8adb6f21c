"""Cutter: relays connections to brokers; from time to time it swallows what they answer, then cuts every connection."""

import contextlib
import socket
import threading
import time

RELAY_BYTES = 65536
PORT_TRIES = 100


class Cutter:
    """Relays listen at consecutive ports from first_port on, one for each broker that relay_to() names."""

    def __init__(self, brokers):
        self._listeners = consecutive(brokers)
        self.first_port = self._listeners[0].getsockname()[1]
        self._connections = set()
        self._muted = set()

    def relay_to(self, addresses):
        """Clients reach these brokers from now on."""
        for listener, address in zip(self._listeners, addresses, strict=True):
            host, port = address.split(":")
            threading.Thread(target=self._accept, args=(listener, (host, int(port))), daemon=True).start()

    def cut_for(self, seconds):
        """Answers were lost and connections cut, several times a second. How often that was."""
        times, end_s = 0, time.monotonic() + seconds
        while time.monotonic() < end_s:
            time.sleep(0.3)
            self._muted = set(self._connections)
            time.sleep(0.03)
            for connection in self._muted:
                with contextlib.suppress(OSError):  # its client was faster
                    connection.shutdown(socket.SHUT_RDWR)
            self._connections -= self._muted
            times += 1
        return times

    def close(self):
        for one in (*self._listeners, *self._connections):
            one.close()

    def _accept(self, listener, address):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = listener.accept()
                try:
                    broker = socket.create_connection(address)
                except OSError:
                    client.close()
                    continue
                self._connections.add(client)
                for ends in ((client, broker), (broker, client)):
                    threading.Thread(target=self._relay, args=ends, daemon=True).start()

    def _relay(self, source, target):
        with contextlib.suppress(OSError):  # cut
            while data := source.recv(RELAY_BYTES):
                if target not in self._muted:
                    target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):  # the other direction was faster
                one.shutdown(socket.SHUT_RDWR)


def consecutive(count):
    """So many listeners on neighbouring ports."""
    for _ in range(PORT_TRIES):
        made = [socket.create_server(("127.0.0.1", 0))]
        try:
            for _ in range(count - 1):
                made.append(socket.create_server(("127.0.0.1", made[-1].getsockname()[1] + 1)))
        except OSError:
            for one in made:
                one.close()
        else:
            return made
    raise RuntimeError(f"no {count} neighbouring ports are free")
