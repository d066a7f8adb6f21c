"""Compiled readers and writers beside an interpreter of the same declarations: microseconds a message.

python benchmarks/codec.py
"""

from __future__ import annotations

import struct
import sys
import timeit
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kwire.protocol import codec, wire
from kwire.protocol.messages.fetch import (
    FetchableTopicResponse,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    PartitionData,
)
from kwire.protocol.messages.metadata import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kwire.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kwire.protocol.schema import INTEGER_FORMATS, fields_of, has, struct_class

BATCH = bytes(500)
PRODUCED = [TopicProduceData("truck_gps", partition_data=[PartitionProduceData(1, BATCH)])]
WANTED = [FetchTopic("truck_gps", partitions=[FetchPartition(n) for n in range(10)])]
FETCHED = [FetchableTopicResponse("truck_gps", partitions=[PartitionData(n, records=BATCH) for n in range(10)])]
MESSAGES = [
    (ProduceRequest(acks=-1, topic_data=PRODUCED), 12),
    (FetchRequest(topics=WANTED), 12),
    (FetchResponse(responses=FETCHED), 12),
    (
        MetadataResponse(
            brokers=[MetadataResponseBroker(n, "localhost", 9092 + n) for n in range(3)],
            topics=[
                MetadataResponseTopic(
                    name=f"topic-{topic}",
                    partitions=[
                        MetadataResponsePartition(partition_index=n, replica_nodes=[0, 1, 2], isr_nodes=[0, 1, 2])
                        for n in range(10)
                    ],
                )
                for topic in range(10)
            ],
        ),
        12,
    ),
]

PARSED = {}


def parsed(cls):
    """The fields of a class, parsed once."""
    if cls not in PARSED:
        PARSED[cls] = fields_of(cls)
    return PARSED[cls]


class Interpreter:
    """Reads a message of a flexible version by asking each field's declaration what comes next."""

    def __init__(self, data, version):
        self.data = data
        self.version = version
        self.offset = 0

    def uvarint(self):
        """An unsigned varint."""
        value, self.offset = wire.read_uvarint(self.data, self.offset)
        return value

    def fixed(self, code):
        """A value of fixed size."""
        (value,) = struct.unpack_from(">" + code, self.data, self.offset)
        self.offset += struct.calcsize(">" + code)
        return value

    def struct(self, cls):
        """A struct with its tagged fields."""
        values = {}
        tagged = {}
        for field in parsed(cls):
            if has(field.versions, self.version):
                if field.tag is None:
                    values[field.name] = self.value(cls, field)
                else:
                    tagged[field.tag] = field
        for _ in range(self.uvarint()):
            tag, self.offset, end = wire.read_tag(self.data, self.offset)
            if tag in tagged:
                values[tagged[tag].name] = self.value(cls, tagged[tag])
            self.offset = end
        return cls(**values)

    def value(self, cls, field):
        """The value of a field."""
        if field.is_array:
            count = self.uvarint()
            return None if count == 0 else [self.element(cls, field) for _ in range(count - 1)]
        return self.element(cls, field)

    def element(self, cls, field):
        """A value, or an element of an array."""
        if field.is_struct:
            return self.struct(struct_class(cls, field.type))
        if field.type in INTEGER_FORMATS:
            return self.fixed(INTEGER_FORMATS[field.type])
        length = self.uvarint()
        if length == 0:
            return None
        value = self.data[self.offset : self.offset + length - 1]
        self.offset += length - 1
        return str(value, "utf-8") if field.type == "string" else memoryview(value)


def microseconds(function):
    """The best of five runs of at least 0.1 s."""
    timer = timeit.Timer(function)
    number, _ = timer.autorange()
    return min(timer.repeat(5, number)) / number * 1e6


def main():
    """Prints one row a message."""
    titles = ("bytes", "compile ms", "encode µs", "decode µs", "interpreted µs", "ratio")
    print(f"{'message':22}", *(f"{title:>14}" for title in titles))
    for message, version in MESSAGES:
        cls = type(message)
        data = codec.encode(message, version)
        assert Interpreter(data, version).struct(cls) == codec.decode(cls, version, data)
        compiled = microseconds(lambda cls=cls, version=version: compile_again(cls, version)) / 1000
        encoded = microseconds(lambda message=message, version=version: codec.encode(message, version))
        decoded = microseconds(lambda cls=cls, version=version, data=data: codec.decode(cls, version, data))
        naive = microseconds(lambda cls=cls, version=version, data=data: Interpreter(data, version).struct(cls))
        numbers = (compiled, encoded, decoded, naive, naive / decoded)
        print(f"{cls.__name__} v{version}".ljust(22), f"{len(data):14}", *(f"{number:14.2f}" for number in numbers))


def compile_again(cls, version):
    """Both functions, as at first use."""
    codec.forget_functions()
    codec.reader(cls, version)
    codec.writer(cls, version)


if __name__ == "__main__":
    main()
