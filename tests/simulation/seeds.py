"""One seed, with or without a bug, as a worker process runs it."""

from contextlib import nullcontext

from tests.simulation.bugs import BUGS
from tests.simulation.world import simulate


def run_seed(work):
    """The outcome of (seed, name of a bug or None, whether to keep the trace)."""
    seed, bug, keep_trace = work
    with BUGS[bug]() if bug else nullcontext():
        return simulate(seed, keep_trace=keep_trace)
