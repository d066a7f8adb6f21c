"""Add README.md, CHANGELOG.md and the reports to the site as pages beside those of docs/.

A hook of MkDocs (mkdocs.yml). A link to a file of the repository that is no page becomes its name, after a look whether
it is there; all others are checked by MkDocs, anchors included. So `make docs` finds every link that leads nowhere, and
every code block that is not shown as one.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "index.md": ROOT / "README.md",
    "changes.md": ROOT / "CHANGELOG.md",
    "clients.md": ROOT / "compat" / "REPORT.md",
    "benchmarks.md": ROOT / "benchmarks" / "RESULTS.md",
}
_NAMED_FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s:]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages that are made of other files, and the pictures of these."""
    made = [File.generated(config, name, content=path.read_text(encoding="utf-8")) for name, path in PAGES.items()]
    charts = sorted((ROOT / "benchmarks" / "charts").glob("*.svg"))
    made += [File.generated(config, f"charts/{path.name}", content=path.read_text(encoding="utf-8")) for path in charts]
    return Files([*files, *made])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to pages to the site's, make text of those to other files, and show the names of code blocks."""
    source = PAGES.get(page.file.src_uri, ROOT / "docs" / page.file.src_uri)

    def link(found: re.Match[str]) -> str:
        picture, text, target, anchor = found.groups(default="")
        path = (source.parent / target).resolve()
        if not path.exists():
            raise SystemExit(f"{source.relative_to(ROOT)}: {target} is not there")
        page_of = {other: name for name, other in PAGES.items()}
        if path in page_of:
            return f"{picture}[{text}]({page_of[path]}{anchor})"
        if path.parent == ROOT / "docs":
            return f"{picture}[{text}]({path.name}{anchor})"
        if path.parent.name == "charts":
            return f"{picture}[{text}](charts/{path.name})"
        return text if text.startswith("`") else f"{text} (`{path.relative_to(ROOT)}`)"

    return _LINK.sub(link, _NAMED_FENCE.sub(r'```\1 title="\2"', markdown))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Check that no code fence is left as text."""
    if "```" in html:
        raise SystemExit(f"{page.file.src_uri}: a code block is not recognised: {html[html.index('```') :][:80]}")
