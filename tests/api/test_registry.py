"""The registry, the handlers, the specs, the messages, the tests and the table in the docs name the same APIs and versions."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from kwire.api.registry import APIS, find
from kwire.protocol.api_keys import ApiKey, api_info, request_class

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=APIS.values(), ids=lambda api: api.stem)
def api(request):
    return request.param


def test_every_supported_api_has_a_handler_a_spec_and_a_test(api):
    handler = import_module(f"kwire.api.{api.stem}")
    versions = f"{api.min_version}" if api.min_version == api.max_version else rf"{api.min_version}-{api.max_version}"
    title = rf"{api.name} \(key {int(api.key)}\), versions? {versions}\."
    assert re.match(title, handler.__doc__), f"its docstring has to begin with {title}"
    assert api.handle is getattr(handler, "answer", handler.handle)
    assert (ROOT / "protocol_specs" / f"{int(api.key):02}_{api.stem}.spec").is_file()
    assert (ROOT / "tests" / "api" / f"test_{api.stem}.py").is_file()


def test_there_is_no_handler_that_is_not_in_the_table():
    stems = {path.stem for path in (ROOT / "kwire" / "api").glob("*.py")}
    handlers = {stem for stem in stems if hasattr(import_module(f"kwire.api.{stem}"), "handle")}
    assert handlers == {api.stem for api in APIS.values()}


def test_the_announced_versions_are_those_of_kafka(api):
    info = api_info(api.key)
    assert info.announced == (api.announced_min_version, api.max_version)
    assert info.versions == (api.min_version, api.max_version)
    assert api.min_version == request_class(api.key).MIN_VERSION


def test_the_docs_tell_the_versions_that_are_answered():
    page = (ROOT / "docs" / "what-works.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (\w+) \| (\d+)(?:\u2013(\d+))? \|$", page, re.MULTILINE)
    told = [(int(key), name, int(low), int(high or low)) for key, name, low, high in rows]
    answered = [(int(api.key), api.name, api.min_version, api.max_version) for api in APIS.values()]
    assert told == answered


def test_only_announced_versions_are_found():
    assert find(ApiKey.FETCH, 4) is APIS[ApiKey.FETCH]
    assert find(ApiKey.FETCH, 18) is APIS[ApiKey.FETCH]
    assert find(ApiKey.FETCH, 3) is None
    assert find(ApiKey.FETCH, 19) is None
    assert find(ApiKey.VOTE, 0) is None
    assert find(999, 0) is None
    assert find(-1, 0) is None
