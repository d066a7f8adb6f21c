"""The examples of docs/testing.md and docs/moving-tests.md, executed as written: each a module of a test suite.

A block that shows what was before kwire is not executed: its fence says "python before". One that has a name, as
"python conftest.py", is a file beside the others.
"""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = ("kwire.testing.pytest_plugin", "pytest_asyncio.plugin")
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


@pytest.mark.parametrize(("page", "count"), [("docs/testing.md", 10), ("docs/moving-tests.md", 5), ("README.md", 1)])
def test_every_example_passes(page, count, tmp_path):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python ?(\S*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if page == "README.md":  # its other examples use the broker that it shows how to start
        blocks = [(name, block) for name, block in blocks if name]
    modules = 0
    for name, block in blocks:
        if name != "before":
            modules += name != "conftest.py"
            (tmp_path / (name or f"test_{modules}.py")).write_text(block, encoding="utf-8")
    assert modules == count
    (tmp_path / "pytest.ini").write_text(INI)
    plugins = [word for plugin in PLUGINS for word in ("-p", plugin)]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins]
    told = tmp_path / "told"
    with told.open("wb") as output:
        done = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=output)
        with contextlib.suppress(subprocess.TimeoutExpired):
            done.wait(100)
        done.kill()
        done.wait()
    assert done.returncode == 0, told.read_text()
    assert " skipped" not in told.read_text()


def test_the_page_names_everything_that_a_cluster_offers():
    from kwire.testing import Cluster

    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    public = [name for name in vars(Cluster) if not name.startswith("_")]
    assert len(public) > 20
    assert [name for name in public if not re.search(rf"\b{name}\b", page)] == []


def test_the_reference_has_every_public_name():
    import kwire.testing

    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: kwire\.testing\.(\w+)$", page, re.MULTILINE)) == kwire.testing.__all__
