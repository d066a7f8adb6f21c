"""Makes drivers ready to run, in compat/.cache/matrix, from the lock files beside them."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from compat.matrix.plan import CACHE, Client

LOCKS = {"requirements.txt", "package-lock.json", "go.mod", "Cargo.lock", "pom.xml"}
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def ready(client: Client) -> None:
    """The client's driver can be started."""
    stamp = client.built / ".complete"
    state = _state(client.folders)
    if stamp.exists() and stamp.read_text() == state:
        return
    print(f"compat: making {client.name} ready", flush=True)
    client.built.mkdir(parents=True, exist_ok=True)
    INSTALLERS[client.install](client)
    stamp.write_text(state)


def _state(folders: list[Path]) -> str:
    """Changes with every file of the folders."""
    digest = hashlib.sha256()
    ignored = {"target", "node_modules", "__pycache__"}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not ignored & set(path.relative_to(folder).parts):
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _run(*command: str | Path, cwd: Path | None = None, **environment: str) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **environment},
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"compat: {' '.join(map(str, command))} failed\n{done.stdout}{done.stderr}")


def _python(client: Client) -> None:
    uv = [sys.executable, "-m", "uv"]
    _run(*uv, "venv", "--quiet", "--clear", "--python", sys.executable, client.built)
    python = client.built / "bin" / "python"
    _run(*uv, "pip", "install", "--quiet", "--python", python, "-r", client.folder / "requirements.txt")
    if (client.folder / "pom.xml").exists():
        _jars(client)


def _npm(client: Client) -> None:
    for folder in client.folders:
        for path in folder.iterdir():
            if path.is_file():
                shutil.copy(path, client.built)
    _run("npm", "ci", "--no-audit", "--no-fund", cwd=client.built, **client.install_with)


def _go(client: Client) -> None:
    """Build a driver in Go. A folder with only a go.mod uses the program of another version's folder."""
    source = next(folder for folder in client.folders if (folder / "main.go").exists())
    options = [] if source == client.folder else [f"-modfile={client.folder / 'go.mod'}"]
    _run("go", "build", *options, "-o", client.built / "driver", ".", cwd=source, **client.install_with)


def _make(client: Client) -> None:
    _run("make", f"BUILT={client.built}", cwd=client.folder)


def _cargo(client: Client) -> None:
    target = CACHE / "cargo-target"
    _run("cargo", "build", "--release", "--locked", cwd=client.folder, CARGO_TARGET_DIR=str(target))
    shutil.copy(target / "release" / client.name, client.built / "driver")


def _maven(client: Client) -> None:
    jars = _jars(client)
    sources = [path for folder in client.folders for path in sorted(folder.glob("*.java"))]
    classes = client.built / "classes"
    _run("javac", "-nowarn", "-parameters", "-cp", f"{jars}/*", "-d", classes, *sources)


def _jars(client: Client) -> Path:
    jars = client.built / "jars"
    if jars.exists():
        shutil.rmtree(jars)
    _run("mvn", "-q", "-B", "-f", client.folder / "pom.xml", MAVEN_COPY, f"-DoutputDirectory={jars}")
    return jars


def _none(_client: Client) -> None:
    """Nothing has to be done."""


INSTALLERS: dict[str, Callable[[Client], None]] = {
    "python": _python,
    "npm": _npm,
    "go": _go,
    "make": _make,
    "cargo": _cargo,
    "maven": _maven,
    "none": _none,
}
