"""KafkaMixin: a Kafka cluster for the test cases of unittest and Django."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from kwire.testing import Cluster
from kwire.testing.failures import described

if TYPE_CHECKING:
    import unittest
    from collections.abc import Mapping

    from kwire.testing import Snapshot

    Base = unittest.TestCase
else:
    Base = object


class KafkaMixin(Base):
    """Give a test case the cluster `kafka`; each test finds it as the class has set it up.

        class TestOrders(KafkaMixin, TestCase):
            kafka_options = {"topics": {"orders": 6}}

    kafka_options: the arguments of Cluster. The cluster starts before the class's own set-up, so setUpClass and
    Django's setUpTestData can fill it; after each test it is restored to that state. It closes with the class. Below
    the traceback of a failed test stands what the brokers saw.
    """

    kafka_options: ClassVar[Mapping[str, Any]] = {}
    kafka: ClassVar[Cluster]
    _kafka_as_set_up: ClassVar[Snapshot | None]

    @classmethod
    def setUpClass(cls) -> None:
        """Start the cluster."""
        cls.kafka = Cluster(**cls.kafka_options).start()
        cls._kafka_as_set_up = None
        cls.addClassCleanup(cls.kafka.close)
        super().setUpClass()

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test; restore the cluster after the test's own cleanups."""
        cls = type(self)
        if "kafka" not in vars(cls):  # the whole class is skipped
            return super().run(result)
        if cls._kafka_as_set_up is None:
            cls._kafka_as_set_up = cls.kafka.snapshot()
        self.addCleanup(self._restore_kafka)
        telling: Any = result if result is None else _TellingResult(result, cls.kafka)
        return super().run(telling)

    def _restore_kafka(self) -> None:
        self.kafka.check()
        if self._kafka_as_set_up is not None:
            self.kafka.restore(self._kafka_as_set_up)


class _TellingResult:
    """A result that adds to each error what the brokers saw."""

    def __init__(self, result: unittest.TestResult, cluster: Cluster) -> None:
        self._result = result
        self._cluster = cluster

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)

    def _note(self, error: BaseException | None) -> None:
        if error is not None:
            error.add_note(f"What the Kafka brokers saw:\n{described(self._cluster)}")

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Add the note to an error."""
        self._note(err[1])
        self._result.addError(test, err)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Add the note to a failure."""
        self._note(err[1])
        self._result.addFailure(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802 - see above
        """Add the note to a failed subtest."""
        self._note(err and err[1])
        self._result.addSubTest(test, subtest, err)
