import pytest

pytest.register_assert_rewrite(
    "kwire.testing.storage_bench", "kwire.testing.storage_contract", "kwire.testing.durable_storage_contract"
)
