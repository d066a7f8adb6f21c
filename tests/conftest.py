"""The suites in tests/kit explain their failed assertions as tests do; a busy machine fails no test."""

import signal

import pytest
from hypothesis import HealthCheck, settings

from kwire.coordinator.group import first_generation

settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")

# A shell starts what runs in its background deaf to SIGINT, and so would be the processes that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest.register_assert_rewrite(
    "tests.kit.storage_bench",
    "tests.kit.storage_contract",
    "tests.kit.durable_storage_contract",
    "tests.kit.cleaning_contract",
)


@pytest.fixture
def first_joins_at_once(monkeypatch):
    """A group's first generation is complete with its first member: for tests whose clock does not go by itself."""
    monkeypatch.setattr(first_generation, "FIRST_JOINS_MS", 0)
