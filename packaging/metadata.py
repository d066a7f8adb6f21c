"""Make the metadata that depend on the project's address: the URLs, and a README whose links work anywhere.

A metadata hook of Hatchling. The address stands in pyproject.toml, [tool.hatch.metadata.hooks.custom].
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
RELATIVE_LINK = re.compile(r"(!?\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+\))")


class ProjectAddress(MetadataHookInterface):
    """Sets everything that pyproject.toml calls dynamic, except the version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs and the README."""
        root, address = Path(self.root), self.config["address"]
        (version,) = VERSION.findall((root / "kwire" / "__init__.py").read_text(encoding="utf-8"))
        readme = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(readme, address, f"v{version}")}
        metadata["urls"] = {
            "Homepage": address,
            "Documentation": f"{address}/tree/v{version}/docs",
            "Changelog": f"{address}/blob/v{version}/CHANGELOG.md",
            "Issues": f"{address}/issues",
        }


def absolute(text: str, address: str, tag: str) -> str:
    """Make the text's relative links and pictures absolute, as of that tag."""

    def link(found: re.Match[str]) -> str:
        begin, target = found.groups()
        return f"{begin}{address}/{'raw' if begin.startswith('!') else 'blob'}/{tag}/{target}"

    return RELATIVE_LINK.sub(link, text)
