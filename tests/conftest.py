"""The suites that kwire.testing ships explain their failed assertions as tests do."""

import pytest

pytest.register_assert_rewrite(
    "kwire.testing.storage_bench",
    "kwire.testing.storage_contract",
    "kwire.testing.durable_storage_contract",
    "kwire.testing.cleaning_contract",
)
