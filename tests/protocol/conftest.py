"""Kafka's JSON form of messages, and where the vectors and facts lie."""

import base64
import dataclasses
import gzip
import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kwire.protocol.api_keys import ApiKey, request_class, response_class
from kwire.protocol.messages import headers
from kwire.protocol.schema import DEFAULT, NO_VERSIONS, Message, fields_of, has, struct_class

ROOT = Path(__file__).parents[2]
RECORD_MODULES = sorted(path.stem for path in (ROOT / "protocol_specs" / "records").glob("*.spec"))


def read_lines(path):
    """The objects of a gzipped file of JSON lines; str.splitlines would also split at U+0085 and U+2028."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line]


def all_classes():
    """Every message class by its name."""
    found = {
        headers.RequestHeader.__name__: headers.RequestHeader,
        headers.ResponseHeader.__name__: headers.ResponseHeader,
    }
    for key in ApiKey:
        for cls in (request_class(key), response_class(key)):
            found[cls.__name__] = cls
    for stem in RECORD_MODULES:
        module = importlib.import_module(f"kwire.protocol.messages.records.{stem}")
        found |= {name: cls for name, cls in vars(module).items() if isinstance(cls, type) and issubclass(cls, Message)}
    found.pop("Message")
    return found


def json_name(field):
    return field.kafka_name[0].lower() + field.kafka_name[1:]


def default_of(cls, field):
    value = field.default_value()
    if value is not DEFAULT:
        return value
    return [] if field.is_array else struct_class(cls, field.type)()


def element_of(field):
    return dataclasses.replace(field, is_array=False, nullable=NO_VERSIONS, tag=None)


def to_json(value, version):
    """A message or struct in Kafka's JSON form."""
    cls = type(value)
    rows = {}
    for field in fields_of(cls):
        if has(field.versions, version):
            inner = getattr(value, field.name)
            is_default = inner == default_of(cls, field) and not getattr(inner, "unknown_tags", ())
            if field.tag is None or not is_default:
                rows[json_name(field)] = field_to_json(inner, field, version)
    return rows


def field_to_json(value, field, version):
    if value is None:
        return None
    if field.is_array:
        return [field_to_json(element, element_of(field), version) for element in value]
    if field.is_struct:
        return to_json(value, version)
    if field.type in {"bytes", "records"}:
        return base64.b64encode(value).decode()
    return base64.urlsafe_b64encode(value).decode().rstrip("=") if field.type == "uuid" else value


def from_json(cls, rows):
    """The message or struct of a JSON form, made with the constructor's keywords."""
    fields = {json_name(field): field for field in fields_of(cls)}
    assert set(rows) <= set(fields)
    return cls(**{fields[name].name: field_from_json(cls, value, fields[name]) for name, value in rows.items()})


def field_from_json(cls, value, field):
    if value is None:
        return None
    if field.is_array:
        return [field_from_json(cls, element, element_of(field)) for element in value]
    if field.is_struct:
        return from_json(struct_class(cls, field.type), value)
    if field.type in {"bytes", "records"}:
        return base64.b64decode(value)
    return base64.urlsafe_b64decode(value + "==") if field.type == "uuid" else value


@pytest.fixture(scope="session")
def json_form():
    return SimpleNamespace(to_json=to_json, from_json=from_json)


@pytest.fixture(scope="session")
def message_classes():
    return all_classes()


@pytest.fixture(scope="session")
def vectors():
    """Reads a file of tests/vectors, named by its path below it."""
    return lambda name: read_lines(ROOT / "tests" / "vectors" / name)


@pytest.fixture(scope="session")
def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "protocol_specs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module
