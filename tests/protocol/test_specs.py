"""The specs and the generated classes against what Kafka 4.4.0 declares, field by field."""

import subprocess
import sys

import pytest

from kwire.protocol.api_keys import ApiKey, api_info, request_class, response_class
from kwire.protocol.errors import RETRIABLE, STALE_METADATA, ErrorCode
from kwire.protocol.schema import (
    DEFAULT,
    LATEST,
    NO_VERSIONS,
    Message,
    Struct,
    fields_of,
    parse_field,
    parse_range,
    python_name,
    struct_class,
)

KINDS = {"coordinator-key": "key", "coordinator-value": "value", "metadata": "record"}


@pytest.fixture(scope="module")
def facts(vectors):
    return {message["name"]: message for message in vectors("schema/messages.jsonl.gz")}


@pytest.fixture(scope="module")
def specs(generator):
    paths = sorted(generator.SPECS.rglob("*.spec"))
    return [generator.read_spec(path) for path in paths if path.name != "errors.spec"]


@pytest.fixture(scope="module")
def spec_messages(specs):
    return {message.name: message for spec in specs for message in spec.messages}


def normal_default(fact):
    """A default with a number's and a boolean's spelling, None for the type's zero."""
    default = fact.get("default")
    if default is None or (fact["type"] == "string" and default == ""):
        return None
    if fact["type"].startswith(("int", "uint")):
        return int(str(default), 0) or None
    return {"true": True, "false": None}[str(default).lower()] if fact["type"] == "bool" else default


def spec_default(field):
    """The same of a spec's field."""
    if field.default is None or field.default == "null":
        return field.default
    return field.default_value() or None


def expected_rows(fields):
    return [
        {
            "name": fact["name"],
            "type": fact["type"],
            "versions": parse_range(fact["versions"]),
            "nullable": parse_range(fact.get("nullableVersions", "none")),
            "tagged": parse_range(fact.get("taggedVersions", "none")),
            "tag": fact.get("tag"),
            "flexible": fact.get("flexibleVersions") != "none",
            "ignorable": fact.get("ignorable", False),
            "default": normal_default(fact),
            "fields": expected_rows(fact.get("fields", [])),
        }
        for fact in fields
    ]


def spec_rows(rows):
    return [
        {
            "name": row.field.kafka_name,
            "type": "[]" * row.field.is_array + row.field.type,
            "versions": row.field.versions,
            "nullable": row.field.nullable,
            "tagged": row.field.versions if row.field.tag is not None else NO_VERSIONS,
            "tag": row.field.tag,
            "flexible": row.field.flexible,
            "ignorable": row.field.ignorable,
            "default": spec_default(row.field),
            "fields": spec_rows(row.children),
        }
        for row in rows
    ]


def test_every_message_has_its_spec(facts, spec_messages):
    assert len(facts) == 286
    assert set(spec_messages) == set(facts)


def test_specs_say_what_kafka_declares(facts, spec_messages):
    for name, fact in facts.items():
        message = spec_messages[name]
        assert message.kind == KINDS.get(fact["type"], fact["type"]), name
        assert message.key == fact.get("apiKey", -1), name
        assert message.versions == parse_range(fact["validVersions"]), name
        flexible = parse_range(fact.get("flexibleVersions", "none"))
        assert message.flexible == (LATEST if flexible == NO_VERSIONS else flexible[0]), name
        assert message.unstable == fact.get("latestVersionUnstable", False), name
        assert spec_rows(message.fields) == expected_rows(fact["fields"]), name
        structs = {struct: spec_rows(rows) for struct, _, rows in message.structs}
        assert structs == {s["name"]: expected_rows(s["fields"]) for s in fact.get("commonStructs", [])}, name


def check_class(cls, fields, fact_structs):
    """Slots, order, names and defaults of a class and of the structs below it."""
    declared = fields_of(cls)
    assert [field.kafka_name for field in declared] == [fact["name"] for fact in fields]
    assert cls.__slots__ == tuple(field.name for field in declared)
    fresh = cls()
    positional = cls(*range(len(fields)))
    for position, (field, fact) in enumerate(zip(declared, fields, strict=True)):
        assert getattr(positional, field.name) == position
        value = getattr(fresh, field.name)
        default = normal_default(fact)
        type_name = fact["type"]
        if default == "null" or type_name == "records":
            assert value is None
        elif type_name.startswith("[]"):
            assert value == []
            assert value is not getattr(cls(), field.name)
        elif type_name[0].isupper():
            assert value == struct_class(cls, field.type)()
            assert value is not getattr(cls(), field.name)
        else:
            zero = {"string": "", "bytes": b"", "uuid": bytes(16), "bool": False, "float64": 0.0}.get(type_name, 0)
            assert value == (zero if default is None else default)
            assert type(value) is type(zero)
        if field.is_struct:
            inner = fact.get("fields") or fact_structs[type_name.removeprefix("[]")]
            check_class(struct_class(cls, field.type), inner, fact_structs)


def test_classes_have_kafkas_fields_and_defaults(facts, message_classes):
    assert set(message_classes) == set(facts)
    for name, fact in facts.items():
        cls = message_classes[name]
        assert parse_range(fact["validVersions"]) == (cls.MIN_VERSION, cls.MAX_VERSION)
        assert fact.get("apiKey", -1) == cls.API_KEY
        check_class(cls, fact["fields"], {s["name"]: s["fields"] for s in fact.get("commonStructs", [])})


def test_the_table_of_apis(vectors):
    rows = vectors("schema/apis.jsonl.gz")
    assert [row["apiKey"] for row in rows] == sorted(ApiKey)
    for row in rows:
        info = api_info(row["apiKey"])
        assert (info.name, info.key.name) == (row["name"], row["enumName"])
        assert sorted(info.listeners) == sorted(row["listeners"])
        announced = row.get("advertised_client_listener")
        assert info.announced == ((announced["min"], announced["max"]) if announced else NO_VERSIONS)
        assert request_class(row["apiKey"]).__name__ == row["name"] + "Request"
        assert response_class(row["apiKey"]).__name__ == row["name"] + "Response"
        if row["removed"]:
            assert info.versions == NO_VERSIONS
            continue
        assert info.versions == (row["minVersion"], row["maxStableVersion"])
        for version in range(row["minVersion"], row["maxVersion"] + 1):
            assert info.request_header_version(version) == row["requestHeaderVersion"][str(version)]
            assert info.response_header_version(version) == row["responseHeaderVersion"][str(version)]


def test_error_codes(vectors):
    rows = vectors("schema/errors.jsonl.gz")
    assert {code.name: int(code) for code in ErrorCode} == {row["name"]: row["code"] for row in rows}
    assert {code.name for code in RETRIABLE} == {row["name"] for row in rows if row["retriable"]}
    assert {code.name for code in STALE_METADATA} == {row["name"] for row in rows if row["invalidMetadata"]}


def test_generated_files_are_fresh(generator):
    assert generator.main(check=True) == 0


def test_stale_files_are_reported_and_written(generator, tmp_path, monkeypatch, capsys):
    target = tmp_path / "kwire" / "protocol" / "messages"
    (target / "records").mkdir(parents=True)
    (target / "gone.py").write_text("")
    monkeypatch.setattr(generator, "OUTPUT", target)
    assert generator.main(check=True) == 1
    assert "stale: kwire/protocol/messages/fetch.py" in capsys.readouterr().out
    assert generator.main(check=False) == 0
    assert not (target / "gone.py").exists()
    assert generator.main(check=True) == 0


def test_a_wrong_line_is_named(generator, tmp_path):
    spec = tmp_path / "00_wrong.spec"
    spec.write_text("api 0 Wrong WRONG\n\nrequest WrongRequest versions 0-1\n    Name  string  0+  nulable 1+\n")
    with pytest.raises(ValueError, match=r"00_wrong.spec:4: 'Name .*unknown word 'nulable'"):
        generator.read_spec(spec)


@pytest.mark.parametrize(
    ("kafka_name", "name"),
    [
        ("PartitionMaxBytes", "partition_max_bytes"),
        ("KRaftVersion", "kraft_version"),
        ("Enable2Pc", "enable_2pc"),
        ("V3AndBelowTopics", "v3_and_below_topics"),
        ("commitTimestamp", "commit_timestamp"),
    ],
)
def test_names(kafka_name, name):
    assert python_name(kafka_name) == name


def test_a_line_of_a_spec():
    field = parse_field("Records []bytes 2-4 nullable 3+ tag 7 flexible none ignorable = null")
    assert (field.name, field.type, field.is_array, field.versions) == ("records", "bytes", True, (2, 4))
    assert (field.nullable, field.tag, field.flexible, field.ignorable) == ((3, LATEST), 7, False, True)
    assert field.default_value() is None
    assert parse_field("Topics []Topic 0+").default_value() is DEFAULT


def test_structs_compare_and_show_their_fields(message_classes):
    cls = message_classes["HeartbeatRequest"]
    assert cls(group_id="g") == cls(group_id="g") != cls(group_id="h")
    assert cls() != message_classes["HeartbeatResponse"]()
    assert repr(cls("g", 1)) == "HeartbeatRequest(group_id='g', generation_id=1, member_id='', group_instance_id=None)"
    assert issubclass(cls, Message)
    assert issubclass(Message, Struct)
    with pytest.raises(TypeError, match="unhashable"):
        hash(cls())
    with pytest.raises(AttributeError):
        cls().no_such_field = 1


def test_a_message_module_imports_no_other():
    program = (
        "import sys; import kwire.protocol.messages.fetch; "
        "print(*sorted(name for name in sys.modules if name.startswith('kwire')))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert out == [
        "kwire",
        "kwire.protocol",
        "kwire.protocol.messages",
        "kwire.protocol.messages.fetch",
        "kwire.protocol.schema",
    ]
