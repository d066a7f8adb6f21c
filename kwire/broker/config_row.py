"""Row: how the tables of configs (config_definitions_topic, _broker, _group) write one config.

Name, type, default (None: null), importance, valid values in the notation of Kafka's documentation (None: any), flags
(internal; for broker configs how they change while the broker runs: per-broker, cluster-wide; else not at all).
"""

from typing import TypeAlias

Row: TypeAlias = tuple[str, str, str | None, str, str | None, str]
