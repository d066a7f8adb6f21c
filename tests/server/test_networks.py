"""The address that clients are told, in networks of their own: several at once, and behind address translation.

Three network namespaces of this machine: the broker's, that of the host on which it is a container, and a client's
outside. Nothing leaves them.

    outside 198.51.100.2 -- 198.51.100.1 host 172.30.0.1 -- 172.30.0.2 container 203.0.113.1 -- 203.0.113.2 outside
"""

import os
import select
import shutil
import signal
import subprocess
import sys

import pytest

ROOT_ONLY = "makes network namespaces, which needs root"


def missing():
    """Why namespaces cannot be made here, None where they can."""
    if sys.platform != "linux" or os.getuid() != 0:
        return ROOT_ONLY
    for tool, package in (("ip", "iproute2"), ("nft", "nftables"), ("kcat", "kcat")):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (apt-get install {package})"
    tried = subprocess.run(
        ["ip", "netns", "add", f"kwire-try-{os.getpid()}"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        return f"the kernel makes no network namespace: {tried.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", f"kwire-try-{os.getpid()}"], check=True)
    return None


WHY_NOT = missing()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


class Networks:
    """The namespaces by their short names."""

    def __init__(self):
        self.names = {name: f"kwire-{name}-{os.getpid()}" for name in ("outside", "host", "container")}
        self.processes = []

    def make(self):
        for name, namespace in self.names.items():
            run(["ip", "netns", "add", namespace])
            self.run(name, "ip", "link", "set", "lo", "up")
        self.wire("outside", "198.51.100.2/24", "host", "198.51.100.1/24")
        self.wire("host", "172.30.0.1/24", "container", "172.30.0.2/24", "fd00:0:0:30::1/64", "fd00:0:0:30::2/64")
        self.wire("container", "203.0.113.1/24", "outside", "203.0.113.2/24")
        self.run("container", "ip", "route", "add", "default", "via", "172.30.0.1")
        self.run("container", "ip", "-6", "route", "add", "default", "via", "fd00:0:0:30::1")
        for key in ("ip_forward", "conf.all.route_localnet"):
            self.run("host", "sh", "-c", f"echo 1 > /proc/sys/net/ipv4/{key.replace('.', '/')}")

    def wire(self, one, address, other, other_address, *ipv6):
        ends = [f"{one[:4]}-{other[:4]}", f"{other[:4]}-{one[:4]}"]
        pair = ["ip", "link", "add", ends[0], "netns", self.names[one], "type", "veth"]
        run([*pair, "peer", "name", ends[1], "netns", self.names[other]])
        addresses = ((one, ends[0], [address, *ipv6[:1]]), (other, ends[1], [other_address, *ipv6[1:]]))
        for name, end, several in addresses:
            for each in several:
                self.run(name, "ip", "address", "add", each, "dev", end, *(["nodad"] if ":" in each else []))
            self.run(name, "ip", "link", "set", end, "up")

    def translate(self, rules):
        """The host publishes the container's port, as a container engine does."""
        self.run("host", "nft", "-f", "-", stdin=f"table ip nat {{ {rules} }}")

    def run(self, name, *command, stdin="", timeout=30):
        return run(["ip", "netns", "exec", self.names[name], *command], stdin=stdin, timeout=timeout)

    def serve(self, *options):
        command = [sys.executable, "-m", "kwire", "serve", "--topic", "t", *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(["ip", "netns", "exec", self.names["container"], *command], text=True, **pipes)
        self.processes.append(process)
        assert select.select([process.stdout], [], [], 20)[0], "kwire serve said nothing"
        assert "listens on" in process.stdout.readline(), process.stderr.read()
        return process

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for namespace in self.names.values():
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)


def run(command, stdin="", timeout=30):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def networks(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    networks = Networks()
    try:
        networks.make()
        yield networks
    finally:
        networks.end()


ANYWHERE = ("--listen", "0.0.0.0:9092", "--listen", "[::]:9092")
PUBLISHED = """
    chain prerouting {
        type nat hook prerouting priority dstnat;
        iifname "host-outs" tcp dport 9092 dnat to 172.30.0.2
    }
    chain output {
        type nat hook output priority -100;
        ip daddr 127.0.0.1 tcp dport 9092 dnat to 172.30.0.2
    }
    chain postrouting {
        type nat hook postrouting priority srcnat;
        ip saddr 127.0.0.1 oifname "host-cont" masquerade
    }
"""


def told(networks, where, bootstrap):
    """The address of broker 1 that kcat is told."""
    (line,) = (one for one in networks.run(where, "kcat", "-b", bootstrap, "-L").splitlines() if "broker 1 at " in one)
    return line.split()[3]


def works(networks, where, bootstrap):
    """Whether kcat's record comes back. It goes to the address that it was told."""
    value = f"from {where} by {bootstrap}"
    networks.run(where, "kcat", "-b", bootstrap, "-P", "-t", "t", stdin=value)
    command = ["kcat", "-b", bootstrap, "-C", "-t", "t", "-o", "-1", "-c", "1", "-q"]
    assert networks.run(where, *command) == f"{value}\n"


KAFKA_PYTHON = """
import sys, warnings
warnings.simplefilter("ignore")
from kafka import KafkaConsumer, KafkaProducer
producer = KafkaProducer(bootstrap_servers=sys.argv[1])
offset = producer.send("t", b"seen").get(10).offset
producer.close()
consumer = KafkaConsumer("t", bootstrap_servers=sys.argv[1], group_id=sys.argv[1], auto_offset_reset="earliest")
assert any(record.offset == offset for record in consumer)
print(*{f"{node.host}:{node.port}" for node in consumer._client.cluster.brokers()})
consumer.close()
"""


def test_clients_in_several_networks_are_each_told_the_address_that_they_took(networks):
    broker = networks.serve(*ANYWHERE)
    for where, bootstrap in (
        ("container", "127.0.0.1:9092"),
        ("container", "[::1]:9092"),
        ("host", "172.30.0.2:9092"),
        ("host", "[fd00:0:0:30::2]:9092"),
        ("outside", "203.0.113.1:9092"),
    ):
        assert told(networks, where, bootstrap) == bootstrap.replace("[", "").replace("]", "")
        works(networks, where, bootstrap)
    for where, bootstrap in (("host", "172.30.0.2:9092"), ("outside", "203.0.113.1:9092")):
        assert networks.run(where, sys.executable, "-c", KAFKA_PYTHON, bootstrap).strip() == bootstrap
    broker.send_signal(signal.SIGTERM)
    _, errors = broker.communicate(timeout=20)
    assert "--advertise" not in errors


def test_behind_a_published_port_the_host_is_told_localhost_and_others_the_address_that_they_took(networks):
    networks.translate(PUBLISHED)
    networks.serve(*ANYWHERE, "--advertise-to-gateway", "localhost")
    assert told(networks, "host", "127.0.0.1:9092") == "localhost:9092"
    works(networks, "host", "localhost:9092")
    assert networks.run("host", sys.executable, "-c", KAFKA_PYTHON, "localhost:9092").strip() == "localhost:9092"
    assert told(networks, "host", "172.30.0.2:9092") == "localhost:9092"  # the same peer, whichever way it came
    assert told(networks, "outside", "203.0.113.1:9092") == "203.0.113.1:9092"
    assert told(networks, "container", "127.0.0.1:9092") == "127.0.0.1:9092"


def test_without_that_the_host_is_told_the_container_s_own_address(networks):
    networks.translate(PUBLISHED)
    networks.serve(*ANYWHERE)
    assert told(networks, "host", "127.0.0.1:9092") == "172.30.0.2:9092"


def test_whoever_comes_from_further_away_needs_advertise_and_the_log_says_so(networks):
    networks.translate(PUBLISHED)
    broker = networks.serve(*ANYWHERE, "--advertise-to-gateway", "localhost")
    assert told(networks, "outside", "198.51.100.1:9092") == "172.30.0.2:9092"  # to which it has no way
    command = ["kcat", "-b", "198.51.100.1:9092", "-P", "-t", "t", "-X", "message.timeout.ms=13000"]
    failing = subprocess.run(
        ["ip", "netns", "exec", networks.names["outside"], *command],
        input="lost",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "timed out" in failing.stderr
    broker.send_signal(signal.SIGTERM)
    _, errors = broker.communicate(timeout=20)
    warnings = [line for line in errors.splitlines() if "--advertise" in line]
    assert len(warnings) == 1, errors
    assert "clients at 198.51.100.2 were told" in warnings[0]
    assert "that broker 1 is at 172.30.0.2:9092, and asked for nothing else" in warnings[0]

    networks.serve(*ANYWHERE, "--advertise", "198.51.100.1:9092")
    assert told(networks, "outside", "198.51.100.1:9092") == "198.51.100.1:9092"
    works(networks, "outside", "198.51.100.1:9092")
    assert (
        networks.run("outside", sys.executable, "-c", KAFKA_PYTHON, "198.51.100.1:9092").strip() == "198.51.100.1:9092"
    )
