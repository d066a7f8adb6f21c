"""One broker's side of a sequence: its connections, what waits for an answer, and what it calls whom."""

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
"""The id of a member that was not told it yet: a client's or instance's id and a UUID, or Kafka's short form of one."""


class Asked:
    """A request and its answer, None until it is there."""

    def __init__(self, connection, message, version):
        self.connection, self.message, self.version = connection, message, version
        self.data = b""
        self.answer = None

    def read(self):
        """The bytes that are there."""
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
    """A broker and the connections to it that nothing waits on. topic_ids: of the topics that all sequences share."""

    def __init__(self, bootstrap):
        host, _, port = bootstrap.rpartition(":")
        self.address = host, int(port)
        self.idle = []
        self.topic_ids = {}


class Side:
    """What one broker is asked in one sequence; a domain's own says whom the arguments of its steps mean.

    prefix: of every name that the sequence uses. names: what the broker calls them to what the sequence calls them.
    """

    def __init__(self, broker, prefix):
        self.broker = broker
        self.prefix = prefix
        self.names = {}
        self.open = {}

    def prepare(self):
        """What has to be there before the first step."""

    def barrier(self):
        """(message, version) that is answered after what was sent before has been looked at."""

    def waits_as(self, message):
        """Who waits with that request: a coordinator keeps only the newest one of each. None for nobody."""

    def remark(self, message):
        """What a rule of differences.toml may have to know about this request, as it is when it is answered."""
        return ""

    def send(self, number, message, version):
        """Asks on a connection that nothing waits on; see collect."""
        connection = self.broker.idle.pop() if self.broker.idle else socket.create_connection(self.broker.address)
        self.open[number] = asked = Asked(connection, message, version)
        connection.sendall(frames.encode_request(message.API_KEY, version, 1, CLIENT_ID, message))
        return asked

    def take(self, number):
        """The answer to that request; the connection is free again."""
        asked = self.open.pop(number)
        if asked.answer is None or asked.answer == CLOSED:
            asked.connection.close()
        else:
            self.broker.idle.append(asked.connection)
        return asked.answer

    def ask(self, message, version, timeout_s=10):
        """The answer to a request that does not wait."""
        number = object()
        asked = self.send(number, message, version)
        collect([self], lambda: asked.answer is not None, timeout_s)
        return self.take(number)

    def create_shared(self, topics):
        """These topics are there, with so many partitions, and broker.topic_ids knows their ids."""
        if topics.keys() <= self.broker.topic_ids.keys():
            return
        self.ask(CreateTopicsRequest([CreatableTopic(name, count, 1) for name, count in topics.items()], 10_000), 7)
        deadline = time.monotonic() + 10
        while not topics.keys() <= self.broker.topic_ids.keys() and time.monotonic() < deadline:
            request = MetadataRequest([MetadataRequestTopic(name=name) for name in topics])
            rows = self.ask(request, 12).topics
            self.broker.topic_ids |= {row.name: row.topic_id for row in rows if row.error_code == 0}

    def call(self, real, name):
        """From now on what the broker calls real stands in answers as <name>."""
        if real not in self.names:
            earlier = sum(known.partition("#")[0] == name for known in self.names.values())
            self.names[real] = f"{name}#{earlier}" if earlier else name

    def shown(self, answer):
        """The answer in the words of the sequence."""
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
    """It is so, or has not become so for so long."""
    deadline = time.monotonic() + timeout_s
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)


def collect(sides, enough, timeout_s):
    """Reads answers until there are enough of them, for so long at most; whether there are."""
    deadline = time.monotonic() + timeout_s
    left_s = 0.0  # what is there already is read in any case
    while True:
        waiting = {asked.connection: asked for side in sides for asked in side.open.values() if asked.answer is None}
        for connection in select.select(list(waiting), [], [], left_s)[0] if waiting else ():
            waiting[connection].read()
        if enough():
            return True
        left_s = deadline - time.monotonic()
        if left_s < 0 or not waiting:
            return False
