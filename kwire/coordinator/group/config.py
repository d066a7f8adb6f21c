"""The configs that a group coordinator acts on: the broker's and a group's own."""

from __future__ import annotations

from typing import Protocol


class GroupCoordinatorConfig(Protocol):
    """By Kafka's names, dots as underscores; units are in the names."""

    @property
    def group_consumer_assignors(self) -> str:
        """Names of server-side assignors with commas, the default first."""

    @property
    def group_consumer_max_size(self) -> int:
        """Most members of a consumer group."""

    @property
    def group_consumer_migration_policy(self) -> str:
        """Which way groups may change their kind: disabled, upgrade, downgrade, bidirectional.

        In letters of any case.
        """

    @property
    def group_consumer_regex_refresh_interval_ms(self) -> int:
        """After so long it is looked up again what regular expressions stand for."""

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


class ConsumerGroupConfig(Protocol):
    """One consumer group's configs, its own or the broker's."""

    @property
    def consumer_assignment_interval_ms(self) -> int:
        """The target assignment is computed once in so long at most; 0 for whenever it has to be."""

    @property
    def consumer_heartbeat_interval_ms(self) -> int:
        """How often a member should show that it lives."""

    @property
    def consumer_session_timeout_ms(self) -> int:
        """A member that is silent for so long is out."""
