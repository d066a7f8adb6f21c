"""Resources: what configs belong to, as DescribeConfigs and the metadata log number and name them."""

from __future__ import annotations

from typing import Final

TOPIC: Final = 2
BROKER: Final = 4
BROKER_LOGGER: Final = 8
CLIENT_METRICS: Final = 16
GROUP: Final = 32

CLUSTER_DEFAULT: Final = ""
"""Name of the broker resource whose dynamic configs count for every broker."""
