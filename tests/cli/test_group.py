"""`kwire group` against a running broker."""

import json
import os
import subprocess
import sys

import confluent_kafka
import pytest

LINES = "".join(
    json.dumps({"value": number, "partition": number % 2, "timestamp": 1000 * number}) + "\n" for number in range(20)
).encode()


@pytest.fixture
def group(cli, request):
    """A group that has read six of the ten records in each of a topic's two partitions; both have its name."""
    name = request.node.name.partition("[")[0][:60]
    cli("topic", "create", name, "-p", 2)
    cli("produce", name, "--json", given=LINES)
    cli("consume", name, "-g", name)
    assert cli("group", "reset", name, "--to", "6", "--execute").code == 0
    yield name
    cli("topic", "delete", name)
    cli("group", "delete", name)


def test_groups_are_listed(cli, group):
    assert f"{group}  classic  consumer  Empty\n" in cli("group", "list").out
    (row,) = [row for row in json.loads(cli("group", "list", "--json").out) if row["group"] == group]
    assert row == {"group": group, "type": "classic", "protocol": "consumer", "state": "Empty"}


def test_a_group_without_members_lags(cli, group):
    head, titles, *rows = cli("group", "describe", group).out.splitlines()
    assert head == f"{group}, Empty, 0 members, total lag 8"
    assert titles.split() == ["TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "CLIENT", "HOST"]
    assert [row.split() for row in rows] == [[group, str(one), "6", "10", "4", "-", "-", "-"] for one in (0, 1)]


def test_a_member_is_told_with_its_partitions(cli, broker, group):
    command = [sys.executable, "-m", "kwire", "consume", group, "--follow", "--group", group, "-b", broker.bootstrap]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as member:
        for _ in range(8):
            member.stdout.readline()
        # What was printed is committed a moment later.
        for _ in range(100):
            (described,) = json.loads(cli("group", "describe", group, "--json").out)
            if not described["lag"]:
                break
        refused = cli("group", "reset", group, "--to", "earliest", "--execute")
        not_deleted = cli("group", "delete", group)
        member.terminate()
    assert (described["state"], described["lag"]) == ("Stable", 0)
    (one,) = described["members"]
    assert (one["client"], one["host"], one["assigned"]) == ("kwire-cli", "127.0.0.1", {group: [0, 1]})
    assert {row["member"] for row in described["partitions"]} == {one["member"]}
    assert refused.code == 1
    assert f"kwire: cannot reset {group}-0: the group has members; stop them first\n" in refused.err
    assert not_deleted == (1, "", f"kwire: group {group} has members; stop them first\n")


def test_a_member_of_the_consumer_protocol_is_told(cli, broker, group):
    configs = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": "modern",
        "group.protocol": "consumer",
        "client.id": "me",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    consumer = confluent_kafka.Consumer(configs)
    try:
        consumer.subscribe([group])
        message = consumer.poll(30)
        consumer.commit(message, asynchronous=False)
        (described,) = json.loads(cli("group", "describe", "modern", "--json").out)
    finally:
        consumer.close()
    assert (described["type"], described["state"], described["lag"]) == ("consumer", "Stable", 9)
    (member,) = described["members"]
    assert (member["client"], member["host"], member["assigned"]) == ("me", "127.0.0.1", {group: [0, 1]})
    assert ", Empty, 0 members, total lag 9\n" in cli("group", "describe", "modern").out
    assert cli("group", "delete", "modern").code == 0


@pytest.mark.parametrize(
    ("options", "to"),
    [
        (["--to", "earliest"], (0, 0)),
        (["--to", "latest"], (10, 10)),
        (["--to", "7"], (7, 7)),
        (["--to", "99"], (10, 10)),
        (["--to", "1970-01-01T00:00:05Z"], (3, 2)),
        (["--shift-by", "-2"], (4, 4)),
        (["--shift-by", "50"], (10, 10)),
    ],
)
def test_a_reset_is_shown_and_then_done(cli, group, options, to):
    shown = cli("group", "reset", group, *options, "--json")
    rows = [{"topic": group, "partition": one, "from": 6, "to": to[one]} for one in (0, 1)]
    assert (shown.code, json.loads(shown.out)) == (0, rows)
    assert shown.err == "nothing is changed yet; add --execute\n"
    assert "total lag 8" in cli("group", "describe", group).out
    assert cli("group", "reset", group, *options, "--execute", "--topic", f"{group}:1").err == ""
    (described,) = json.loads(cli("group", "describe", group, "--json").out)
    assert [row["committed"] for row in described["partitions"]] == [6, to[1]]


def test_a_group_that_never_was_may_be_given_offsets(cli, group):
    assert cli("group", "reset", "new-group", "--topic", group, "--to", "latest", "--execute").code == 0
    assert "new-group, Empty, 0 members, total lag 0\n" in cli("group", "describe", "new-group").out
    assert cli("group", "delete", "new-group") == (0, "deleted group new-group\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["describe", "nobody"], 1, "there is no group nobody; see kwire group list"),
        (["delete", "nobody"], 1, "there is no group nobody; see kwire group list"),
        (["reset", "nobody", "--to", "latest"], 1, "there is no group nobody; see kwire group list"),
        (
            ["reset", "nobody", "--shift-by", "1", "--topic", "{group}"],
            1,
            "nothing is committed for {group}-0; use --to",
        ),
        (["reset", "{group}"], 2, "say where with either --to or --shift-by"),
        (["reset", "{group}", "--to", "noon"], 2, "--to: 'noon' is none of earliest, latest, an offset, "),
        (["reset", "{group}", "--to", "0", "-t", "{group}:5"], 1, "topic {group} has no partition 5, but 0 to 1"),
        (["reset", "{group}", "--to", "0", "-t", "{group}:x"], 2, "--topic: '{group}:x' is not NAME or NAME:PARTITION"),
    ],
)
def test_what_cannot_be_done_is_one_line(cli, group, arguments, code, said):
    output = cli("group", *(one.format(group=group) for one in arguments))
    assert output.err.startswith("kwire: " + said.format(group=group))
    assert (output.code, output.out, output.err.count("\n")) == (code, "", 1)
