"""`kwire cluster`, `kwire config` and `kwire api` against a running broker."""

import json

import pytest

from kwire.api.registry import APIS


def test_the_cluster(cli, broker):
    cli("topic", "create", "spread", "-p", 3)
    state = json.loads(cli("cluster", "describe", "--json").out)
    assert len(state.pop("cluster")) == 22
    assert state.pop("brokers") == [
        {
            "id": 1,
            "host": "127.0.0.1",
            "port": broker.port,
            "rack": None,
            "leads": 3,
            "replicas": 3,
            "controller": True,
        }
    ]
    assert state == {
        "controller": 1,
        "topics": 1,
        "partitions": 3,
        "offline_partitions": 0,
        "under_replicated_partitions": 0,
    }
    _, counts, titles, row = cli("cluster", "describe").out.splitlines()
    assert counts == "1 topics with 3 partitions, 0 of them offline, 0 under-replicated"
    assert titles.split() == ["ID", "HOST", "PORT", "RACK", "LEADS", "REPLICAS"]
    assert row.split() == ["1", "127.0.0.1", str(broker.port), "-", "3", "3"]
    cli("topic", "delete", "spread")


def test_configs_of_topics_brokers_and_groups(cli):
    cli("topic", "create", "t")
    said = "topic t has no configs of its own; --all shows the defaults too\n"
    assert cli("config", "get", "topic", "t") == (0, "", said)
    assert cli("config", "get", "topic", "t", "--json") == (0, "[]\n", "")
    assert cli("config", "set", "topic", "t", "retention.ms=5000", "cleanup.policy=compact,delete") == (
        0,
        "altered topic t\n",
        "",
    )
    assert cli("config", "get", "topic", "t").out.splitlines() == [
        "CONFIG          VALUE           SOURCE                READ-ONLY",
        "cleanup.policy  compact,delete  dynamic-topic-config         no",
        "retention.ms    5000            dynamic-topic-config         no",
    ]
    assert cli("config", "set", "topic", "t", "--unset", "cleanup.policy").code == 0
    rows = json.loads(cli("config", "get", "topic", "t", "cleanup.policy", "--json").out)
    assert rows == [
        {
            "config": "cleanup.policy",
            "value": "delete",
            "source": "default-config",
            "read_only": False,
            "sensitive": False,
        }
    ]
    assert cli("config", "set", "broker", "1", "log.retention.ms=7000").code == 0
    assert cli("config", "set", "topic", "t", "--unset", "retention.ms").code == 0
    assert cli("config", "get", "topic", "t") == (0, "", said)
    assert '"configs": {}' in cli("dump", "t").out
    assert "log.retention.ms  7000   dynamic-broker-config" in cli("config", "get", "broker", "1").out
    assert cli("config", "set", "broker", "1", "--unset", "log.retention.ms").code == 0
    assert len(cli("config", "get", "broker", "1", "--all").out.splitlines()) > 300
    cli("topic", "delete", "t")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["get", "topic", "none"], 1, "there is no topic none; "),
        (["get", "broker", "7"], 1, "there is no broker 7; this cluster has 1"),
        (
            ["get", "broker", "1", "log.retention"],
            1,
            "a broker has no config log.retention; did you mean log.retention.ms?",
        ),
        (["set", "broker", "1"], 2, "nothing to set; give KEY=VALUE or --unset KEY"),
        (["set", "broker", "1", "a"], 2, "config set: 'a' is not KEY=VALUE"),
        (["set", "broker", "1", "log.retention.ms=x"], 1, "cannot alter broker 1: INVALID_"),
        (
            ["set", "broker", "1", "--unset", "log.dir.typo"],
            1,
            "a broker has no config log.dir.typo; did you mean log.dir?",
        ),
        (["set", "group", "g", "--unset", "typo"], 1, "a group has no config typo\n"),
        (["set", "client-metrics", "m", "--unset", "typo"], 1, "a client-metrics has no config typo\n"),
        (["get", "brokers", "1"], 2, "invalid value for 'KIND': 'brokers' is not one of 'topic', 'broker', 'group', "),
    ],
)
def test_what_cannot_be_done_is_one_line(cli, arguments, code, said):
    output = cli("config", *arguments)
    assert output.err.startswith(f"kwire: {said}")
    assert (output.code, output.out, output.err.count("\n")) == (code, "", 1)


def test_what_a_broker_announces(cli):
    rows = json.loads(cli("api", "--json").out)
    assert {row["key"] for row in rows} == set(APIS)
    assert {**rows[1]} == {
        "key": 1,
        "api": "Fetch",
        "versions": "4-18",
        "latest": "4-18",
        "lowest": 4,
        "highest": 18,
    }
    assert "\n  1  Fetch                        4-18      4-18\n" in cli("api", "--broker", "1").out
    assert cli("api", "--broker", "2") == (1, "", "kwire: there is no broker 2; this cluster has 1\n")
