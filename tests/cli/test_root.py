"""Options before a command, aliases, and the exit code of each kind of mistake."""

import pytest

NOBODY = "127.0.0.1:1"
NO_BROKER = (
    "kwire: no broker answers at {}: Connection refused. Start one with `kwire serve`, or name one with -b HOST:PORT\n"
)
LISTS = "kwire broker list, kwire topic list or kwire group list"


def test_the_cluster_may_be_named_before_the_command_and_beats_the_variable(run, broker, monkeypatch):
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", NOBODY)
    assert run("topic", "list").err == NO_BROKER.format(NOBODY)
    assert run("-b", broker.bootstrap, "topic", "list", "--json") == (0, "[]\n", "")
    assert run("-b", broker.bootstrap, "topic", "list", "-b", "127.0.0.1:2").err == NO_BROKER.format("127.0.0.1:2")


@pytest.mark.parametrize("command", ["serve", "log verify data", "protocol spec fetch", "completion bash"])
def test_who_asks_no_broker_refuses_it(run, command):
    name = " ".join(command.split()[: 2 if " " in command and "completion" not in command else 1])
    output = run("-b", NOBODY, *command.split())
    assert output == (2, "", f"kwire: 'kwire {name}' asks no broker; leave -b out (see kwire {name} --help)\n")


def test_a_variable_with_a_wrong_address_is_told(run, monkeypatch):
    monkeypatch.setenv("KWIRE_BOOTSTRAP_SERVERS", "localhost:9092,SSL://other:9092")
    said = "kwire: -b: 'SSL://other:9092' is not HOST:PORT\n"
    assert run("topic", "list") == run("healthcheck") == (2, "", said)
    assert run("cluster", "describe", "-b", "::1:9092").err == (
        "kwire: -b: '::1:9092' has an IPv6 address; write it as [::1]:9092\n"
    )


def test_short_names(cli):
    cli("topic", "create", "short")
    assert "short" in cli("topic", "ls").out
    assert cli("topic", "rm", "short") == (0, "deleted topic short\n", "")
    assert cli("group", "ls") == cli("group", "list")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("topics", "there is no command 'kwire topics'; did you mean kwire topic? (see kwire --help)"),
        ("start", "there is no command 'kwire start'; did you mean kwire serve? (see kwire --help)"),
        ("create orders", "there is no command 'kwire create'; did you mean kwire topic create? (see kwire --help)"),
        ("ls", f"there is no command 'kwire ls'; did you mean {LISTS}? (see kwire --help)"),
        ("xyz", "there is no command 'kwire xyz' (see kwire --help)"),
        ("group lst", "there is no command 'kwire group lst'; did you mean kwire group list? (see kwire group --help)"),
        ("-X a=b topic list", "kwire has no option -X; put options other than -b after the command (see kwire --help)"),
        ("topic -b a:1 ls", "kwire topic has no option -b; put options after the command (see kwire topic --help)"),
        (
            "topic list --jsn",
            "kwire topic list has no option --jsn; did you mean --json? (see kwire topic list --help)",
        ),
        ("topic list --zz", "kwire topic list has no option --zz (see kwire topic list --help)"),
        (
            "config get",
            "missing argument 'KIND'; choose from topic, broker, group, client-metrics (see kwire config get --help)",
        ),
        (
            "topic create t -p x",
            "invalid value for '-p' / '--partitions': 'x' is not a valid integer (see kwire topic create --help)",
        ),
        ("version", "there is no command 'kwire version'; did you mean kwire --version? (see kwire --help)"),
    ],
)
def test_what_was_meant(run, arguments, said):
    assert run(*arguments.split()) == (2, "", f"kwire: {said}\n")


ABSENT = "test-absent"
FAILURES = {
    "no broker": [
        f"topic list -b {NOBODY}",
        f"consume t -b {NOBODY}",
        f"api -b {NOBODY}",
        f"healthcheck -b {NOBODY}",
        "broker list",
        "broker list --data nowhere",
    ],
    "no such file": [
        f"serve --settings {ABSENT}",
        f"serve --load {ABSENT} --listen 127.0.0.1:0",
        f"load {ABSENT}",
        f"produce t {ABSENT}",
        f"log dump {ABSENT}",
        f"topic list --client-config {ABSENT}",
    ],
    "no such name": [
        *(f"topic {one} {ABSENT}" for one in ("describe", "delete", "alter -p 2")),
        *(f"consume {ABSENT}", f"dump {ABSENT}", f"config get topic {ABSENT}", f"topic list {ABSENT}*"),
        *(f"group describe {ABSENT}", f"group delete {ABSENT}", "config get broker 99", "api --broker 99"),
    ],
    "what is there forbids it": ["serve --listen 192.0.2.1:9092", "serve --listen 127.0.0.1:0 --control /dev/null"],
    "names that no broker takes": ["serve --listen 127.0.0.1:0 --topic a:1:x.y=1", "topic create a -c x.y=1"],
}
MISTAKES = {
    "unknown option": ["serve --nope", "topic list --nope", "healthcheck --nope", "broker list --nope"],
    "no value": ["serve --data", "topic list -b", "healthcheck -b", "broker list --data"],
    "no number": ["serve --broker-id x", "broker stop x", "topic create t -p x", "api --broker x"],
    "no time": ["consume t --from noon", "group reset g --to noon", "produce t --timestamp noon"],
    "no address": ["serve --listen x", "topic list -b x:y", "healthcheck -b x:y", "broker list -b x:y"],
    "nothing named": ["topic create", "broker stop", "log dump", "protocol spec"],
}


@pytest.mark.parametrize(
    ("code", "command"),
    [
        *((1, command) for commands in FAILURES.values() for command in commands),
        *((2, command) for commands in MISTAKES.values() for command in commands),
    ],
)
def test_a_kind_of_mistake_has_one_exit_code(cli, tmp_path, monkeypatch, code, command):
    monkeypatch.chdir(tmp_path)
    if command.startswith("broker list"):
        monkeypatch.delenv("KWIRE_BOOTSTRAP_SERVERS")
    if "x:y" in command and command.startswith("broker"):
        monkeypatch.setenv("KWIRE_CONTROL", "some.sock")
    output = cli(*command.split())
    assert (output.code, output.out) == (code, "")
    assert output.err.startswith("kwire: ")
    assert output.err.count("\n") == 1
