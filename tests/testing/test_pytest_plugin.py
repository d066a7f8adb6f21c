"""The pytest plugin, in runs of pytest of its own: fixtures, marker, reports, and life beside other plugins."""

import sys
from xml.etree import ElementTree as ET

import pytest

pytest_plugins = ["pytester"]

STRICT = """
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider -ra -v
filterwarnings =
    error
    ignore:(read|open)_text is deprecated:DeprecationWarning
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest over test modules in a process of its own, as strictly as it can be configured.

    Other plugins than kwire's are loaded where they are named: to load all of them takes longer than most tests.
    """

    def run(*options, ini="", plugins=(), **modules):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.makefile(".ini", pytest=STRICT + ini)
        pytester.makepyfile(**{f"test_{name}": source for name, source in modules.items()})
        loaded = [word for name in ("kwire.testing.pytest_plugin", *plugins) for word in ("-p", name)]
        return pytester.runpytest_subprocess(*loaded, *options, timeout=100)

    return run


OWN = """
    import kwire.testing

    seen = []

    def test_first(kafka: kwire.testing.Cluster):
        assert kafka.topics() == []
        kafka.create_topic("orders")
        seen.append(kafka)

    def test_second(kafka):
        assert kafka.topics() == []
        assert kafka is not seen[0]
        assert "closed" in repr(seen[0])
"""

MARKED = """
    import pytest
    from kwire.testing import Cluster

    pytestmark = pytest.mark.kafka(brokers=3, topics={"orders": 6})

    with Cluster(topics={"orders": 2}) as seed:
        seed.append("orders", "seeded")
        SEEDED = seed.snapshot()

    def test_of_the_module(kafka):
        assert len(kafka.brokers()) == 3
        assert len(kafka.topic("orders").partitions) == 6

    @pytest.mark.kafka(topics=["audit"], config={"num.partitions": 4})
    class TestOfAClass:
        def test_nearest_wins(self, kafka):
            assert len(kafka.brokers()) == 3
            assert [(topic.name, len(topic.partitions)) for topic in kafka.topics()] == [("audit", 4)]

        @pytest.mark.kafka(brokers=1)
        def test_each_option_alone(self, kafka):
            assert len(kafka.brokers()) == 1
            assert [topic.name for topic in kafka.topics()] == ["audit"]

    @pytest.mark.kafka(snapshot=SEEDED, topics={"orders": 2})
    def test_snapshot(kafka):
        assert [record.value for record in kafka.records("orders")] == [b"seeded"]
"""

SESSION = """
    import pytest

    @pytest.fixture(scope="session")
    def kafka_session_options():
        return {"brokers": 2, "topics": {"always": 2}}

    @pytest.fixture(scope="module")
    def address(kafka_session_cluster):
        return kafka_session_cluster.bootstrap_servers

    @pytest.mark.parametrize("turn", range(3))
    @pytest.mark.kafka(topics={"orders": 3})
    def test_it(kafka_session, address, turn):
        assert kafka_session.bootstrap_servers == address
        assert [(each.name, len(each.partitions)) for each in kafka_session.topics()] == [("always", 2), ("orders", 3)]
        assert kafka_session.records("always") == []
        kafka_session.append("always", b"left behind")
        kafka_session.create_topic("more")

    def test_without_a_marker(kafka_session):
        assert [topic.name for topic in kafka_session.topics()] == ["always"]
"""

SYNCHRONOUS = f"""
    import subprocess

    import pytest

    @pytest.mark.kafka(topics={{"orders": 2}})
    def test_confluent_kafka(kafka):
        from confluent_kafka import Consumer, Producer

        producer = Producer({{"bootstrap.servers": kafka.bootstrap_servers}})
        producer.produce("orders", b"two coffees", key=b"ada")
        producer.flush(10)
        assert [record.value for record in kafka.records("orders")] == [b"two coffees"]
        consumer = Consumer(
            {{"bootstrap.servers": kafka.bootstrap_servers, "group.id": "g", "auto.offset.reset": "earliest"}}
        )
        consumer.subscribe(["orders"])
        assert consumer.poll(10).value() == b"two coffees"
        consumer.commit(asynchronous=False)
        kafka.wait_until_consumed("g")
        consumer.close()

    @pytest.mark.kafka(topics={{"orders": 2}})
    def test_kafka_python(kafka):
        from kafka import KafkaConsumer, KafkaProducer

        with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
            producer.send("orders", b"two coffees").get(10)
        consumer = KafkaConsumer("orders", bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
        assert next(consumer).value == b"two coffees"
        consumer.close()

    PROGRAM = '''
    import sys
    from confluent_kafka import Producer
    producer = Producer({{"bootstrap.servers": sys.argv[1]}})
    producer.produce("orders", b"from outside")
    producer.flush(10)
    '''

    def test_another_process(kafka):
        program = PROGRAM.replace("\\n    ", "\\n")
        subprocess.run([{sys.executable!r}, "-c", program, kafka.bootstrap_servers], check=True, timeout=60)
        assert [record.value for record in kafka.wait_for_records("orders")] == [b"from outside"]
"""

BESIDE = """
    import sys

    def test_a_test_without_kafka():
        assert 1

    def test_the_program_is_as_it_was():
        rooms = {"kwire", "trio", "kafka", "crc32c"}
        loaded = {name for name in sys.modules if name.partition(".")[0] in rooms}
        assert loaded <= {"kwire", "kwire.testing", "kwire.testing.pytest_plugin"}
"""


def test_it_costs_a_run_that_does_not_use_it_no_import(run):
    run(beside=BESIDE).assert_outcomes(passed=2)


def test_fixtures_and_marker_give_the_clusters_that_they_promise(run):
    result = run(own=OWN, marked=MARKED, session=SESSION, synchronous=SYNCHRONOUS)
    result.assert_outcomes(passed=13)


def test_the_entry_point_brings_it_and_can_be_switched_off(run, pytester, monkeypatch):
    pytester.makepyfile("def test_it(kafka): assert kafka.topics() == []")
    pytester.runpytest_subprocess("-p", "no:asyncio", timeout=100).assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:kwire", timeout=100)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'kafka' not found*"])


# Asynchronous tests

AIOKAFKA = """
    import pytest
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.mark.RUNNER
    @pytest.mark.kafka(topics={"orders": 2})
    @pytest.mark.parametrize("fixture", ["kafka", "kafka_session"])
    async def test_it(request, fixture):
        kafka = request.getfixturevalue(fixture)
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
            await producer.send_and_wait("orders", b"two coffees")
        assert len(await kafka.wait_for_records_async("orders")) == 1
        async with AIOKafkaConsumer(
            "orders", bootstrap_servers=kafka.bootstrap_servers, group_id="g", auto_offset_reset="earliest"
        ) as consumer:
            assert (await consumer.getone()).value == b"two coffees"
            await consumer.commit()
            await kafka.wait_until_consumed_async("g")
"""

TRIO = """
    import pytest
    import trio
    from kwire.client.connection import connected
    from kwire.protocol.messages.metadata import MetadataRequest

    @pytest.fixture
    def anyio_backend():
        return "trio"

    @pytest.mark.RUNNER
    @pytest.mark.kafka(topics={"orders": 2})
    async def test_it(kafka):
        host, _, port = kafka.bootstrap_servers.partition(":")
        async with connected(host, int(port)) as client:
            assert len((await client.request(MetadataRequest(topics=None), 12)).topics) == 1
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kafka.wait_for_records_async, "orders")
            kafka.append("orders", b"v")
"""


def test_pytest_asyncio(run):
    ini = "asyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"
    run(it=AIOKAFKA.replace("RUNNER", "asyncio"), plugins=["pytest_asyncio.plugin"], ini=ini).assert_outcomes(passed=2)


def test_anyio(run):
    sources = {"asyncio": AIOKAFKA.replace("RUNNER", "anyio"), "trio": TRIO.replace("RUNNER", "anyio")}
    run(**sources, plugins=["anyio.pytest_plugin"]).assert_outcomes(passed=3)


def test_pytest_trio(run):
    source = TRIO.replace("@pytest.mark.RUNNER", "")
    run(it=source, plugins=["pytest_trio.plugin"], ini="trio_mode = true\n").assert_outcomes(passed=1)


def test_xdist(run):
    result = run(
        "-n",
        "2",
        plugins=["xdist.plugin", "xdist.looponfail"],
        it="""
        import pytest

        @pytest.mark.parametrize("number", range(8))
        @pytest.mark.kafka(topics={"orders": 2})
        def test_it(kafka, kafka_session, number):
            kafka.append("orders", b"%d" % number)
            assert [record.value for record in kafka.records("orders")] == [b"%d" % number]
            assert kafka_session.records("orders") == []
            assert number != 7
        """,
    )
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(["*What the Kafka brokers of kafka saw*", "*orders: partitions 2, records 1*"])


# What is wrong


def test_a_wrong_marker_is_an_error_in_one_line(run):
    takes = "with the fixture kafka it takes brokers=, topics=, config=, snapshot=, port=, listen=, data="
    cases = {
        "broker=3": f"@pytest.mark.kafka does not take broker: {takes}",
        "3": f"@pytest.mark.kafka does not take 3: {takes}",
        "brokers=0": "no Kafka cluster for this test: brokers must be a number of brokers, 1 or more, not 0",
        "topics='orders'": 'no Kafka cluster for this test: topics must be {"name": partitions} or ["name"], not',
        "topics=['a b']": "no Kafka cluster for this test: cannot create the topic 'a b'",
        "topics=3": 'no Kafka cluster for this test: topics must be {"name": partitions} or ["name"], not',
        "config={'nun.partitions': 3}": "Unknown broker config name: nun.partitions; did you mean num.partitions",
        "config=3": "no Kafka cluster for this test: config must be a mapping",
        "snapshot='x'": "no Kafka cluster for this test: snapshot must be a result of Cluster.snapshot()",
    }
    tests = "\n".join(
        f"@pytest.mark.kafka({marker})\ndef test_{number}(kafka): pass" for number, marker in enumerate(cases)
    )
    session = "@pytest.mark.kafka(brokers=3)\ndef test_session(kafka_session): pass"
    result = run(it=f"import pytest\n{tests}\n{session}")
    result.assert_outcomes(errors=len(cases) + 1)
    told = result.stdout.str()
    for message in cases.values():
        assert message in told
    assert "does not take brokers: with the fixture kafka_session it takes topics=" in told
    assert "pytest_plugin.py" not in told, "no traceback"


def test_a_failure_tells_what_the_broker_saw(run, pytester):
    result = run(
        "--junitxml=report.xml",
        "--show-capture=no",
        it="""
        import pytest
        from confluent_kafka import Producer

        @pytest.fixture
        def sent(kafka):
            failures = []
            producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "client.id": "shop"})
            producer.produce("orders", b"two coffees", partition=0)
            producer.produce("orders", b"x" * 500, partition=1, on_delivery=lambda error, _: failures.append(error))
            producer.flush(10)
            return kafka

        @pytest.mark.kafka(topics={"orders": 2}, config={"message.max.bytes": 200})
        def test_it(sent):
            assert sent.records("orders")[0].value == b"three coffees"

        @pytest.fixture
        def broken(sent):
            raise RuntimeError("in a fixture")

        @pytest.mark.kafka(topics={"orders": 2})
        def test_broken(broken):
            pass

        def test_passes(kafka):
            pass

        def test_without_kafka():
            assert False

        def test_of_the_session(kafka_session):
            kafka_session.create_topic("shared")
            assert False

        def test_without_a_traceback(kafka):
            kafka.create_topic("bare")
            pytest.fail("because", pytrace=False)

        class TestMine:
            @pytest.fixture
            def kafka(self):
                return "mine"

            def test_fails(self, kafka):
                assert kafka == "yours"
        """,
    )
    result.assert_outcomes(passed=1, failed=5, errors=1)
    assert result.stdout.str().count("What the Kafka brokers of kafka saw") == 3
    assert result.stdout.str().count("What the Kafka brokers of kafka_session saw") == 1
    result.stdout.fnmatch_lines(
        [
            "*What the Kafka brokers of kafka saw*",
            "brokers:",
            "  1 at 127.0.0.1:*",
            "clients:",
            "  'shop' (confluent-kafka-python *) at 127.0.0.1:*: * requests, the last one Produce v*, * s ago",
            "topics:",
            "  orders: partitions 2, records 1",
            "    0: offsets 0 to 1, leader 1",
            "groups:",
            "  none",
            "last errors:",
            "  *s ago, Produce v* of 'shop': orders-1: MESSAGE_TOO_LARGE*",
        ]
    )
    for case in ET.parse(pytester.path / "report.xml").iter("testcase"):
        (told,) = [each.text for each in case if each.tag in {"failure", "error"}] or [None]
        expected = {
            "test_it": "orders-1: MESSAGE_TOO_LARGE",
            "test_broken": "orders: partitions 2",
            "test_of_the_session": "shared: partitions 1",
            "test_without_a_traceback": "bare: partitions 1",
        }
        if case.get("name") in expected:
            assert expected[case.get("name")] in told
        else:
            assert "Kafka brokers" not in (told or "")


ENVIRONMENT = """
    import os
    import pytest

    NAMES = ["KAFKA_URL", "BROKERS"]

    @pytest.fixture(autouse=True)
    def before_and_after():
        before = [os.environ.get(name) for name in NAMES]
        yield
        assert [os.environ.get(name) for name in NAMES] == before

    def test_without():
        assert [os.environ.get(name) for name in NAMES] == ["as it was", None]

    def test_own(kafka):
        assert [os.environ[name] for name in NAMES] == [kafka.bootstrap_servers] * 2

    def test_session(kafka_session_cluster):
        assert [os.environ[name] for name in NAMES] == [kafka_session_cluster.bootstrap_servers] * 2

    def test_both(kafka_session, kafka):
        assert [os.environ[name] for name in NAMES] == [kafka.bootstrap_servers] * 2

    def test_of_the_session_afterwards(kafka_session):
        assert os.environ["BROKERS"] == kafka_session.bootstrap_servers
"""


def test_environment_variables_hold_the_address(run, monkeypatch):
    monkeypatch.setenv("KAFKA_URL", "as it was")
    monkeypatch.delenv("BROKERS", raising=False)
    ini = "kafka_env = KAFKA_URL BROKERS\n"
    run(it=ENVIRONMENT, ini=ini).assert_outcomes(passed=5)


def test_an_error_of_a_cluster_is_shown_at_the_line_that_asked(run):
    result = run(
        it="""
        def test_sync(kafka):
            kafka.topic("nope")

        def test_waiting(kafka):
            kafka.create_topic("orders")
            kafka.wait_for_records("orders", timeout_s=0.01)

        import pytest

        @pytest.mark.asyncio
        async def test_awaiting(kafka):
            kafka.create_topic("orders")
            await kafka.wait_for_records_async("orders", timeout_s=0.01)
        """,
        plugins=["pytest_asyncio.plugin"],
        ini="asyncio_default_fixture_loop_scope = function\n",
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        ["test_it.py:2: ClusterError", "test_it.py:6: TimeoutError", "test_it.py:13: TimeoutError"]
    )
    assert "cluster.py" not in result.stdout.str()
    assert "waiting.py" not in result.stdout.str()


def test_a_bug_in_the_broker_is_an_error_of_the_test(run):
    result = run(
        it="""
        import pytest
        from confluent_kafka import Producer

        @pytest.fixture
        def broken(monkeypatch):
            from kwire.api import registry

            def handle(*_):
                raise ZeroDivisionError("a bug")

            monkeypatch.setattr(registry.APIS[3], "_handle", handle)

        @pytest.mark.parametrize("fixture", ["kafka", "kafka_session"])
        def test_it(request, broken, fixture):
            cluster = request.getfixturevalue(fixture)
            producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
            producer.produce("orders", b"v")
            while "bug while answering" not in cluster.describe():
                producer.poll(0.05)
        """
    )
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(
        ["*ClusterError: the broker met a bug in kwire, which is shown above; please report it"]
    )


def test_fixtures_and_marker_are_explained(run):
    shown = run("--fixtures", it="").stdout
    shown.fnmatch_lines(["kafka -- *", "*A Kafka cluster in memory for this test alone*"])
    shown = run("--markers", it="").stdout
    shown.fnmatch_lines(["@pytest.mark.kafka(brokers=1, topics=(), config=None, snapshot=None):*"])
