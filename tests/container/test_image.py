"""What the Dockerfile makes, without a container engine: its process with its settings in a bare root of its own.

Namespaces of their own for mounts, processes and the network; a root that is read-only but for /data; the first
process, as the image's user. What an engine adds to that (layers, published ports) docs/container.md tells about.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USER = 10001
BOOTSTRAP = ("-b", "127.0.0.1:9092")  # there is no resolver to know localhost


def instructions():
    """[(instruction, argument)] of the Dockerfile's last stage."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    last = max(number for number, (name, _) in enumerate(lines) if name == "FROM")
    return [tuple(line) for line in lines[last:]]


STAGE = instructions()
ENVIRONMENT = dict(pair.split("=", 1) for name, argument in STAGE if name == "ENV" for pair in argument.split())


def argument(name):
    (found,) = (argument for instruction, argument in STAGE if instruction == name)
    return found


def command(name):
    """ENTRYPOINT, CMD or HEALTHCHECK's command."""
    return json.loads(argument(name)[argument(name).index("[") :])


def missing():
    """Why there can be no bare root here, None where there can."""
    if sys.platform != "linux" or os.getuid() != 0:
        return "makes a root and namespaces of its own, which needs root"
    tools = ("unshare", "nsenter", "chroot", "mount", "ip")
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        return f"{absent[0]} is not installed (apt-get install util-linux iproute2)"
    tried = subprocess.run(["unshare", "-mpnf", "true"], capture_output=True, text=True, check=False)
    return f"the kernel makes no namespaces: {tried.stderr.strip()}" if tried.returncode else None


WHY_NOT = missing()
needs_namespaces = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


def enter(root):
    """The start of a command that runs in the root as the image's user, with the image's settings and no others."""
    settings = {**ENVIRONMENT, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    settings |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    clean = f"env -i --chdir={argument('WORKDIR')} " + " ".join(f"{name}={value}" for name, value in settings.items())
    return f"chroot --userspec={USER}:{USER} {root} {clean}"


class Container:
    """A process that runs as the image's does. data: its volume."""

    def __init__(self, directory, *extra, variables=""):
        self.root = directory / "root"
        self.data = directory / "data"
        self.root.mkdir(exist_ok=True)
        self.data.mkdir(exist_ok=True)
        os.chown(self.data, USER, USER)
        seen = {"/usr", sys.base_prefix, sys.prefix, os.path.realpath(sys.prefix), str(ROOT)}
        script = (
            f"set -e; mount -t tmpfs -o mode=755 tmpfs {self.root}; cd {self.root}; mkdir proc data dev; umask 022\n"
        )
        for path in map(Path, ("/bin", "/sbin", "/lib", "/lib64")):
            if path.is_symlink():
                script += f"cp -P {path} .\n"
            elif path.is_dir():
                seen.add(str(path))
        for path in sorted(seen):
            script += f"mkdir -p .{path}; mount --bind {path} .{path}; mount -o remount,bind,ro .{path}\n"
        cache = "etc/ld.so.cache"  # without it Python looks for libraries with a compiler
        script += f"mkdir -p etc; touch {cache}; mount --bind /{cache} {cache}\n"
        script += f"touch dev/null; mount --bind /dev/null dev/null; mount --bind {self.data} data\n"
        script += "mount -t proc proc proc; mount -o remount,ro .; ip link set lo up\n"
        script += f"exec {enter(self.root)} {variables} {' '.join([*command('ENTRYPOINT'), *command('CMD'), *extra])}"
        outer = ["unshare", "--mount", "--pid", "--net", "--fork", "sh", "-c", script]
        self.process = subprocess.Popen(outer, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def first_process(self):
        """Its id outside."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        deadline = time.monotonic() + 20
        while not (found := children.read_text().split()):
            assert time.monotonic() < deadline
        return int(found[0])

    def started(self):
        assert select.select([self.process.stdout], [], [], 30)[0], "it said nothing"
        line = self.process.stdout.readline()
        assert "listens on localhost:9092 and keeps its data in /data" in line, self.process.communicate()
        return self

    def run(self, *words, variables=""):
        """A command in the running container, as the engine's exec."""
        inside = ["nsenter", f"--target={self.first_process()}", "--mount", "--pid", "--net"]
        line = f"{enter(self.root)} {variables} {' '.join(words)}"
        return subprocess.run([*inside, *line.split()], capture_output=True, text=True, timeout=30, check=False)

    def kill(self):
        """Nobody in it notices anything any more."""
        if self.process.poll() is None:
            os.kill(self.first_process(), signal.SIGKILL)
        self.process.communicate(timeout=20)

    def stop(self, number=signal.SIGTERM):
        """(Exit code, stderr) after the signal."""
        os.kill(self.first_process(), number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture
def contain(tmp_path):
    started = []

    def start(*extra, variables=""):
        started.append(Container(tmp_path, *extra, variables=variables))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@needs_namespaces
def test_it_serves_as_the_first_process_and_not_as_root_and_keeps_its_data(contain):
    container = contain("--topic", "t:3").started()
    status = Path(f"/proc/{container.first_process()}/status").read_text()
    assert re.search(r"^NSpid:\s\d+\s1$", status, re.MULTILINE)
    assert re.search(rf"^Uid:\s{USER}\s{USER}\s{USER}\s{USER}$", status, re.MULTILINE)
    healthy = container.run(*command("HEALTHCHECK"))
    assert (healthy.returncode, healthy.stderr) == (0, "")
    assert "Read-only file system" in container.run("touch", "/written").stderr
    made = container.run("kwire", "topic", "create", "kept", "--partitions=2", *BOOTSTRAP)
    assert made.returncode == 0, made.stderr
    code, errors = container.stop()
    assert code == 0
    assert "SIGTERM: stopping" in errors
    assert not (container.data / ".ready").exists()
    assert (container.data / ".kafka_cleanshutdown").exists()

    again = contain().started()
    listed = again.run("kwire", "topic", "list", "--json", *BOOTSTRAP).stdout
    assert {"t", "kept"} <= {topic["topic"] for topic in json.loads(listed)}
    again.kill()
    assert (again.data / ".ready").exists()  # nobody could remove it
    assert contain().started().stop()[0] == 0


@needs_namespaces
def test_the_health_check_says_why_it_is_not_healthy(contain):
    container = contain(variables="KWIRE_READY_FILE= KWIRE_LISTEN=127.0.0.1:9095 KWIRE_DATA=")
    assert select.select([container.process.stdout], [], [], 30)[0]
    assert "in memory" in container.process.stdout.readline()
    check = command("HEALTHCHECK")
    not_ready = container.run(*check)
    assert (not_ready.returncode, not_ready.stderr) == (1, "kwire: not ready yet: there is no /data/.ready\n")
    elsewhere = container.run(*check, variables="KWIRE_READY_FILE=")
    assert elsewhere.returncode == 1
    assert elsewhere.stderr == "kwire: no broker answers at 127.0.0.1:9092: Connection refused\n"
    here = container.run(*check, variables="KWIRE_READY_FILE= KWIRE_LISTEN=127.0.0.1:9095")
    assert (here.returncode, here.stderr) == (0, "")
    assert container.stop()[0] == 0


@needs_namespaces
def test_a_signal_during_the_start_ends_it(contain):
    """The kernel gives the first process of a container only the signals that it has a handler for."""
    container = contain()
    pid = container.first_process()
    deadline = time.monotonic() + 20
    while container.process.poll() is None:
        assert time.monotonic() < deadline, "deaf"
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.001)
    assert container.process.returncode == 128 + signal.SIGTERM
    container.process.communicate()


def test_what_the_dockerfile_copies_is_there_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for source in " ".join(copied).split():
        assert (ROOT / source).exists()
        assert source in kept


def test_every_setting_of_the_image_is_one():
    from kwire.cli.serve_options import BY_VARIABLE

    assert {name for name in ENVIRONMENT if name != "PATH"} <= set(BY_VARIABLE)
    assert argument("USER") == f"{USER}:{USER}"
    assert json.loads(argument("VOLUME")) == [ENVIRONMENT["KWIRE_DATA"]]
