"""Runs the stock clients against kwire: `make compat`, or a part of it: `make compat ARGS="kcat -k lz4"`.

Installs what comes by package manager for other languages (Java tools by Maven) into compat/.cache first.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
JAVA_JARS = HERE / ".cache" / "java"


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


def main() -> int:
    """Exit status of the test run."""
    install_java_tools()
    arguments = sys.argv[1:]
    return subprocess.call(
        [sys.executable, "-m", "pytest", "compat", "-c", str(HERE / "pytest.ini"), *arguments], cwd=HERE.parent
    )


if __name__ == "__main__":
    sys.exit(main())
