"""Every supported request with the largest and smallest numbers in each of its fields: no handler fails."""

import logging
import socket
import time
from random import Random

import pytest

from kwire.api.registry import APIS
from kwire.protocol import frames
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kwire.protocol.messages.find_coordinator import FindCoordinatorRequest
from kwire.protocol.records.record import Record, encode_batch
from kwire.protocol.schema import Struct, fields_of, has, struct_class
from kwire.server.dispatch import request_class
from kwire.testing import Cluster
from tests.kit.blocking import read_frame

BITS = {"int8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "int64": 64}
TRIES = 20
"""Random requests for each API and version, after those with one extreme number and those with only extreme ones."""
WAITS_S = 0.1
"""Give up on a request that is not answered within this time: it waits."""
NAMES = {"group_id": "g", "group": "g", "member_id": "m", "key": "g", "protocol_type": "consumer", "resource_name": "t"}
UNKNOWN_SERVER_ERROR = -1
AS_KAFKA = {ApiKey.INCREMENTAL_ALTER_CONFIGS}
"""APIs whose UNKNOWN_SERVER_ERROR is Apache Kafka's answer, too: to an operation that does not exist."""


def largest(bits, _default):
    return 2 ** (bits - 1) - 1


def smallest(bits, _default):
    return -(2 ** (bits - 1))


class Anything:
    """Chooses a small number often, else one near an end of the range."""

    def __init__(self, random):
        self.random = random

    def __call__(self, bits, default):
        low, high = smallest(bits, default), largest(bits, default)
        if self.random.random() < 0.6:
            return self.random.choice([-1, 0, 1, default])
        return min(max(self.random.choice([low, high]) + self.random.choice([0, -1, 1, -1000, 1000]), low), high)


class OnlyOne:
    """Chooses an extreme number for the field at that place, and defaults for the others."""

    def __init__(self, place, extreme):
        self.place, self.extreme, self.asked = place, extreme, 0

    def __call__(self, bits, default):
        self.asked += 1
        return self.extreme(bits, default) if self.asked == self.place + 1 else default


class Builder:
    """Builds requests of a class and version. A function chooses the numbers; names are those of existing resources."""

    def __init__(self, version, random, number, topic_id):
        self.version, self.random, self.number, self.topic_id = version, random, number, topic_id

    def build(self, cls):
        message = cls()
        for field in fields_of(cls):
            if has(field.versions, self.version) and (
                field.tag is None or isinstance(self.number, OnlyOne) or self.random.random() < 0.5
            ):
                count = 1 if isinstance(self.number, OnlyOne) else self.random.choice([1, 1, 2])
                values = [self.value(cls, field) for _ in range(count)] if field.is_array else self.value(cls, field)
                setattr(message, field.name, values)
        return message

    def value(self, owner, field):
        if field.is_struct:
            return self.build(struct_class(owner, field.type))
        match field.type:
            case "string":
                return NAMES.get(field.name, "t")
            case "bool":
                return self.random.random() < 0.5
            case "uuid":
                return self.topic_id
            case "bytes":
                return b"\0\0\0\0\0\1\0\1t\xff\xff\xff\xff"
            case "records":
                return bytes(encode_batch([Record(0, time.time_ns() // 1_000_000, b"k", b"v")]))
            case "float64":
                return 1.0
        number = self.number(BITS[field.type], 0 if field.is_array else field.default_value())
        return number % 2 ** BITS[field.type] if field.type.startswith("u") else number


def requests(cls, version, topic_id, random):
    """Generate requests: with each number in turn at its ends, with all numbers there, and with random ones."""
    for extreme in (largest, smallest):
        place, asked = 0, 1
        while place < asked:
            one = OnlyOne(place, extreme)
            yield Builder(version, random, one, topic_id).build(cls)
            place, asked = place + 1, one.asked
    for number in (largest, smallest, *[Anything(random)] * TRIES):
        yield Builder(version, random, number, topic_id).build(cls)


def error_codes(value):
    """Return the error codes anywhere in a reply."""
    if isinstance(value, list):
        return {code for each in value for code in error_codes(each)}
    if not isinstance(value, Struct):
        return set()
    own = {value.error_code} if hasattr(value, "error_code") else set()
    return own.union(*(error_codes(getattr(value, name)) for name in value.__slots__))


class Asking:
    """A connection to the cluster. It is reopened after a request that waits, or if the broker closes it."""

    def __init__(self, bootstrap):
        host, _, port = bootstrap.rpartition(":")
        self.address = host, int(port)
        self.connection = None

    def __call__(self, message, version, timeout_s=WAITS_S):
        """Send a request; return the reply, None if there is none."""
        if self.connection is None:
            self.connection = socket.create_connection(self.address)
        self.connection.settimeout(timeout_s)
        try:
            self.connection.sendall(frames.encode_request(message.API_KEY, version, 1, "client", message))
            reply = read_frame(self.connection)
        except (TimeoutError, ConnectionError, EOFError):
            self.close()
            return None
        return frames.decode_response(message.API_KEY, version, reply)[1]

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@pytest.fixture(scope="module")
def ask():
    with Cluster() as cluster:
        asking = Asking(cluster.bootstrap_servers)
        found = asking(FindCoordinatorRequest(coordinator_keys=["g"]), 4, timeout_s=10)  # the groups' topic exists
        assert found.coordinators[0].error_code == 0
        yield asking
        asking.close()


@pytest.mark.parametrize("key", [ApiKey(key) for key in APIS], ids=lambda key: key.name)
def test_no_number_trips_a_handler(ask, caplog, key):
    api = APIS[key]
    caplog.set_level(logging.WARNING, "kwire")
    replies = 0
    for version in sorted({api.min_version, (api.min_version + api.max_version) // 2, api.max_version}):
        created = ask(CreateTopicsRequest([CreatableTopic("t", 2, 1)], 1_000), 7, timeout_s=10)
        topic_id = created.topics[0].topic_id if created.topics[0].error_code == 0 else bytes(16)
        for message in requests(request_class(key), version, topic_id, Random(int(key))):
            reply = ask(message, version)
            replies += reply is not None
            assert key in AS_KAFKA or UNKNOWN_SERVER_ERROR not in error_codes(reply), (version, message, reply)
    assert "Traceback" not in caplog.text, caplog.text
    assert "bug while" not in caplog.text, caplog.text
    assert replies or key is ApiKey.SASL_HANDSHAKE


def test_the_cluster_is_well_afterwards(ask):
    (topic,) = ask(CreateTopicsRequest([CreatableTopic("afterwards", 1, 1)], 1_000), 7, timeout_s=10).topics
    assert topic.error_code == 0
