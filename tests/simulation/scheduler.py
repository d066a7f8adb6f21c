"""The one place that reaches into trio: its scheduler draws from a private Random, which is seeded here.

With trio's own switch for deterministic scheduling on, the tasks of one step run in the order of their creation, or of
a shuffle by that Random, instead of the order of a set. test_scheduler.py says when a new trio has moved it.
"""

from contextlib import contextmanager

import trio._core._run as trio_run


@contextmanager
def seeded(seed):
    """What trio runs in this block is scheduled as the seed says."""
    former = trio_run._ALLOW_DETERMINISTIC_SCHEDULING
    state = trio_run._r.getstate()
    trio_run._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio_run._r.seed(seed)
    try:
        yield
    finally:
        trio_run._ALLOW_DETERMINISTIC_SCHEDULING = former
        trio_run._r.setstate(state)
