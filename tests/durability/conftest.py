"""`--kill-points N`: how often the broker is killed. Name tests/durability beside it, else pytest does not know it yet."""

import pytest

KILL_POINTS = 8
"""Enough to see it work at every change."""


def pytest_addoption(parser):
    parser.addoption("--kill-points", type=int, default=KILL_POINTS, help="kill -9 at so many random points")


@pytest.fixture
def kill_points(request):
    """How often to kill."""
    return request.config.getoption("--kill-points", KILL_POINTS)
