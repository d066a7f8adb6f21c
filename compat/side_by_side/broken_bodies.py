"""Each API in each version with bodies that no client should send: both brokers close, or both answer the same."""

from compat.side_by_side import scenarios
from compat.side_by_side.scenarios import create, metadata_of, new_topic
from compat.side_by_side.sent import with_body
from kwire.api.registry import APIS
from kwire.protocol.api_keys import ApiKey
from kwire.protocol.messages.alter_configs import AlterableConfig, AlterConfigsRequest, AlterConfigsResource
from kwire.protocol.messages.api_versions import ApiVersionsRequest
from kwire.protocol.messages.describe_cluster import DescribeClusterRequest
from kwire.protocol.messages.sasl_handshake import SaslHandshakeRequest

CHANGES = {
    "without its last byte": lambda body: body[:-1],
    "its first half": lambda body: body[: len(body) // 2],
    "empty": lambda _: b"",
    "with more behind it": lambda body: body + b"\xfe\xff\0",
    "all ones": lambda body: b"\xff" * max(len(body), 20),
    "all zeros": lambda body: b"\0" * max(len(body), 20),
    "a long count": lambda body: b"\x7f" * max(len(body), 20),
}
NEWER_THAN_THE_JARS = {(ApiKey.API_VERSIONS, 5)}


def samples():
    """(API key, version) to a request that exists."""
    found = {}
    for scenario in scenarios.SCENARIOS:
        for _, message, version in scenario():
            found.setdefault((message.API_KEY, version), message)
    for api in APIS.values():
        for version in range(api.min_version, api.max_version + 1):
            if api.key == ApiKey.PRODUCE:
                found[api.key, version] = scenarios.produce_request("nope", scenarios.batch(), version=version)
            elif api.key == ApiKey.API_VERSIONS:
                found[api.key, version] = ApiVersionsRequest("side-by-side", "1")
            elif api.key == ApiKey.SASL_HANDSHAKE:
                found[api.key, version] = SaslHandshakeRequest("PLAIN")
            elif api.key == ApiKey.DESCRIBE_CLUSTER:
                found[api.key, version] = DescribeClusterRequest(True)
            elif api.key == ApiKey.LIST_OFFSETS:
                found[api.key, version] = scenarios.offsets_request("bb", -1)
            elif api.key == ApiKey.METADATA:
                found[api.key, version] = metadata_of(["bb"], version)
            elif api.key == ApiKey.CREATE_TOPICS:
                found[api.key, version] = create(new_topic("bb"), validate_only=True)
            elif api.key == ApiKey.ALTER_CONFIGS:
                resource = AlterConfigsResource(2, "nope", [AlterableConfig("retention.ms", "1")])
                found[api.key, version] = AlterConfigsRequest([resource], True)
    return {key: found[key] for key in sorted(found) if key not in NEWER_THAN_THE_JARS}


def broken_bodies():
    yield "create", create(new_topic("bb")), 7
    for (_, version), message in samples().items():
        for label, change in CHANGES.items():
            yield label, with_body(message, version, change), version


SCENARIOS = (broken_bodies,)
