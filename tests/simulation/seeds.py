"""The kinds of worlds, and one seed of one, with or without a bug, as a worker process runs it."""

from contextlib import nullcontext

from tests.simulation import bugs, group_bugs
from tests.simulation.group_world import GroupWorld
from tests.simulation.log_world import LogWorld
from tests.simulation.world import simulate

WORLDS = {"logs": LogWorld, "groups": GroupWorld}
BUGS = {"logs": bugs.BUGS, "groups": group_bugs.BUGS}


def run_seed(work):
    """The outcome of (world, seed, name of a bug or None, whether to keep the trace)."""
    world, seed, bug, keep_trace = work
    with BUGS[world][bug]() if bug else nullcontext():
        return simulate(WORLDS[world], seed, keep_trace=keep_trace)
