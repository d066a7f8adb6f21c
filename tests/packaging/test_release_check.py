"""A release is refused for each possible fault, which is named."""

import datetime as dt
import re
import shutil
import subprocess
import sys

import pytest

from kwire import __version__
from tests.kit.project_files import ROOT

CHECKED = ("pyproject.toml", "CHANGELOG.md", "kwire/__init__.py")


@pytest.fixture
def project(tmp_path):
    """Return the files to check, with an address and a version that is ready."""
    for name in CHECKED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    change(tmp_path / "pyproject.toml", r'^address = "[^"]+"', 'address = "https://forge.dev/kwire/kwire"')
    change(tmp_path / "CHANGELOG.md", r"^## .*$", f"## {__version__} - 2026-01-31")
    return tmp_path


def change(path, pattern, replacement):
    text, count = re.subn(pattern, replacement, path.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text)


def check(directory, tag=f"v{__version__}"):
    command = [sys.executable, str(ROOT / "packaging" / "release_check.py"), tag]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == bool(done.stderr)
    return done.stderr


def test_this_project_has_no_address_yet():
    assert check(ROOT).startswith("pyproject.toml has no address of the project: https://example.invalid/kwire is a")


def test_the_changelog_has_this_version_with_its_date():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    newest = next(heading for heading in headings if heading != "Unreleased")
    assert re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", newest)


def test_with_an_address_it_may_be_released(project):
    assert check(project) == ""


def test_the_tag_names_the_version(project):
    assert check(project, "v9.9").startswith(f"The tag is v9.9, kwire/__init__.py has version {__version__}:")


@pytest.mark.parametrize(
    "heading", ["## Unreleased", f"## {__version__}", "## 99.0 - 2026-01-01", f"## {__version__} - soon"]
)
def test_the_changelog_begins_with_the_version_and_its_date(project, heading):
    change(project / "CHANGELOG.md", r"^## .*$", heading)
    assert f'CHANGELOG.md has to begin with "## {__version__} - YYYY-MM-DD"' in check(project)


def test_the_date_is_not_to_come(project):
    later = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=3)
    change(project / "CHANGELOG.md", r"^## .*$", f"## {__version__} - {later}")
    assert check(project) == f"CHANGELOG.md has a date to come: {later}.\n"


@pytest.mark.parametrize(
    "address", ["https://example.com/kwire", "http://forge.dev/kwire", "https://kwire.test", "kwire"]
)
def test_an_address_is_one_that_somebody_can_have(project, address):
    change(project / "pyproject.toml", r'^address = "[^"]+"', f'address = "{address}"')
    assert check(project) == f"pyproject.toml has no address of the project: {address} is a placeholder.\n"
