"""Keys belong to the partitions that other clients choose for them."""

import warnings
from random import Random

import pytest

from kwire.protocol.records.key_hash import murmur2, partition_for_key

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python


@pytest.mark.parametrize("size", [*range(20), 1000])
def test_the_hash_is_the_one_that_clients_use(size):
    key = Random(size).randbytes(size)
    assert murmur2(key) == murmur2_of_kafka_python(key) & 0xFFFFFFFF


def test_a_partition_is_the_positive_part_of_the_hash_modulo_their_number():
    # as Apache Kafka's own test of Utils.murmur2 has them
    assert murmur2(b"21") == -973932308 & 0xFFFFFFFF
    assert murmur2(b"foobar") == -790332482 & 0xFFFFFFFF
    assert partition_for_key(b"21", 7) == (-973932308 & 0x7FFFFFFF) % 7
