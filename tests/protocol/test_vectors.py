"""Every message version as Kafka writes it: bytes to values, values to bytes, names, defaults, frames."""

import base64
import struct
from collections import Counter
from pathlib import Path

import pytest

from kwire.protocol import codec, frames, wire
from kwire.protocol.api_keys import request_class
from kwire.protocol.errors import ProtocolError

DIRECTORY = Path(__file__).parents[1] / "vectors" / "messages"
FILES = sorted(path.name for path in DIRECTORY.glob("*.jsonl.gz") if path.name[:4] in {"api-", "data", "head"})


def at(message, path):
    """The struct at a path of JSON names and indexes."""
    for step in path:
        if isinstance(step, int):
            message = message[step]
        else:
            names = {name.replace("_", "").lower(): name for name in message.__slots__}
            message = getattr(message, names[step.lower()])
    return message


@pytest.mark.parametrize("name", FILES)
def test_bytes_and_values(name, vectors, json_form, message_classes):
    for line in vectors(f"messages/{name}"):
        cls, version, raw = message_classes[line["name"]], line["version"], bytes.fromhex(line["hex"])
        where = f"{line['name']} v{version} {line['case']}"
        unknown_tags = line.get("unknownTags", [])

        message, end = codec.reader(cls, version, keep_unknown_tags=True)(raw, 0)
        assert end == len(raw), where
        assert json_form.to_json(message, version) == line["json"], where
        assert codec.decode_from(cls, version, memoryview(b"??" + raw + b"?"), 2) == (message, end + 2), where

        made = json_form.from_json(cls, line["json"])
        for tag in unknown_tags:
            owner = at(made, tag["path"])
            owner.unknown_tags = at(message, tag["path"]).unknown_tags
        assert made == message, where
        for value in (message, made):
            out = bytearray()
            codec.writer(cls, version, keep_unknown_tags=True)(value, out, None)
            assert out == raw, where
        if not unknown_tags:
            assert codec.encode(made, version) == raw, where


@pytest.mark.parametrize("name", FILES)
def test_fresh_objects_have_kafkas_defaults(name, vectors, message_classes):
    lines = [line for line in vectors(f"messages/{name}") if line["case"] == "default"]
    assert lines
    for line in lines:
        cls, version, raw = message_classes[line["name"]], line["version"], bytes.fromhex(line["hex"])
        assert codec.encode(cls(), version) == raw
        assert codec.decode(cls, version, raw) == cls()


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("api-")])
def test_frames(name, vectors, message_classes):
    framed = [line for line in vectors(f"messages/{name}") if "framed" in line]
    assert framed
    for line in framed:
        cls, version, key = message_classes[line["name"]], line["version"], line["apiKey"]
        frame = line["framed"]
        raw = bytes.fromhex(frame["hex"])
        body = bytes.fromhex(line["hex"])
        assert raw.endswith(body)
        message = codec.decode(cls, version, body)
        if line["type"] == "request":
            header = frames.decode_request_header(memoryview(raw)[4:])
            assert header == (key, version, frame["correlationId"], frame["clientId"], len(raw) - 4 - len(body))
            written = frames.encode_request(key, version, frame["correlationId"], frame["clientId"], message)
        else:
            assert frames.decode_response(key, version, raw[4:]) == (frame["correlationId"], message)
            segments = frames.encode_response(key, version, frame["correlationId"], message)
            written = b"".join(segments)
        if not line.get("unknownTags"):
            assert written == raw


def test_bodies_of_records_follow_their_version(vectors, message_classes):
    lines = [line for name in FILES for line in vectors(f"messages/{name}") if "prefixHex" in line]
    kinds = Counter(line["type"] for line in lines)
    assert set(kinds) == {"coordinator-key", "coordinator-value", "metadata", "data"}
    for line in lines:
        key, version = message_classes[line["name"]].API_KEY, line["version"]
        number = key if line["type"] == "coordinator-key" else version
        expected = struct.pack(">h", number)
        if line["type"] == "metadata":
            expected = b"".join(wire.encode_uvarint(part) for part in (1, key, version))
        assert bytes.fromhex(line["prefixHex"]) == expected


def test_there_are_vectors_for_all_versions(vectors, message_classes):
    seen = Counter((line["name"], line["version"]) for name in FILES for line in vectors(f"messages/{name}"))
    assert seen.total() == 5672
    counts = {row["name"]: row["versions"] for row in vectors("messages/counts.jsonl.gz")}
    assert seen == {(name, int(version)): n for name, versions in counts.items() for version, n in versions.items()}
    assert set(seen) == {
        (cls.__name__, version)
        for cls in message_classes.values()
        for version in range(cls.MIN_VERSION, cls.MAX_VERSION + 1)
    }


PRIMITIVES = {
    "varint": (wire.read_varint, wire.write_varint),
    "uvarint": (wire.read_uvarint, wire.write_uvarint),
    "varlong": (wire.read_varlong, wire.write_varlong),
}


def test_primitives_as_java_writes_them(vectors):
    lines = [line for line in vectors("messages/primitives.jsonl.gz") if line["type"] in PRIMITIVES]
    assert len(lines) == 96
    for line in lines:
        read, write = PRIMITIVES[line["type"]]
        raw = bytes.fromhex(line["hex"])
        out = bytearray()
        write(out, line["value"])
        assert out == raw
        assert read(raw, 0) == (line["value"], len(raw))


def test_odd_encodings_as_java_reads_them(vectors):
    lines = [line for line in vectors("messages/primitives.jsonl.gz") if line["type"].startswith("decode-")]
    assert len(lines) == 36
    for line in lines:
        read, _ = PRIMITIVES[line["type"].removeprefix("decode-")]
        raw = bytes.fromhex(line["hex"])
        if "error" in line:
            with pytest.raises(ProtocolError):
                read(raw, 0)
        else:
            assert read(raw, 0) == (line["value"], line["consumed"])


@pytest.mark.parametrize("name", sorted(path.name for path in (DIRECTORY / "conversations").iterdir()))
def test_recorded_conversations(name, vectors):
    frames_seen = vectors(f"messages/conversations/{name}")
    assert frames_seen
    for line in frames_seen:
        raw = base64.b64decode(line["b64"])
        key, version = line["apiKey"], line["version"]
        if line["dir"] == "c2b":
            header = frames.decode_request_header(raw)
            assert header[:4] == (key, version, line["correlationId"], line["clientId"])
            request, end = codec.decode_from(request_class(key), version, raw, header.body_offset)
            spare = 3 if (name, line["seq"]) == ("confluent-kafka.jsonl.gz", 14) else 0
            assert end == len(raw) - spare
            written = frames.encode_request(key, version, line["correlationId"], line["clientId"], request)
            assert written[4:] == raw[:end]
        else:
            correlation_id, response = frames.decode_response(key, version, raw)
            assert correlation_id == line["correlationId"]
            assert b"".join(frames.encode_response(key, version, correlation_id, response))[4:] == raw
