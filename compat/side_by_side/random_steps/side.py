"""One broker's side of a sequence: connections, open requests, and the broker's names for what the sequence names."""

import re
import select
import socket
import time

from compat.side_by_side.sent import CLIENT_ID
from compat.side_by_side.wire import CLOSED, comparable, decoded, identity
from kwire.protocol import frames
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic

GIVEN_ID = re.compile(r"(?:[\w-]+-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![\w-])[\w-]{22}(?![\w-])")
"""A member id not seen before: the client's or instance's id and a UUID, or Kafka's short form of one."""


class Asked:
    """A request and its answer, None before it arrives."""

    def __init__(self, connection, message, version):
        self.connection, self.message, self.version = connection, message, version
        self.data = b""
        self.answer = None

    def read(self):
        """Read the bytes that have arrived."""
        try:
            more = self.connection.recv(1 << 20)
        except ConnectionError:
            more = b""
        self.data += more
        if not more:
            self.answer = CLOSED
        elif len(self.data) >= 4 and len(self.data) - 4 == int.from_bytes(self.data[:4], "big"):
            self.answer = decoded(self.message.API_KEY, self.version, self.data[4:])


class Broker:
    """A broker and its idle connections. topic_ids: ids of the topics that all sequences share."""

    def __init__(self, bootstrap):
        host, _, port = bootstrap.rpartition(":")
        self.address = host, int(port)
        self.idle = []
        self.topic_ids = {}


class Side:
    """One broker's part in one sequence. A domain's subclass maps the arguments of its steps to the broker's ids.

    prefix: begins every name that the sequence uses. names: the sequence's names, by the broker's.
    """

    def __init__(self, broker, prefix):
        self.broker = broker
        self.prefix = prefix
        self.names = {}
        self.open = {}

    def prepare(self):
        """Make what the first step needs."""

    def barrier(self):
        """Return a message and its version whose answer shows that the broker has seen all earlier requests."""

    def waits_as(self, message):
        """Name the member that waits with this request, if one does: a coordinator keeps only its newest request."""

    def remark(self, message):
        """Return what rules of differences.toml may need to know about the request, at the time of its answer."""
        return ""

    def send(self, number, message, version):
        """Send the request on an idle connection; see collect()."""
        connection = self.broker.idle.pop() if self.broker.idle else socket.create_connection(self.broker.address)
        self.open[number] = asked = Asked(connection, message, version)
        connection.sendall(frames.encode_request(message.API_KEY, version, 1, CLIENT_ID, message))
        return asked

    def take(self, number):
        """Return the request's answer; its connection is idle again."""
        asked = self.open.pop(number)
        if asked.answer is None or asked.answer == CLOSED:
            asked.connection.close()
        else:
            self.broker.idle.append(asked.connection)
        return asked.answer

    def ask(self, message, version, timeout_s=10):
        """Send a request that does not wait; return its answer."""
        number = object()
        asked = self.send(number, message, version)
        collect([self], lambda: asked.answer is not None, timeout_s)
        return self.take(number)

    def create_shared(self, topics):
        """Create these topics with their numbers of partitions, and store their ids in broker.topic_ids."""
        if topics.keys() <= self.broker.topic_ids.keys():
            return
        self.ask(CreateTopicsRequest([CreatableTopic(name, count, 1) for name, count in topics.items()], 10_000), 7)
        deadline = time.monotonic() + 10
        while not topics.keys() <= self.broker.topic_ids.keys() and time.monotonic() < deadline:
            request = MetadataRequest([MetadataRequestTopic(name=name) for name in topics])
            rows = self.ask(request, 12).topics
            self.broker.topic_ids |= {row.name: row.topic_id for row in rows if row.error_code == 0}

    def call(self, real, name):
        """Show the broker's name real as <name> in answers from now on."""
        if real not in self.names:
            earlier = sum(known.partition("#")[0] == name for known in self.names.values())
            self.names[real] = f"{name}#{earlier}" if earlier else name

    def shown(self, answer):
        """Return the answer with the sequence's names."""
        return self._named(comparable(answer))

    def _named(self, value):
        if isinstance(value, dict):
            return {key: self._named(each) for key, each in value.items()}
        if isinstance(value, list):
            rows = [self._named(each) for each in value]
            is_table = bool(rows) and isinstance(rows[0], dict)
            return sorted(rows, key=lambda row: (identity(row), str(row))) if is_table else rows
        if isinstance(value, str):
            for real, name in self.names.items():
                value = value.replace(real, f"<{name}>")
            return GIVEN_ID.sub("<somebody>", value.replace(self.prefix, ""))
        return value


def wait_until(is_so, timeout_s=10):
    """Wait until the condition holds, or the time is up."""
    deadline = time.monotonic() + timeout_s
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)


def collect(sides, enough, timeout_s):
    """Read answers until there are enough or the time is up; return whether there are enough."""
    deadline = time.monotonic() + timeout_s
    left_s = 0.0  # read at least what has arrived
    while True:
        waiting = {asked.connection: asked for side in sides for asked in side.open.values() if asked.answer is None}
        for connection in select.select(list(waiting), [], [], left_s)[0] if waiting else ():
            waiting[connection].read()
        if enough():
            return True
        left_s = deadline - time.monotonic()
        if left_s < 0 or not waiting:
            return False
