"""The examples and the README's test as a new user runs them: outside the repository, with only the wheel installed.

Builds sdist and wheel, and installs the wheel in fresh environments in a temporary directory: one for the examples,
with what they need besides, and one for each supported Python that is here, with pytest and kafka-python.

    python examples/run.py
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
EXAMPLES = ("order_service", "invoice_worker", "temperature_alerts")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """The command has succeeded."""
    subprocess.run([*map(str, command)], cwd=cwd, check=True)


def built(directory: Path) -> Path:
    """The wheel, which is made from the sdist."""
    run(UV, "build", "--quiet", "--out-dir", directory, ROOT)
    (wheel,) = directory.glob("*.whl")
    return wheel


def environment(directory: Path, python: str, *installed: str | Path) -> Path:
    """The interpreter of a fresh environment that has these."""
    run(UV, "venv", "--quiet", "--python", python, directory)
    interpreter = directory / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for options in installed:
        run(UV, "pip", "install", "--quiet", "--python", interpreter, *str(options).split("\n"))
    return interpreter


def present(python: str) -> str | None:
    """This machine's interpreter of that version, where uv or pyenv knows one."""
    command = [UV, "python", "find", "--system", "--no-python-downloads", python]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return found.stdout.strip()
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return next((str(each) for each in sorted(pyenv.glob(f"versions/{python}.*/bin/python"))), None)


def tested(interpreter: Path, project: Path) -> None:
    """The project's tests pass."""
    print(f"== {project.name}", flush=True)
    run(interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)


def main() -> None:
    """Everything, one thing after the other."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        wheel = built(directory / "dist")
        needed = ROOT / "requirements" / "examples.txt"
        own = environment(directory / "examples-env", sys.executable, f"-r\n{needed}", f"--no-deps\n{wheel}")
        for name in EXAMPLES:
            tested(own, Path(shutil.copytree(ROOT / "examples" / name, directory / name)))
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        (example,) = re.findall(r"^```python test_orders.py\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
        for python in PYTHONS:
            found = present(python)
            if found is None:
                print(f"== Python {python} is not on this machine")
                continue
            user = environment(directory / f"env-{python}", found, f"{wheel}\npytest\nkafka-python")
            project = directory / f"readme-on-{python}"
            project.mkdir()
            (project / "test_orders.py").write_text(example, encoding="utf-8")
            tested(user, project)


if __name__ == "__main__":
    main()
