"""Check that a version may be published. The first step of .github/workflows/release.yaml.

python packaging/release_check.py v0.1.0
"""

import datetime as dt
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

NO_ADDRESS = (".invalid", ".example", ".test", "localhost", "example.com", "example.org", "example.net")
"""Hosts that nobody can own."""


def faults(root: Path, tag: str) -> Iterator[str]:
    """Generate a sentence for each reason not to publish."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    address = project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"]
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.hostname.endswith(NO_ADDRESS):
        yield f"pyproject.toml has no address of the project: {address} is a placeholder."
    (version,) = re.findall(r'^__version__ = "(.+)"$', (root / "kwire" / "__init__.py").read_text(), re.MULTILINE)
    if tag != f"v{version}":
        yield f"The tag is {tag}, kwire/__init__.py has version {version}: tag v{version}, or change __version__."
    headings = re.findall(r"^## (.+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    found = re.fullmatch(r"(\S+) - (\d{4}-\d\d-\d\d)", headings[0]) if headings else None
    if found is None or found[1] != version:
        yield f'CHANGELOG.md has to begin with "## {version} - YYYY-MM-DD"; nothing may be left as unreleased.'
    elif dt.date.fromisoformat(found[2]) > dt.datetime.now(dt.UTC).date():
        yield f"CHANGELOG.md has a date to come: {found[2]}."


def main() -> int:
    """Return 0 if this version may be published."""
    (tag,) = sys.argv[1:] or [""]
    found = list(faults(Path.cwd(), tag))
    for fault in found:
        print(fault, file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
