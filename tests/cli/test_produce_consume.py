"""`kwire produce` and `kwire consume` against a running broker."""

import base64
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time

import pytest

PIPE_BYTES = 65_536
NUMBERS = b"".join(b"%d\n" % number for number in range(10))


@pytest.fixture
def topic(cli, request):
    """A topic of the test's own, with two partitions."""
    name = request.node.name.partition("[")[0][:60]
    assert cli("topic", "create", name, "-p", 2).code == 0
    yield name
    cli("topic", "delete", name)


def test_lines_are_records(cli, topic):
    assert cli("produce", topic, "-p", 1, given=b"one\n\ntwo") == (0, "", "")
    assert cli("consume", topic) == (0, "one\n\ntwo\n", "")
    assert cli("consume", topic, "-p", 0) == (0, "", "")


def test_keys_choose_partitions_as_all_clients_do(cli, topic):
    cli("produce", topic, "-K", r"\t", given=b"a\t1\nd\t2\nc\t3\na\t4\n")
    lines = cli("consume", topic, "--format", "%p %k=%v").out.splitlines()
    # The hash is that of the Java client: of two partitions, a and c go to 0, d to 1.
    assert sorted(lines) == ["0 a=1", "0 a=4", "0 c=3", "1 d=2"]
    assert cli("consume", topic, "-p", 0, "-K", ":").out == "a:1\nc:3\na:4\n"


def test_every_part_of_a_record_is_kept_in_json(cli, topic):
    records = [
        {
            "key": "k",
            "value": "é\n",
            "timestamp": 5,
            "headers": [{"key": "h", "value": "1"}, {"key": "h", "value": None}],
        },
        {"key": None, "value": None, "timestamp": 0, "headers": []},
        {"key_base64": base64.b64encode(b"\xff\0").decode(), "value": "", "timestamp": 2**40, "headers": []},
        {"key": "", "value_base64": "/w==", "timestamp": 7, "headers": [{"key": "", "value_base64": "/g=="}]},
    ]
    lines = "".join(json.dumps({**record, "partition": 1}) + "\n" for record in records)
    assert cli("produce", topic, "--json", given=lines.encode()) == (0, "", "")
    output = cli("consume", topic, "--json")
    told = {"topic": topic, "partition": 1, "timestamp_type": "create"}
    read = [json.loads(line) for line in output.out.splitlines()]
    assert read == [{**told, "offset": offset, **record} for offset, record in enumerate(records)]
    assert cli("produce", topic, "--json", given=output.out.encode()) == (0, "", "")
    again = [json.loads(line) for line in cli("consume", topic, "--json", "--from", "4").out.splitlines()]
    assert [{**record, "offset": 0} for record in again] == [{**record, "offset": 0} for record in read]


def test_files_are_read_in_turn_or_whole(cli, topic, tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"a\nb\n")
    second.write_bytes(b"c\n\xff")
    assert cli("produce", topic, first, second, "-p", 0, "-k", "file", "-H", "a=1", "-H", "b=2").code == 0
    assert cli("produce", topic, "--whole-files", "-p", 0, "--timestamp", "1970-01-01T00:00:01Z", second).code == 0
    lines = cli("consume", topic, "-p", 0, "--format", "%o %k %h %v").out.encode("utf-8", "surrogateescape")
    assert lines == b"0 file a=1,b=2 a\n1 file a=1,b=2 b\n2 file a=1,b=2 c\n3 file a=1,b=2 \xff\n4   c\n\xff\n"
    assert cli("consume", topic, "--from", "4", "-p", 0, "--format", "%T").out == "1000\n"


@pytest.mark.parametrize(
    ("where", "read"),
    [
        ("earliest", "0 1 2 3 4 5 6 7 8 9"),
        ("latest", ""),
        ("7", "7 8 9"),
        ("-3", "7 8 9"),
        ("-99", "0 1 2 3 4 5 6 7 8 9"),
        ("1970-01-01T00:00:06Z", "6 7 8 9"),
        ("@6000", "6 7 8 9"),
        ("9999w", "0 1 2 3 4 5 6 7 8 9"),
    ],
)
def test_where_reading_begins(cli, topic, where, read):
    lines = "".join(
        json.dumps({"value": number, "partition": 0, "timestamp": number * 1000}) + "\n" for number in range(10)
    )
    cli("produce", topic, "--json", given=lines.encode())
    assert cli("consume", topic, "--from", where) == (0, "".join(f"{one}\n" for one in read.split()), "")
    assert cli("consume", topic, "--from", where, "-n", 2).out.split() == read.split()[:2]


@pytest.mark.parametrize("where", ["99", "10", "2100-01-01", "@-1h", "1h"])
def test_reading_that_begins_behind_the_end_says_so(cli, topic, where):
    cli("produce", topic, "-p", 0, "--timestamp", "@-2h", given=NUMBERS)
    said = f"there is nothing from {where} on: {topic}-0 ends at 10, {topic}-1 ends at 0\n"
    assert cli("consume", topic, "--from", where) == (0, "", said)
    assert cli("consume", topic, "--from", "3h", "-n", 1) == (0, "0\n", "")


def test_a_format_that_ends_the_line_leaves_no_blank_one(cli, topic):
    cli("produce", topic, "-p", 0, "-k", "k", given=b"one\ntwo\n")
    lines = "0: one\n1: two\n"
    for template in ("%o: %v", r"%o: %s\n", "%o: %s\n"):
        assert cli("consume", topic, "--format", template) == (0, lines, "")
    assert cli("consume", topic, "--format", r"%K %S\n\n") == (0, "1 3\n\n1 3\n\n", "")


def test_topics_may_be_named_by_a_pattern(cli):
    for name in ("pat.a", "pat.b", "pattern"):
        cli("topic", "create", name)
        cli("produce", name, given=name.encode())
    assert sorted(cli("consume", "pat.*").out.split()) == ["pat.a", "pat.b"]
    assert sorted(cli("consume", "^pat", "--group", "of-a-pattern").out.split()) == ["pat.a", "pat.b", "pattern"]
    assert cli("consume", "nothing*") == (1, "", "kwire: no topic matches nothing*; kwire topic list shows all\n")
    assert '"topic": "pat.b"' in cli("dump", "pat.?").out


def test_a_group_goes_on_where_it_was(cli, topic):
    cli("produce", topic, "-p", 0, given=NUMBERS)
    assert cli("consume", topic, "-g", "g", "-n", 4).out.split() == ["0", "1", "2", "3"]
    assert cli("consume", topic, "-g", "g").out.split() == ["4", "5", "6", "7", "8", "9"]
    assert cli("consume", topic, "-g", "g") == (0, "", "")
    assert cli("consume", topic, "-g", "late", "--from", "latest") == (0, "", "")


def start(broker, *arguments):
    environment = {**os.environ, "KWIRE_BOOTSTRAP_SERVERS": broker.bootstrap}
    command = [sys.executable, "-m", "kwire", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_following_waits_for_more_until_control_c(cli, broker, topic):
    cli("produce", topic, "-p", 0, given=b"1\n")
    with start(broker, "consume", topic, "--follow", "--group", "follower") as following:
        assert following.stdout.readline() == b"1\n"
        cli("produce", topic, "-p", 1, given=b"2\n")
        assert following.stdout.readline() == b"2\n"
        following.send_signal(signal.SIGINT)
        assert following.communicate(timeout=20) == (b"", b"")
    assert following.returncode == 130
    assert cli("consume", topic, "--group", "follower") == (0, "", "")


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_either_signal_leaves_the_group(cli, broker, topic, protocol, number, code):
    group = f"{protocol}-{number}"
    cli("produce", topic, "-p", 0, given=b"1\n")
    with start(broker, "consume", topic, "-f", "-g", group, "-X", f"group.protocol={protocol}") as member:
        assert member.stdout.readline() == b"1\n"
        member.send_signal(number)
        assert member.communicate(timeout=20) == (b"", b"")
    assert member.returncode == code
    assert f"{group}, Empty, 0 members, total lag 0\n" in cli("group", "describe", group).out


def test_a_signal_that_is_ignored_stays_ignored(cli, broker, topic):
    cli("produce", topic, "-p", 0, given=b"1\n")
    environment = {**os.environ, "KWIRE_BOOTSTRAP_SERVERS": broker.bootstrap}
    shell = f"trap '' INT; exec {sys.executable} -m kwire consume {topic} -f"
    with subprocess.Popen(["bash", "-c", shell], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"1\n"
        process.send_signal(signal.SIGINT)
        cli("produce", topic, "-p", 0, given=b"2\n")
        assert process.stdout.readline() == b"2\n"
        process.terminate()
    assert process.returncode == 143


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("produce {t} <&-", 1, "", "kwire: standard input is closed; name a file, or give it one\n"),
        ("load - <&-", 1, "", "kwire: standard input is closed; name a file, or give it one\n"),
        ("produce {t} < /dev/null", 0, "", ""),
        ("produce {t} 2>&- <&-", 1, "", ""),
        ("consume {t} >&-", 0, "", ""),
        ("consume {t} 2>&-", 0, "1\n2\n", ""),
        ("consume {t} | head -n 1", 0, "1\n", ""),
        ("consume {t} > /dev/full", 1, "", "kwire: cannot write the output: No space left on device\n"),
    ],
)
def test_streams_that_are_closed_or_full(cli, broker, topic, line, code, out, err):
    cli("produce", topic, "-p", 0, given=b"1\n2\n")
    environment = {**os.environ, "KWIRE_BOOTSTRAP_SERVERS": broker.bootstrap}
    shell = f"{sys.executable} -m kwire {line.format(t=topic)}"
    done = subprocess.run(
        ["bash", "-c", shell], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)


def unhurried(broker, *arguments):
    """A command whose standard streams were told not to wait, by a program that shares them with it."""
    shared = "import os, sys; [os.set_blocking(n, False) for n in (0, 1)]; os.execv(sys.executable, sys.argv[1:])"
    environment = {**os.environ, "KWIRE_BOOTSTRAP_SERVERS": broker.bootstrap}
    command = [sys.executable, "-c", shared, sys.executable, "-m", "kwire", *arguments]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_streams_that_others_use_without_waiting_lose_nothing(cli, broker, topic):
    lines = b"".join(b"%d\n" % number for number in range(50_000))
    with unhurried(broker, "produce", topic, "-p", "0") as process:
        time.sleep(1)  # it finds nothing to read at first
        process.communicate(lines)
    assert process.returncode == 0
    with unhurried(broker, "consume", topic) as process:
        while waiting_bytes(process.stdout) < PIPE_BYTES // 2:
            time.sleep(0.01)
        time.sleep(0.5)  # it finds the pipe full
        assert process.communicate()[0] == lines
    assert process.returncode == 0


def test_what_is_typed_is_sent_while_more_is_waited_for(cli, broker, topic):
    environment = {**os.environ, "KWIRE_BOOTSTRAP_SERVERS": broker.bootstrap}
    command = [sys.executable, "-m", "kwire", "produce", topic, "-p", "0"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        process.stdin.write(b"first\n")
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while cli("consume", topic).out != "first\n":
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_a_member_for_whom_nothing_is_left_says_so(cli, broker, topic):
    cli("produce", topic, "-p", 0, given=b"1\n")
    cli("topic", "create", "single", "-p", 1, "--if-not-exists")
    cli("produce", "single", given=b"1\n")
    with start(broker, "consume", "single", "--follow", "--group", "full") as member:
        assert member.stdout.readline() == b"1\n"
        others = [cli("consume", "single", "--group", "full") for _ in range(3)]
        member.send_signal(signal.SIGINT)
        member.communicate(timeout=20)
    for other in others:  # whichever of the two the assignor prefers
        assert other.code == 0
        assert other.err in {"other members of group full have all partitions\n", ""}
    assert cli("consume", "single", "--group", "full") == (0, "", "")


def waiting_bytes(stream):
    return int.from_bytes(fcntl.ioctl(stream, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("options", [["--follow"], ["--follow", "--group", "stuck"]])
def test_a_second_control_c_does_not_wait(cli, broker, topic, options):
    cli("produce", topic, "-p", 0, given=b"".join(b"%0100d\n" % number for number in range(3000)))
    with start(broker, "consume", topic, *options) as process:
        assert process.stdout.readline() == b"%0100d\n" % 0
        waiting = []
        while len(waiting) < 10 or waiting_bytes(process.stdout) != waiting[-10]:
            waiting.append(waiting_bytes(process.stdout))
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)  # it is writing into a full pipe
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_reader_that_leaves_commits_nothing_that_it_did_not_get(cli, broker, topic):
    cli("produce", topic, "-p", 0, given=b"".join(b"%0100d\n" % number for number in range(3000)))
    with start(broker, "consume", topic, "--group", "left") as process:
        assert process.stdout.readline() == b"%0100d\n" % 0
        process.stdout.close()
        process.wait(20)
        assert (process.returncode, process.stderr.read()) == (1, b"")
    rest = [int(line) for line in cli("consume", topic, "--group", "left").out.splitlines()]
    assert rest == list(range(rest[0], 3000))
    assert rest[0] <= PIPE_BYTES // 101 + 1, "a pipe holds no more"


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (
            ["-K", ":"],
            b"a:1\nb\n",
            1,
            "standard input line 2: no ':' between key and value; the one before it is written",
        ),
        (
            ["--json"],
            b'{"key": "a"}\n{"kye": 1}\n',
            1,
            "standard input line 2: unknown field 'kye'; did you mean 'key'?; the one before it is written",
        ),
        (["--json"], b'{"partition": 9}\n', 1, "topic {topic} has no partition 9, but 0 to 1; none was written"),
        (["-p", "9"], b"a\n", 1, "topic {topic} has no partition 9, but 0 to 1; none was written"),
        (["/no/such"], b"", 1, "cannot read /no/such: No such file or directory"),
        (
            ["--json", "-k", "a"],
            b"",
            2,
            "with --json the lines say key, headers, partition and timestamp; leave those options out",
        ),
        (["-K", ""], b"", 2, "give either --key or a --key-separator that is not empty"),
        (
            ["--timestamp", "noon"],
            b"",
            2,
            "--timestamp: 'noon' is not a time; write 2024-05-01T12:00:00Z, milliseconds, or how long ago, such as 1h",
        ),
    ],
)
def test_what_cannot_be_produced_is_one_line(cli, topic, arguments, given, code, said):
    output = cli("produce", topic, *arguments, given=given)
    assert output.err.startswith(f"kwire: {said.replace('{topic}', topic)}")
    assert (output.code, output.out, output.err.count("\n")) == (code, "", 1)


def test_a_refused_record_is_named(cli, topic):
    cli("topic", "alter", topic, "-c", "max.message.bytes=1000")
    output = cli("produce", topic, "-p", 0, given=b"x" * 5000)
    assert (output.code, output.out) == (1, "")
    assert output.err.startswith("kwire: record 1 was refused: MESSAGE_TOO_LARGE")
    assert output.err.endswith("; none was written\n")
    assert ".; " not in output.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["--from", "noon"],
            2,
            "--from: 'noon' is none of earliest, latest, an offset, -N, a time such as 2024-05-01T12:00:00Z, or",
        ),
        (["-p", "7"], 1, "topic {topic} has no partition 7, but 0 to 1"),
        (["--json", "--headers"], 2, "--json, --format, and --key-separator or --headers do not go together"),
        (["--format", "%x"], 2, "--format has no %x; it takes %t, %p, %o, %T, %k, %K, %v, %s, %S, %h and %%"),
        (["-g", "g", "--from", "5"], 2, "a group begins where it is; with --group leave out "),
    ],
)
def test_what_cannot_be_consumed_is_one_line(cli, topic, arguments, code, said):
    output = cli("consume", topic, *arguments)
    assert output.err.startswith(f"kwire: {said.format(topic=topic)}")
    assert (output.code, output.out, output.err.count("\n")) == (code, "", 1)


def test_reading_makes_no_topic_up(cli, topic):
    assert cli("consume", topic + "x") == (1, "", f"kwire: there is no topic {topic}x; did you mean {topic}?\n")


def test_an_absent_topic_is_written_to_where_the_broker_creates_topics(cli):
    said = "there was no topic made-by-writing; the broker created it\n"
    assert cli("produce", "made-by-writing", given=b"1\n") == (0, "", said)
    assert cli("produce", "made-by-writing", given=b"2\n") == (0, "", "")
    assert sorted(cli("consume", "made-by-writing").out) == ["\n", "\n", "1", "2"]
    assert cli("produce", "a/b", given=b"1\n").err.startswith("kwire: topic a/b: INVALID_TOPIC_EXCEPTION: ")


def test_an_absent_topic_is_refused_where_the_broker_creates_none(run, serve):
    closed = serve("--config", "auto.create.topics.enable=false")
    said = "kwire: there is no topic absent; create it: kwire topic create absent\n"
    assert run("-b", closed.bootstrap, "produce", "absent", given=b"1\n") == (1, "", said)
