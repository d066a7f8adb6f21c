"""The distributions: the wheel contains only kwire, the sdist the whole project, and their metadata are true."""

import ast
import email
import importlib.metadata
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest

from kwire import __version__
from tests.kit.project_files import ROOT, known_to_git, project_files

WHEEL_BYTES_MAX = 1_000_000
SDIST_BYTES_MAX = 5_000_000
IMPORTED_BY_PYTEST = "kwire/testing/pytest_plugin.py"
"""Only pytest imports this module, so pytest is installed then."""


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """Build the sdist and the wheel."""
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return directory / f"kwire-{__version__}.tar.gz", directory / f"kwire-{__version__}-py3-none-any.whl"


@pytest.fixture
def sdist(distributions):
    return distributions[0]


@pytest.fixture
def wheel(distributions):
    with zipfile.ZipFile(distributions[1]) as archive:
        yield archive


@pytest.fixture
def metadata(wheel):
    return email.message_from_bytes(wheel.read(f"kwire-{__version__}.dist-info/METADATA"))


def test_the_wheel_holds_kwire_and_its_metadata(wheel, distributions):
    parts = {name for name in wheel.namelist() if not name.startswith(f"kwire-{__version__}.dist-info/")}
    assert parts == {name for name in project_files() if name.startswith("kwire/")}
    assert distributions[1].stat().st_size < WHEEL_BYTES_MAX


def test_the_wheel_brings_its_command_and_its_plugin(wheel):
    points = wheel.read(f"kwire-{__version__}.dist-info/entry_points.txt").decode()
    assert "[console_scripts]\nkwire = kwire.cli.main:main\n" in points
    assert "[pytest11]\nkwire = kwire.testing.pytest_plugin\n" in points


def imported(source):
    """Return the top-level packages that a module imports anywhere."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_wheel_imports_what_it_requires_and_requires_what_it_imports(wheel, metadata):
    required = {re.match(r"[\w-]+", line)[0].lower() for line in metadata.get_all("Requires-Dist")}
    distributions_of = importlib.metadata.packages_distributions()
    used = set()
    for name in wheel.namelist():
        if name.endswith(".py"):
            foreign = set(imported(wheel.read(name))) - sys.stdlib_module_names - {"kwire"}
            if name == IMPORTED_BY_PYTEST:
                foreign -= {"pytest", "_pytest"}
            needed = {each.lower() for package in foreign for each in distributions_of.get(package, [package])}
            assert needed <= required, name
            used |= needed
    assert used == required


def test_the_sdist_is_the_whole_project(sdist):
    files = known_to_git()
    if files is None:
        pytest.skip("no git repository to compare with")
    with tarfile.open(sdist) as archive:
        inside = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert inside == files | {"PKG-INFO"}
    assert sdist.stat().st_size < SDIST_BYTES_MAX


def test_links_and_pictures_work_outside_of_the_repository(metadata):
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]["hooks"]["custom"][
        "address"
    ]
    page = metadata.get_payload()
    targets = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", page)
    assert any(picture for picture, _ in targets)
    for picture, target in targets:
        form = "raw" if picture else "blob"
        found = re.fullmatch(rf"{re.escape(address)}/{form}/v{re.escape(__version__)}/([^#]+)(#.*)?", target)
        assert found, target
        assert (ROOT / found[1]).exists(), target
    assert all(line.partition(", ")[2].startswith(address) for line in metadata.get_all("Project-URL"))


def test_the_address_stands_in_one_place():
    pattern = rb"example\.invalid/kwire"
    named = {name for name in project_files() if re.search(pattern, (ROOT / name).read_bytes())}
    assert named - {"tests/packaging/test_release_check.py"} == {"pyproject.toml"}


def test_the_pythons_and_systems_named_are_those_tried(metadata):
    named = re.findall(
        r"^Programming Language :: Python :: (3\.\d+)$", "\n".join(metadata.get_all("Classifier")), re.MULTILINE
    )
    workflow = (ROOT / ".github" / "workflows" / "tests.yaml").read_text(encoding="utf-8")
    (matrix,) = re.findall(r"^ +python: \[(.*)\]$", workflow, re.MULTILINE)
    assert named == re.findall(r"[\d.]+", matrix)
    assert metadata["Requires-Python"] == f">={named[0]}"
    assert metadata.get_all("License-File") == ["LICENSE"]
