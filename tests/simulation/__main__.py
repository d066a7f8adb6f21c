"""Runs seeds of the simulation, in all processors at once, and reports how often each fault fired.

python -m tests.simulation --seeds 1000              the seeds 0 to 999
python -m tests.simulation --seed 17                 one seed, with all that happened in it
python -m tests.simulation --seeds 1000 --bug NAME   must find the bug: exits with 0 if a seed failed
"""
# ruff: noqa: T201 - it is a report

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.faults import ALL_KINDS
from tests.simulation.seeds import run_seed

HASH_SEED = "0"
"""Sets of strings have the same order in every process."""


def replay_command(seed, bug):
    return f"python -m tests.simulation --seed {seed}" + (f" --bug {bug}" if bug else "")


def run_many(seeds, bug, jobs):
    """The outcomes, in order."""
    work = [(seed, bug, False) for seed in seeds]
    if jobs == 1:
        yield from map(run_seed, work)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(run_seed, work, chunksize=2 if bug else 10)
        finally:
            pool.shutdown(cancel_futures=True)


def show_failure(outcome, bug):
    print(f"seed {outcome.seed} failed: {outcome.violation}\n  replay: {replay_command(outcome.seed, bug)}", flush=True)


def report(seeds, bug, jobs):
    """Whether all is as it should be."""
    started = time.perf_counter()
    fired, failed, count, acknowledged, lost = Counter(), 0, 0, 0, 0
    for outcome in run_many(seeds, bug, jobs):
        count += 1
        fired += outcome.fired
        acknowledged += outcome.acknowledged
        lost += outcome.lost
        if outcome.violation:
            failed += 1
            show_failure(outcome, bug)
            if bug:
                print(f"{bug} is caught, by seed {outcome.seed}")
                return True
    if bug:
        print(f"{bug} is caught by none of {count} seeds")
        return False
    print(f"{count} seeds in {time.perf_counter() - started:.0f} s, {failed} failed")
    print(f"{acknowledged:,} records acknowledged, {lost:,} of them never synced and lost with the power")
    for kind in ALL_KINDS:
        print(f"  {fired[kind]:8,}  {kind}")
    never = [kind for kind in ALL_KINDS if not fired[kind]]
    if never:
        print(f"never fired: {', '.join(never)}")
    return not failed and not never


def replay(seed, bug):
    outcome = run_seed((seed, bug, True))
    print("\n".join(outcome.trace))
    print(f"digest {outcome.digest}")
    for kind, count in sorted(outcome.fired.items()):
        print(f"  {count:8,}  {kind}")
    if outcome.violation:
        show_failure(outcome, bug)
    return bool(outcome.violation) == bool(bug)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--seeds", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one per processor)")
    parser.add_argument("--bug", help="switch this bug on; it must be caught")
    options = parser.parse_args()
    if options.seed is not None:
        return 0 if replay(options.seed, options.bug) else 1
    return 0 if report(range(options.first, options.first + options.seeds), options.bug, options.jobs) else 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        os.environ["PYTHONHASHSEED"] = HASH_SEED
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
