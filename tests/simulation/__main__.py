"""Runs seeds of the simulation, in all processors at once, and reports how often each fault fired.

python -m tests.simulation --seeds 1000                     the seeds 0 to 999 of each kind of world
python -m tests.simulation --world groups --seed 17         one seed, with all that happened in it
python -m tests.simulation --world groups --bug NAME        must find the bug: exits with 0 if a seed failed
"""
# ruff: noqa: T201 - it is a report

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.seeds import BUGS, WORLDS, run_seed

HASH_SEED = "0"
"""Sets of strings have the same order in every process."""


def replay_command(world, seed, bug):
    return f"python -m tests.simulation --world {world} --seed {seed}" + (f" --bug {bug}" if bug else "")


def run_many(world, seeds, bug, jobs):
    """The outcomes, in order."""
    work = [(world, seed, bug, False) for seed in seeds]
    if jobs == 1:
        yield from map(run_seed, work)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(run_seed, work, chunksize=2 if bug else 10)
        finally:
            pool.shutdown(cancel_futures=True)


def show_failure(world, outcome, bug):
    command = replay_command(world, outcome.seed, bug)
    print(f"seed {outcome.seed} failed: {outcome.violation}\n  replay: {command}", flush=True)


def report(world, seeds, bug, jobs):
    """Whether all is as it should be."""
    started = time.perf_counter()
    fired, figures, failed, count = Counter(), Counter(), 0, 0
    for outcome in run_many(world, seeds, bug, jobs):
        count += 1
        fired += outcome.fired
        figures += outcome.figures
        if outcome.violation:
            failed += 1
            show_failure(world, outcome, bug)
            if bug:
                print(f"{bug} is caught, by seed {outcome.seed}")
                return True
    if bug:
        print(f"{bug} is caught by none of {count} seeds")
        return False
    print(f"{world}: {count} seeds in {time.perf_counter() - started:.0f} s, {failed} failed")
    print(", ".join(f"{figure:,} {name}" for name, figure in figures.items()))
    must_fire = WORLDS[world].MUST_FIRE
    for kind in must_fire:
        print(f"  {fired[kind]:8,}  {kind}")
    never = [kind for kind in must_fire if not fired[kind]]
    if never:
        print(f"never fired: {', '.join(never)}")
    return not failed and not never


def replay(world, seed, bug):
    outcome = run_seed((world, seed, bug, True))
    print("\n".join(outcome.trace))
    print(f"digest {outcome.digest}")
    for kind, count in sorted(outcome.fired.items()):
        print(f"  {count:8,}  {kind}")
    if outcome.violation:
        show_failure(world, outcome, bug)
    return bool(outcome.violation) == bool(bug)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.partition("\n")[0])
    parser.add_argument("--world", choices=WORLDS, help="this kind of world only")
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--seeds", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one per processor)")
    parser.add_argument("--bug", help="switch this bug on; it must be caught")
    options = parser.parse_args()
    worlds = [
        world
        for world in WORLDS
        if options.world in {None, world} and (options.bug is None or options.bug in BUGS[world])
    ]
    if not worlds:
        parser.error(f"no such bug; there are {', '.join(sorted({*BUGS['logs'], *BUGS['groups']}))}")
    seeds = range(options.first, options.first + options.seeds)
    passed = [
        replay(world, options.seed, options.bug)
        if options.seed is not None
        else report(world, seeds, options.bug, options.jobs)
        for world in worlds
    ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        os.environ["PYTHONHASHSEED"] = HASH_SEED
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
