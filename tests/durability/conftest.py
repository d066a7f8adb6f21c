"""`--kill-points N`: how often the broker is killed."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--kill-points", type=int, default=8, help="kill -9 at so many random points (default: 8)")


@pytest.fixture
def kill_points(request):
    """How often to kill."""
    return request.config.getoption("--kill-points")
