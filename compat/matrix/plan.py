"""matrix.toml as objects: which clients there are, and which features each of them is asked to show."""

import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache" / "matrix"


@dataclass(frozen=True)
class Feature:
    """A column. missing: what happens instead, where kwire does not have it yet."""

    name: str
    says: str
    kind: str = "client"
    missing: str | None = None


@dataclass(frozen=True)
class Client:
    """A row. core: in every CI run. mirrors: records go to another cluster as they are."""

    name: str
    version: str
    language: str
    install: str
    start: list[str]
    kind: str = "client"
    core: bool = False
    mirrors: bool = False
    install_with: dict[str, str] = field(default_factory=dict)
    shares: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    lacks: dict[str, str] = field(default_factory=dict)
    assignors: list[str] = field(default_factory=lambda: ["range"])
    protocol_assignors: list[str] = field(default_factory=lambda: ["uniform", "range"])

    @property
    def folder(self) -> Path:
        """Its driver."""
        return HERE / "drivers" / self.name

    @property
    def folders(self) -> list[Path]:
        """Its driver, and what that shares with others."""
        return [self.folder, *(HERE / "drivers" / name for name in self.shares)]

    @property
    def built(self) -> Path:
        """What is made of the driver."""
        return CACHE / self.name

    @property
    def command(self) -> list[str]:
        """Starts the driver; the bootstrap servers come behind."""
        places = {"folder": str(self.folder), "built": str(self.built), "bin": str(self.built / "bin")}
        return [part.format_map(places) for part in self.start]

    @property
    def missing_tools(self) -> list[str]:
        """What it needs and this machine has not."""
        return [tool for tool in self.needs if not is_here(tool)]


@cache
def is_here(tool: str) -> bool:
    """Whether this machine has it: "go", "rustc>=1.95" where it must not be older, "zstd.h" where cc finds it."""
    if tool.endswith(".h"):
        command = ["cc", "-E", "-include", tool, "-x", "c", "/dev/null"]
        return is_here("cc") and subprocess.run(command, check=False, capture_output=True).returncode == 0
    name, _, oldest = tool.partition(">=")
    if shutil.which(name) is None or not oldest:
        return shutil.which(name) is not None
    said = subprocess.run([name, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.search(r"[\d.]+", said)
    return found is not None and _numbers(found[0]) >= _numbers(oldest)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def _document() -> dict[str, list[dict[str, object]]]:
    return tomllib.loads((HERE / "matrix.toml").read_text())


def features() -> list[Feature]:
    """Every column, in order."""
    return [Feature(**row) for row in _document()["feature"]]


def clients() -> list[Client]:
    """Every row, in order."""
    return [Client(**row) for row in _document()["client"]]


def chosen(names: str | None, things: list) -> list:
    """Those whose name is one of the names, separated by commas; all where none is given. A name may be a beginning."""
    if not names:
        return things
    wanted = [name.strip() for name in names.split(",")]
    found = [thing for thing in things if any(thing.name.startswith(name) for name in wanted)]
    if not found:
        raise SystemExit(f"compat: nothing is called {names}; there are {', '.join(thing.name for thing in things)}")
    return found
