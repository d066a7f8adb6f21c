"""Where settings come from, which one wins, what is refused."""

import click
import pytest

from kwire.cli.errors import UsageError
from kwire.cli.root import root
from kwire.cli.serve_options import TABLE, written
from kwire.cli.settings import settings
from kwire.settings import Address, BrokerSetting, Settings, TopicSetting


def read(*options, **variables):
    return settings(written(options), variables)


def refusal(*options, **variables):
    with pytest.raises(UsageError) as caught:
        read(*options, **variables)
    return str(caught.value)


def test_the_defaults():
    assert read() == Settings()
    assert Settings().brokers == (BrokerSetting(1, (Address("127.0.0.1", 9092),), None),)
    assert Settings().memory_bytes == 2**30


def test_every_option():
    chosen = read(
        *("--data", "d", "--broker-id", "3", "--listen", "0.0.0.0:9094", "--listen", "[::1]:0"),
        *("--advertise", "kafka.example:9092", "--memory", "64MiB", "--log-format", "json", "--log-level", "DEBUG"),
        *("--topic", "a", "--topic", "b:3", "--topic", "c:2:retention.ms=5:cleanup.policy=compact,delete"),
        *("--topic", "d:retention.ms=7", "--config", "num.partitions=4", "--failover", "any", "--control", "c.sock"),
        *("--advertise-to-gateway", "localhost", "--load", "records", "--ready-file", "run/ready"),
    )
    assert chosen.data == "d"
    assert chosen.brokers == (
        BrokerSetting(3, (Address("0.0.0.0", 9094), Address("::1", 0)), Address("kafka.example", 9092)),
    )
    assert chosen.memory_bytes == 64 * 2**20
    assert (chosen.log_format, chosen.log_level) == ("json", "debug")
    assert (chosen.failover, chosen.control) == ("any", "c.sock")
    assert (chosen.load, chosen.ready_file) == ("records", "run/ready")
    assert chosen.advertise_to_gateway == "localhost"
    assert chosen.topics == (
        TopicSetting("a"),
        TopicSetting("b", 3),
        TopicSetting("c", 2, {"retention.ms": "5", "cleanup.policy": "compact,delete"}),
        TopicSetting("d", None, {"retention.ms": "7"}),
    )
    assert chosen.config == {"num.partitions": "4"}


def test_addresses_may_be_written_as_kafka_writes_them():
    chosen = read(
        "--listen", "PLAINTEXT://:9092,plaintext://[::1]:9093", "--advertise", "PLAINTEXT://kafka.example:9092"
    )
    assert chosen.brokers == (
        BrokerSetting(1, (Address("", 9092), Address("::1", 9093)), Address("kafka.example", 9092)),
    )
    assert read("--listen", ":9092", KWIRE_ADVERTISE_TO_GATEWAY="[::1]").advertise_to_gateway == "::1"


def test_the_last_of_several_options_counts_where_one_value_is_meant():
    assert read("--data", "a", "--data", "b").data == "b"


def test_every_setting_has_its_option_variable_line_in_the_file_and_help(tmp_path):
    texts = {
        "broker-id": "3",
        "brokers": "2",
        "config": "num.partitions=4",
        "failover": "any",
        "listen": "127.0.0.1:9099",
        "advertise": "a:1",
        "memory": "1GB",
        "topic": "a:3",
        "log-format": "json",
        "log-level": "error",
    }
    help_text = root().get_command(None, "serve").get_help(click.Context(root(), info_name="serve"))
    for setting in TABLE:
        text = texts.get(setting.name, "x")
        assert f"{setting.option} {setting.metavar}" in help_text
        if setting.name != "settings":
            file = tmp_path / "kwire.toml"
            file.write_text(f'{setting.name} = "{text}"')
            chosen = read(setting.option, text)
            assert chosen == read(**{setting.variable: text}) == read("--settings", str(file)) != Settings()


def test_several_brokers_have_ids_and_ports_that_count_up():
    assert read("--brokers", "3").brokers == tuple(
        BrokerSetting(node_id, (Address("127.0.0.1", 9091 + node_id),)) for node_id in (1, 2, 3)
    )
    chosen = read(
        *("--brokers", "2", "--broker-id", "0", "--listen", "127.0.0.1:0", "--listen", "0.0.0.0:9000"),
        *("--advertise", "kafka.example:9092"),
    )
    assert chosen.brokers == (
        BrokerSetting(0, (Address("127.0.0.1", 0), Address("0.0.0.0", 9000)), Address("kafka.example", 9092)),
        BrokerSetting(1, (Address("127.0.0.1", 0), Address("0.0.0.0", 9001)), Address("kafka.example", 9093)),
    )
    assert read(KWIRE_BROKERS="2").brokers == read("--brokers", "2").brokers


def test_an_option_beats_a_variable_and_a_variable_the_file(tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text(
        """
        broker_id = 1
        memory = "100MB"
        listen = ["127.0.0.1:1", "127.0.0.1:2"]
        data = "from-file"
        [config]
        num.partitions = 2
        auto.create.topics.enable = false
        "log.retention.ms" = 1000
        log.cleanup.policy = ["compact", "delete"]
        """
    )
    chosen = read(
        *("--settings", str(file), "--broker-id", "3", "--config", "log.retention.ms=3"),
        KWIRE_BROKER_ID="2",
        KWIRE_LISTEN="127.0.0.1:3 127.0.0.1:4",
        KWIRE_CONFIG="log.retention.ms=2 num.partitions=9",
    )
    assert chosen.data == "from-file"
    assert chosen.memory_bytes == 100 * 10**6
    assert chosen.brokers == (BrokerSetting(3, (Address("127.0.0.1", 3), Address("127.0.0.1", 4))),)
    assert chosen.config == {
        "num.partitions": "9",
        "auto.create.topics.enable": "false",
        "log.retention.ms": "3",
        "log.cleanup.policy": "compact,delete",
    }


def test_the_file_can_be_named_by_a_variable(tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text('data = "d"')
    assert read(KWIRE_SETTINGS=str(file)).data == "d"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--broker-id", "-1"], "--broker-id: '-1' is not a number from 0 to 2147483647"),
        (["--broker-id", "x"], "--broker-id: 'x' is not a number from 0 to 2147483647"),
        (["--listen", "127.0.0.1:65536"], "--listen: '127.0.0.1:65536' is not HOST:PORT with a port from 0 to 65535"),
        (["--listen", "9094"], "--listen: '9094' is not HOST:PORT with a port from 0 to 65535; write localhost:9094"),
        (["--listen", "::1:9092"], "--listen: '::1:9092' has an IPv6 address; write it as [::1]:9092"),
        (["--advertise", "host:0"], "--advertise: 'host:0' is not HOST:PORT with a port from 1 to 65535"),
        (["--memory", "1MiB"], "--memory: '1MiB' is too small; it takes at least 16MiB"),
        (["--log-format", "xml"], "--log-format: 'xml' is none of text, json"),
        (["--log-level", "loud"], "--log-level: 'loud' is none of debug, info, warning, error"),
        (["--brokers", "0"], "--brokers: '0' is not a number from 1 to 100"),
        (["--brokers", "3", "--listen", ":65534"], "--brokers: 3 ports from 65534 on end above 65535"),
        (["--brokers", "2", "--broker-id", "2147483647"], "--brokers: 2 ids from 2147483647 on end above 2147483647"),
        (["--failover", "all"], "--failover: 'all' is none of replicas, any"),
        (["--topic", "a:0"], "--topic: partitions of 'a': '0' is not a number from 1 to 2147483647"),
        (["--topic", "a:1:x"], "--topic: 'a:1:x' is not NAME[:PARTITIONS[:KEY=VALUE...]], because of 'x'"),
        (["--config", "num.partitions"], "--config: 'num.partitions' is not KEY=VALUE"),
        (["--config", "node.id=3"], "--config: node.id is given as --broker-id N"),
        (["--data", ""], "--data is empty; name a directory, or leave it out"),
        (
            ["--listen", "SSL://:9093"],
            "--listen: 'SSL://:9093' asks for SSL, but kwire listens in PLAINTEXT only; TLS and SASL are not there yet",
        ),
        (
            ["--listen", "PLAINTEXT://:9092,SASL_SSL://:9093"],
            "--listen: 'SASL_SSL://:9093' asks for SASL_SSL, but kwire listens in PLAINTEXT only; TLS and SASL are not there yet",
        ),
        (
            ["--advertise", "a:1,b:2"],
            "--advertise: 'a:1,b:2' has several addresses; give the first broker's, the others count up from it",
        ),
        *(
            (
                ["--advertise", nowhere],
                f"--advertise: {nowhere!r} names no host that clients could connect to; write one, such as localhost:9092",
            )
            for nowhere in (":9092", "0.0.0.0:9092", "[::]:9092", "PLAINTEXT://:9092")
        ),
        *(
            (
                ["--advertise-to-gateway", nowhere],
                f"--advertise-to-gateway: {nowhere!r} is not a host; write one without a port, such as localhost",
            )
            for nowhere in ("localhost:9092", "", "::", "a,b", "PLAINTEXT://a")
        ),
        (
            ["--port", "9094"],
            "kwire serve has no option --port; did you mean --listen HOST:PORT? (see kwire serve --help)",
        ),
        (["-p", "9094"], "kwire serve has no option -p; did you mean --listen HOST:PORT? (see kwire serve --help)"),
        (["--topics=a"], "kwire serve has no option --topics=a; did you mean --topic? (see kwire serve --help)"),
        (["--zzz"], "kwire serve has no option --zzz (see kwire serve --help)"),
        (["kafka.properties"], "kwire serve takes options only, not 'kafka.properties' (see kwire serve --help)"),
        (["--data"], "--data: expected one argument (see kwire serve --help)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused(options, said):
    assert refusal(*options) == said


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        ("KWIRE_TOPICS", "KWIRE_TOPIC"),
        ("KWIRE_BROKERID", "KWIRE_BROKER_ID"),
        ("KWIRE_LISTN", "KWIRE_LISTEN"),
        ("KWIRE_SETING", "KWIRE_SETTINGS"),
    ],
)
def test_a_mistyped_variable_is_refused(mistyped, meant):
    assert refusal(**{mistyped: "x"}) == f"the variable {mistyped} is no setting; did you mean {meant}?"


@pytest.mark.parametrize("service", ["KWIRE", "KWIRE_LOAD", "KWIRE_DATA", "KWIRE_BROKER"])
def test_what_kubernetes_says_of_services_is_no_mistake(service):
    names = ("SERVICE_HOST", "SERVICE_PORT", "PORT", "PORT_9092_TCP", "PORT_9092_TCP_ADDR", "SERVICE_PORT_KAFKA")
    assert read(**{f"{service}_{name}": "tcp://10.0.0.1:9092" for name in names}) == read()


def test_an_empty_variable_is_not_set():
    assert read(KWIRE_LISTEN="", KWIRE_DATA="", KWIRE_BROKER_ID="", KWIRE_SETTINGS="") == Settings()


def test_an_empty_list_of_addresses_is_refused(tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text("listen = []\n")
    assert refusal("--settings", str(file)) == f"listen in {file} is empty; name at least one HOST:PORT"


def test_a_wrong_config_name_or_value_is_named_with_its_place():
    assert refusal("--config", "num.partition=3").startswith("--config: ")
    assert "num.partitions" in refusal("--config", "num.partition=3")
    assert refusal(KWIRE_CONFIG="num.partitions=many").startswith("KWIRE_CONFIG: ")


def test_a_config_that_asks_for_what_kwire_does_not_do_is_refused_wherever_it_stands(tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text("[config.ssl.keystore]\nlocation = '/etc/kafka.jks'\n")
    authorizer = "authorizer.class.name=kafka.Authorizer"
    for said, place, name in (
        (refusal("--config", authorizer), "--config", "authorizer.class.name"),
        (refusal(KWIRE_CONFIG=f"num.partitions=3 {authorizer}"), "KWIRE_CONFIG", "authorizer.class.name"),
        (refusal("--settings", str(file)), f"config in {file}", "ssl.keystore.location"),
    ):
        assert said.startswith(f"{place}: {name}: kwire ")
        assert "leave it out, and keep the port where everybody who reaches it may do everything" in said
    assert read("--config", "authorizer.class.name=").config == {"authorizer.class.name": ""}


def test_an_unknown_setting_in_the_file(tmp_path):
    file = tmp_path / "kwire.toml"
    file.write_text("broker-ids = 3\n")
    assert refusal("--settings", str(file)) == (
        f"the settings file {file} has an unknown setting 'broker-ids'; did you mean 'broker-id'?"
    )
    file.write_text("port = 9094\n")
    assert refusal("--settings", str(file)) == (
        f"the settings file {file} has an unknown setting 'port'; did you mean 'listen'?"
    )
    file.write_text('data = ["a", "b"]\n')
    assert refusal("--settings", str(file)) == f"data in {file} takes one value, not 2"
