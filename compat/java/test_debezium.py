"""Debezium's connector for PostgreSQL on Kafka Connect: every change of a table is a record."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from compat import apache_kafka
from compat.java.connect import WAIT_S, Connect, read, wait_until

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

SETTINGS = "wal_level=logical\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\nfsync=off\n"


class Postgres:
    """A PostgreSQL server that lets in every user of this machine."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self.port = apache_kafka.free_port()
        self._programs, self._data = programs, directory / "postgres"
        self._data.mkdir()
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(directory, "postgres")
            shutil.chown(self._data, "postgres")
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "kwire", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"{SETTINGS}port={self.port}\n")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self._data / "server.log", "start")

    def _run(self, program: str, *arguments: object) -> None:
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*user, self._programs / program, *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=WAIT_S)

    def ask(self, sql: str) -> None:
        """Run the statements."""
        address = f"host=127.0.0.1 port={self.port} user=kwire dbname=postgres"
        subprocess.run([self._programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", address, "-c", sql], check=True)

    def stop(self) -> None:
        """Stop the server at once, whatever is connected."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")


@pytest.fixture
def postgres():
    """Run a server in a directory of its own: pytest keeps other users out of its own one."""
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if found is None:
        pytest.skip("missing:initdb")
    with tempfile.TemporaryDirectory(prefix="kwire-postgres-") as directory:
        server = Postgres(Path(found).resolve().parent, Path(directory))
        yield server
        server.stop()


def changes(broker, topic):
    """Return operation, id and name of each record; a deletion has no name, a tombstone no operation either."""
    found = []
    if topic not in AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics().topics:
        return found
    for key, value in read(broker, topic):
        row = json.loads(value) if value else {"op": None, "before": None, "after": None}
        content = row["after"] or row["before"] or json.loads(key)
        found.append((row["op"], content["id"], content.get("name") if row["after"] else None))
    return found


@pytest.mark.timeout(400)
def test_every_change_of_a_table_is_a_record(broker, topic, postgres, tmp_path):
    postgres.ask("create table orders (id int primary key, name text); insert into orders values (1, 'two coffees')")
    connect = Connect(broker, topic, tmp_path)
    config = {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.hostname": "127.0.0.1",
        "database.port": str(postgres.port),
        "database.user": "kwire",
        "database.password": "none",
        "database.dbname": "postgres",
        "topic.prefix": topic,
        "table.include.list": "public.orders",
        "plugin.name": "pgoutput",
        "tasks.max": "1",
        **{f"{part}.converter": "org.apache.kafka.connect.json.JsonConverter" for part in ("key", "value")},
        **{f"{part}.converter.schemas.enable": "false" for part in ("key", "value")},
    }
    table = f"{topic}.public.orders"
    expected = [("r", 1, "two coffees")]
    with connect.worker("first"):
        connect.create("first", "orders", **config)
        connect.wait_running("first", ["orders"], workers=1)
        wait_until(lambda: changes(broker, table) == expected)
        postgres.ask("insert into orders values (2, 'a tea'); update orders set name = 'a milk' where id = 2")
        expected += [("c", 2, "a tea"), ("u", 2, "a milk")]
        wait_until(lambda: changes(broker, table) == expected)
    postgres.ask("delete from orders where id = 1")
    expected += [("d", 1, None), (None, 1, None)]
    with connect.worker("second"):
        wait_until(lambda: changes(broker, table) == expected)
