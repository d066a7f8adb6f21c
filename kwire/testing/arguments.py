"""Turn the arguments of Cluster into settings; describe invalid ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from kwire.broker.config_validation import validate_static
from kwire.settings import Address, BrokerSetting, Settings, TopicSetting
from kwire.testing.values import ClusterError, Snapshot

PORT_MAX: Final = 65_535

DECIDED: Final = frozenset({"advertised.listeners", "broker.id", "listeners", "log.dir", "log.dirs", "node.id"})
"""Configs that the cluster sets itself."""

OWN_DEFAULTS: Final = {"log.message.timestamp.after.max.ms": str(2**63 - 1)}
"""Accept records from the future: the producers of a test that has moved its clock there send such."""


def settings_of(
    *,
    brokers: int | None,
    topics: Mapping[str, int | None] | Iterable[str],
    config: Mapping[str, str | float | bool],
    snapshot: Snapshot | None,
    port: int | None,
    listen: str | None,
    data: str | os.PathLike[str] | None,
) -> Settings:
    """Make Settings of the arguments of Cluster.

    Raises:
        ClusterError: an argument is invalid.
    """
    if brokers is None:
        brokers = len(snapshot.broker_ids) if isinstance(snapshot, Snapshot) else 1
    if isinstance(brokers, bool) or not isinstance(brokers, int) or brokers < 1:
        raise ClusterError(f"brokers must be a number of brokers, 1 or more, not {brokers!r}")
    if isinstance(topics, str) or not isinstance(topics, Iterable):
        raise ClusterError(f'topics must be {{"name": partitions}} or ["name"], not {topics!r}')
    if not isinstance(config, Mapping):
        raise ClusterError(f'config must be a mapping, such as {{"num.partitions": 3}}, not {config!r}')
    if snapshot is not None:
        check_snapshot(snapshot)
        if data is not None:
            raise ClusterError("a cluster with data= begins with what its directory holds; leave out snapshot=")
    partitions = dict(topics) if isinstance(topics, Mapping) else dict.fromkeys(topics)
    texts = {name: config_text(value) for name, value in config.items()}
    for name, text in texts.items():
        if name in DECIDED:
            raise ClusterError(f"config: the cluster sets {name} itself; leave it out")
        try:
            validate_static(name, text)
        except ValueError as error:
            raise ClusterError(f"config: {error}") from None
    first = _address(port, listen, brokers)
    return Settings(
        tuple(BrokerSetting(1 + step, (first.further(step),)) for step in range(brokers)),
        data=_directory(data),
        topics=tuple(TopicSetting(name, count) for name, count in partitions.items()),
        config=OWN_DEFAULTS | texts,
    )


def _address(port: int | None, listen: str | None, brokers: int) -> Address:
    """Return the address at which the first broker listens."""
    if port is not None and listen is not None:
        raise ClusterError(f'port and listen exclude each other; write listen="HOST:{port}"')
    highest = PORT_MAX - brokers + 1
    if listen is None:
        if port is None:
            return Address("127.0.0.1", 0)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= highest:
            raise ClusterError(f"port must be a number from 0 (any free port) to {highest}, not {port!r}")
        return Address("127.0.0.1", port)
    host, colon, number = listen.rpartition(":") if isinstance(listen, str) else ("", "", "")
    if not colon or not number.isascii() or not number.isdigit() or int(number) > highest:
        raise ClusterError(f'listen must be "HOST:PORT" with a port from 0 to {highest}, not {listen!r}')
    return Address(host.removeprefix("[").removesuffix("]"), int(number))


def _directory(data: str | os.PathLike[str] | None) -> str | None:
    if data is None:
        return None
    if not isinstance(data, str | os.PathLike) or not os.fspath(data):
        raise ClusterError(f"data must name a directory, which is made if it is missing, not {data!r}")
    return os.fspath(data)


def check_snapshot(snapshot: object) -> None:
    """Check that the argument is a Snapshot.

    Raises:
        ClusterError: it is not.
    """
    if not isinstance(snapshot, Snapshot):
        raise ClusterError(f"snapshot must be a result of Cluster.snapshot(), not {snapshot!r}")


def config_text(value: str | float | bool) -> str:
    """Write a config's value as Kafka does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def committed_only(isolation_level: str) -> bool:
    """Whether the isolation level is "read_committed".

    Raises:
        ClusterError: there is no such isolation level.
    """
    if isolation_level not in {"read_uncommitted", "read_committed"}:
        raise ClusterError(f"isolation_level must be 'read_uncommitted' or 'read_committed', not {isolation_level!r}")
    return isolation_level == "read_committed"
