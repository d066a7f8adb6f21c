"""The broker's configs that a group coordinator acts on."""

from __future__ import annotations

from typing import Protocol


class GroupCoordinatorConfig(Protocol):
    """By Kafka's names, dots as underscores; units are in the names."""

    @property
    def group_initial_rebalance_delay_ms(self) -> int:
        """How long the first rebalance of an empty group waits for more members."""

    @property
    def group_max_size(self) -> int:
        """Most members of a classic group."""

    @property
    def message_max_bytes(self) -> int:
        """A longer record cannot be stored."""

    @property
    def offset_metadata_max_bytes(self) -> int:
        """Most UTF-16 units of the text beside a committed offset."""

    @property
    def offsets_retention_check_interval_ms(self) -> int:
        """Between two looks for offsets that nobody needs any more."""

    @property
    def offsets_retention_minutes(self) -> int:
        """How long a group without members keeps its offsets."""
