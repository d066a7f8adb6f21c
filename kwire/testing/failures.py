"""What the brokers saw, for the report of a test that has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.testing import ClusterError

if TYPE_CHECKING:
    from kwire.testing import Cluster


def described(cluster: Cluster) -> str:
    """Cluster.describe(), or why it cannot tell."""
    try:
        return cluster.describe()
    except ClusterError as error:
        return f"it cannot tell: {error}"
