"""Describe what the brokers saw, for the report of a failed test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwire.testing import ClusterError

if TYPE_CHECKING:
    from kwire.testing import Cluster


def described(cluster: Cluster) -> str:
    """Call Cluster.describe(); return the error as text if that fails."""
    try:
        return cluster.describe()
    except ClusterError as error:
        return f"it cannot tell: {error}"
