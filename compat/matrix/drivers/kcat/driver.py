"""kcat as a driver: see ../../DRIVERS.md. What it is told to do is a run of the command each; so is a consumer."""

import base64
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import uuid

WAIT_S = 60
SEPARATOR = uuid.uuid4().hex
"""Between two records; KEY stands between a key and its value. No record contains them."""
KEY = uuid.uuid4().hex
FORMAT = f"%t %p %o %T %K %S\n%k%s%h{SEPARATOR}\n"
END = f"{SEPARATOR}\n".encode()
DELIVERED = re.compile(r"delivered to partition (\d+) \(offset (-?\d+)\)")
REBALANCED = re.compile(r"rebalanced.*?(incremental )?(assign|revoke).*?(?:: ([^:]*))?$")
PARTITION = re.compile(r"(\S+) \[(\d+)\]")
SETTINGS = {
    "acks": "acks",
    "compression": "compression.codec",
    "idempotence": "enable.idempotence",
    "linger_ms": "linger.ms",
    "batch_bytes": "batch.size",
    "max_request_bytes": "message.max.bytes",
    "assignor": "partition.assignment.strategy",
    "instance_id": "group.instance.id",
    "session_timeout_ms": "session.timeout.ms",
    "heartbeat_interval_ms": "heartbeat.interval.ms",
}
KCAT = ("setpriv", "--pdeathsig", "KILL", "kcat")
"""A driver that is killed takes its kcat with it, as a client in its own process goes."""


class KcatError(Exception):
    """What kcat says on its way out."""


def text(value):
    return None if value is None else base64.b64encode(value).decode()


def data(value):
    return None if value is None else base64.b64decode(value)


def options(settings):
    said = ((SETTINGS.get(name, name), value) for name, value in settings.items())
    return [part for name, value in said for part in ("-X", f"{name}={str(value).lower()}")]


class Records:
    """What kcat has printed, in FORMAT, as records."""

    def __init__(self):
        self.rest = b""

    def add(self, printed):
        self.rest += printed
        *whole, self.rest = self.rest.split(END)
        return [self.record(each) for each in whole]

    def record(self, printed):
        head, _, body = printed.partition(b"\n")
        topic, *numbers = head.decode().split(" ")
        partition, offset, timestamp, key_size, value_size = map(int, numbers)
        value_at = max(key_size, 0)
        headers_at = value_at + max(value_size, 0)
        return {
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "timestamp": timestamp,
            "key": None if key_size < 0 else text(body[:value_at]),
            "value": None if value_size < 0 else text(body[value_at:headers_at]),
            "headers": [self.header(each) for each in body[headers_at:].split(b",") if each],
        }

    def header(self, printed):
        name, _, value = printed.partition(b"=")
        return [name.decode(), None if value == b"NULL" else text(value)]


class Member:
    """kcat -G, and what it says."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.records, self.assignment, self.changed = [], set(), threading.Condition()
        self.threads = [threading.Thread(target=read, daemon=True) for read in (self.read_records, self.read_errors)]
        for thread in self.threads:
            thread.start()

    def read_records(self):
        records = Records()
        while printed := os.read(self.process.stdout.fileno(), 65536):
            found = records.add(printed)
            with self.changed:
                self.records += found
                self.changed.notify()

    def read_errors(self):
        for line in self.process.stderr:
            said = line.decode(errors="replace").rstrip()
            print(said, file=sys.stderr, flush=True)
            told = REBALANCED.search(said)
            if told:
                partitions = {(name, int(index)) for name, index in PARTITION.findall(told[3] or "")}
                self.rebalanced(partitions, added=told[2] == "assign", all_of_them=told[1] is None)

    def rebalanced(self, partitions, *, added, all_of_them):
        with self.changed:
            before = set() if all_of_them else self.assignment
            if added:
                self.assignment = before | partitions
            else:
                self.assignment = before - partitions

    def poll(self, count, within_s):
        with self.changed:
            self.changed.wait_for(lambda: len(self.records) >= count, within_s)
            if not self.records and self.process.poll() is not None:
                raise KcatError(f"it ended with status {self.process.returncode}")
            given, self.records = self.records[:count], self.records[count:]
            return {"records": given, "assignment": sorted(self.assignment)}

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT_S)


class Driver:
    def __init__(self, bootstrap):
        security = json.loads(os.environ.get("CLIENT_SECURITY", "{}"))
        self.common = {}
        if security:
            encrypted, sasl = "tls" in security, security.get("sasl")
            self.common["security.protocol"] = ("sasl_" if sasl else "") + ("ssl" if encrypted else "plaintext")
            if sasl:
                self.common["sasl.mechanism"] = sasl["mechanism"]
                self.common["sasl.username"], self.common["sasl.password"] = sasl["username"], sasl["password"]
            if encrypted and "ca_file" in security["tls"]:
                self.common["ssl.ca.location"] = security["tls"]["ca_file"]
        self.bootstrap = bootstrap
        self.members = {}

    def command(self, *arguments, **settings):
        return [*KCAT, "-b", self.bootstrap, *map(str, arguments), *options({**self.common, **settings})]

    def run(self, *arguments, given=b"", **settings):
        """(What it printed, what it said.)"""
        done = subprocess.run(
            self.command(*arguments, **settings), check=False, input=given, capture_output=True, timeout=WAIT_S
        )
        said = done.stderr.decode(errors="replace")
        if done.returncode:
            raise KcatError(said.strip().splitlines()[-1] if said.strip() else f"status {done.returncode}")
        return done.stdout, said

    def metadata(self):
        listing = json.loads(self.run("-L", "-J")[0])
        brokers = []
        for broker in listing["brokers"]:
            host, _, port = broker["name"].rpartition(":")
            brokers.append({"id": broker["id"], "host": host.strip("[]"), "port": int(port)})
        return {"brokers": brokers, "topics": {each["topic"]: len(each["partitions"]) for each in listing["topics"]}}

    def produce(self, topic, records, settings):
        positions = [None] * len(records)
        for arguments, chosen in runs(records):
            given = b"".join(line(records[index]) for index in chosen)
            _, said = self.run("-P", "-t", topic, "-vv", *arguments, given=given, **settings)
            for index, (partition, offset) in zip(chosen, DELIVERED.findall(said), strict=True):
                positions[index] = [int(partition), int(offset) if int(offset) >= 0 else None]
        return {"positions": positions}

    def consume(self, topic, partition, start, count, within_ms, isolation):
        arguments = ("-C", "-u", "-q", "-t", topic, "-p", partition, "-o", start, "-c", count, "-f", FORMAT)
        command = self.command(*arguments, **{"isolation.level": isolation, "fetch.message.max.bytes": 8_000_000})
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr)
        records, rows, deadline = Records(), [], time.monotonic() + within_ms / 1000
        try:
            while select.select([process.stdout], [], [], max(deadline - time.monotonic(), 0))[0]:
                printed = os.read(process.stdout.fileno(), 65536)
                if not printed:
                    break
                rows += records.add(printed)
        finally:
            process.kill()
            process.wait()
        return {"records": rows[:count]}

    def offsets(self, topic, partition, timestamp):
        beginning, end, found = (self.offset(topic, partition, asked) for asked in (-2, -1, timestamp))
        return {"beginning": beginning, "end": end, "at_timestamp": None if found < 0 else found}

    def offset(self, topic, partition, timestamp):
        return int(self.run("-Q", "-t", f"{topic}:{partition}:{timestamp}")[0].split()[-1])

    def open(self, consumer, group, topics, settings):
        settings.pop("protocol", None)  # it knows the classic one only
        own = {"auto.offset.reset": "earliest", "auto.commit.interval.ms": 100}
        self.members[consumer] = Member(self.command("-G", group, "-u", "-E", "-f", FORMAT, *topics, **own, **settings))
        return {}

    def poll(self, consumer, count, within_ms):
        return self.members[consumer].poll(count, within_ms / 1000)

    def commit(self, consumer):
        time.sleep(0.5)  # it commits by itself, every 100 ms
        return {}

    def close(self, consumer):
        self.members.pop(consumer).close()
        return {}


def line(record):
    key = data(record["key"])
    return (b"" if key is None else key + KEY.encode()) + (data(record["value"]) or b"") + SEPARATOR.encode()


def runs(records):
    """(Arguments, indexes of the records) of each run: what the command line says holds for all records of a run.

    Those of one partition follow each other; where the key decides, all records of a key are together.
    """
    found = {}
    number, before = 0, None
    for index, record in enumerate(records):
        arguments = ["-D", SEPARATOR]
        if record["key"] is not None:
            arguments += ["-K", KEY]
        if record["value"] is None:
            arguments += ["-Z"]
        for name, value in record["headers"]:
            arguments += ["-H", name if value is None else f"{name}={data(value).decode()}"]
        if record.get("partition") is None:
            run = (None, record["key"], *arguments)
        else:
            arguments += ["-p", str(record["partition"])]
            number += arguments != before
            before = arguments
            run = (number, *arguments)
        found.setdefault(run, (arguments, []))[1].append(index)
    return list(found.values())


def main():
    driver = Driver(sys.argv[-1])
    for given in sys.stdin:
        request = json.loads(given)
        try:
            answer = {"ok": getattr(driver, request.pop("do"))(**request)}
        except KcatError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    for member in driver.members.values():
        member.close()


if __name__ == "__main__":
    main()
