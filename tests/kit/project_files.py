"""List the project's own files: those that git does not ignore; without a repository (an unpacked sdist), all files."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {"PKG-INFO", ".venv", "build", "dist", "__pycache__"}
"""Files of builds and runs, besides caches, whose names begin with a dot and end with _cache."""


def known_to_git() -> set[str] | None:
    """List the files that git tracks or would add; None without a repository."""
    if not (ROOT / ".git").exists():
        return None
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if (ROOT / name).is_file()}


def project_files() -> set[str]:
    """List the project's files, relative to its root, with slashes."""
    names = known_to_git()
    if names is not None:
        return names
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return {
        path.as_posix() for path in paths if not any(part in MADE or part.endswith("_cache") for part in path.parts)
    }
