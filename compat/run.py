"""Runs the stock clients against kwire: `make compat`, or a part of it: `make compat CLIENT=go FEATURE=lz4,zstd`.

The matrix (compat/matrix) asks every client the same; the other folders ask some of them more. Installs what comes by
package manager for other languages into compat/.cache first. Tests run in as many processes as there are cores, and
one more. A whole run writes compat/REPORT.md; every run writes compat/.cache/junit.xml. `--core`: the matrix's clients
that CI runs.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
JAVA_JARS = HERE / ".cache" / "java"
REPORT = HERE / "REPORT.md"
WITHOUT_MATRIX = "--ignore=compat/matrix"
"""pytest's option; the matrix's drivers are not needed then, which take minutes to be built."""


def install_java_tools() -> None:
    """The Java console tools' jars are in compat/.cache/java, where Maven is there."""
    pom = HERE / "java" / "pom.xml"
    stamp = JAVA_JARS / ".complete"
    if shutil.which("mvn") is None or (stamp.exists() and stamp.stat().st_mtime >= pom.stat().st_mtime):
        return
    print("compat: fetching the Java tools", flush=True)
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
    options = [f"-DoutputDirectory={JAVA_JARS}", "-DincludeScope=runtime"]
    subprocess.run(["mvn", "-q", "-B", "-f", str(pom), goal, *options], check=True)
    stamp.touch()


def install_drivers(names: str, *, core: bool) -> None:
    """The drivers of the chosen clients are ready, but for those whose tools this machine has not."""
    sys.path.insert(0, str(HERE.parent))
    from compat.matrix import install, plan

    for client in plan.chosen(names, plan.clients()):
        if not client.missing_tools and (client.core or not core):
            install.ready(client)


def main() -> int:
    """Exit status of the test run."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--client", default="")
    parser.add_argument("--feature", default="")
    parser.add_argument("--core", action="store_true")
    known, others = parser.parse_known_args()
    install_java_tools()
    if WITHOUT_MATRIX not in others:
        install_drivers(known.client, core=known.core)
    part = bool(known.client or known.feature or known.core)
    arguments = ["compat/matrix" if part else "compat", f"--junitxml={HERE / '.cache' / 'junit.xml'}", *others]
    arguments += [f"--client={known.client}", f"--feature={known.feature}"]
    if "-n" not in others:
        arguments += ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadscope"]
    if known.core:
        arguments.append("--core")
    elif not part and not others:
        arguments.append(f"--report={REPORT}")
    return subprocess.call(
        [sys.executable, "-m", "pytest", "-c", str(HERE / "pytest.ini"), *arguments], cwd=HERE.parent
    )


if __name__ == "__main__":
    sys.exit(main())
