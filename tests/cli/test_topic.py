"""`kwire topic` against a running broker."""

import json

import pytest


def test_a_topic_is_created_listed_altered_and_deleted(cli):
    assert cli("topic", "create", "a", "b", "-p", 3, "-c", "retention.ms=60000") == (
        0,
        "created topic a\ncreated topic b\n",
        "",
    )
    assert (
        cli("topic", "list").out
        == "TOPIC  PARTITIONS  REPLICAS\na               3         1\nb               3         1\n"
    )
    assert cli("topic", "alter", "a", "-p", 4, "-c", "segment.ms=9", "--unset", "retention.ms") == (
        0,
        "altered topic a\n",
        "",
    )
    (described,) = json.loads(cli("topic", "describe", "a", "--json").out)
    assert described.pop("id").count("-") == 4
    last = {"partition": 3, "leader": 1, "epoch": 0, "replicas": [1], "isr": [1], "start": 0, "end": 0}
    assert described.pop("partitions")[3] == last
    assert described == {"topic": "a", "internal": False, "configs": {"segment.ms": "9"}}
    assert cli("topic", "delete", "a", "b") == (0, "deleted topic a\ndeleted topic b\n", "")
    assert json.loads(cli("topic", "list", "--json").out) == []


def test_a_part_of_the_topics_is_listed(cli):
    for name in ("some.one", "some.two", "other"):
        cli("topic", "create", name)
    assert "TOPIC     PARTITIONS" in cli("topic", "list", "some*").out
    assert [row["topic"] for row in json.loads(cli("topic", "ls", "some.*", "other", "--json").out)] == [
        "other",
        "some.one",
        "some.two",
    ]
    assert [row["topic"] for row in json.loads(cli("topic", "describe", "^some.(one|three)", "--json").out)] == [
        "some.one"
    ]
    cli("topic", "delete", "some.one", "some.two", "other")


def test_a_description_for_people(cli):
    cli("topic", "create", "orders", "-p", 2, "-c", "cleanup.policy=compact")
    first, *rest = cli("topic", "describe", "orders").out.splitlines()
    assert first.startswith("orders, id ")
    assert rest == [
        "  cleanup.policy=compact",
        "PARTITION  LEADER  EPOCH  REPLICAS  ISR  START  END",
        "        0       1      0  1         1        0    0",
        "        1       1      0  1         1        0    0",
    ]
    cli("topic", "delete", "orders")


def test_internal_topics_are_listed_when_asked_for(cli):
    cli("topic", "create", "with-a-group")
    cli("consume", "with-a-group", "--group", "g")
    assert "__consumer_offsets" not in cli("topic", "list").out
    assert "__consumer_offsets          50         1" in cli("topic", "list", "--internal").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create", "there"], 1, "cannot create topic there: TOPIC_ALREADY_EXISTS: Topic 'there' already exists."),
        (["create", "new", "-r", "9"], 1, "cannot create topic new: INVALID_REPLICATION_FACTOR: "),
        (["create", "new", "-c", "retention.mss=1"], 1, "cannot create topic new: INVALID_CONFIG: "),
        (["create", "new", "-c", "retention.ms"], 2, "--config: 'retention.ms' is not KEY=VALUE"),
        (["describe", "their"], 1, "there is no topic their; did you mean there?"),
        (["delete", "xyz"], 1, "there is no topic xyz\n"),
        (
            ["delete", "the*"],
            2,
            "the* is a pattern, not a topic's name; kwire topic list 'the*' shows those that match\n",
        ),
        (["delete", "their"], 1, "there is no topic their; did you mean there?"),
        (["alter", "xyz", "-p", "3"], 1, "there is no topic xyz; create it: kwire topic create xyz\n"),
        (["list", "xyz*"], 1, "no topic matches xyz*; kwire topic list shows all\n"),
        (["list", "^("], 2, "'^(' is not a regular expression: "),
        (["alter", "there"], 2, "nothing to alter; give --partitions, --config or --unset"),
        (["alter", "there", "-p", "1"], 1, "cannot alter topic there: INVALID_PARTITIONS: "),
        (
            ["alter", "there", "-p", "3", "--unset", "retention.m"],
            1,
            "a topic has no config retention.m; did you mean retention.ms?\n",
        ),
        (["alter", "there", "-c", "retention.ms=x"], 1, "cannot alter topic there: INVALID_CONFIG: "),
        (
            ["descibe", "there"],
            2,
            "there is no command 'kwire topic descibe'; did you mean kwire topic describe? (see kwire topic --help)",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(cli, arguments, code, said):
    cli("topic", "create", "there", "-p", 2, "--if-not-exists")
    output = cli("topic", *arguments)
    assert output.err.count("\n") == 1
    assert output.err.startswith(f"kwire: {said}")
    assert (output.code, output.out) == (code, "")


def test_what_is_there_or_not_may_be_no_failure(cli):
    cli("topic", "create", "once")
    said = "topic once is there already, and left as it is\ncreated topic twice\n"
    assert cli("topic", "create", "once", "twice", "--if-not-exists") == (0, said, "")
    assert cli("topic", "delete", "once", "never", "--if-exists") == (0, "deleted topic once\n", "")
    assert cli("topic", "delete", "once", "--if-exists") == (0, "", "")


def test_no_broker_is_one_line_that_says_what_to_do(run):
    output = run("topic", "list", "-b", "127.0.0.1:1")
    assert (output.code, output.out) == (1, "")
    assert output.err == (
        "kwire: no broker answers at 127.0.0.1:1: Connection refused. "
        "Start one with `kwire serve`, or name one with -b HOST:PORT\n"
    )
