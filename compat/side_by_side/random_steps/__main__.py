"""Random sequences of requests to kwire and Apache Kafka, answer by answer.

python -m compat.side_by_side.random_steps classic --steps 5000          # new seeds, on brokers that it starts
python -m compat.side_by_side.random_steps classic --seed 17             # one sequence again
python -m compat.side_by_side.random_steps classic --replay FILE         # steps as a failing seed prints them
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from compat.conftest import running
from compat.side_by_side.random_steps.domains import CONFIGS, DOMAINS, prepare
from compat.side_by_side.random_steps.runner import Runner
from compat.side_by_side.random_steps.steps import parsed

MANY = 10
"""End a run after this many different failures."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("domains", nargs="*", metavar="DOMAIN", help=f"of {', '.join(DOMAINS)}; all without one")
    parser.add_argument("--steps", type=int, default=2_000, help="how many in each domain, in sequences of some dozens")
    parser.add_argument("--seed", type=int, help="of the only sequence")
    parser.add_argument("--first", type=int, default=random.SystemRandom().randrange(1 << 30), help="the first seed")
    parser.add_argument("--replay", type=Path, help="a file of steps")
    parser.add_argument("--kafka", metavar="ADDRESS", help="of an Apache Kafka that runs already")
    parser.add_argument("--trace", action="store_true", help="show each step and each answer")
    return parser.parse_args()


def play(runner, sequences):
    """Play sequences, each with its seed; return how many of them differ."""
    signatures = Counter()
    began = time.monotonic()
    for seed, steps in sequences:
        difference = runner.play(steps)
        if difference is not None:
            if difference.signature not in signatures:
                print(runner.failure(seed, steps) or f"seed {seed} differed once, not again: {difference.lines[0]}")
                sys.stdout.flush()
            signatures[difference.signature] += 1
            if len(signatures) >= MANY:
                break
    print(
        f"{runner.domain.name}: {runner.answers} answers in {time.monotonic() - began:.0f} s, "
        f"{len(runner.errors)} kinds of errors among them, "
        f"{signatures.total()} sequences differ {dict(signatures) or ''}",
        flush=True,
    )
    return signatures.total()


def main():
    """Return exit status 1 if something differs."""
    chosen = arguments()
    failures = 0
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = []
        for kind in ("kwire", "kafka"):
            if kind == "kafka" and chosen.kafka:
                addresses.append(chosen.kafka)
                continue
            (directory / kind).mkdir()
            addresses.append(stack.enter_context(running(kind, directory / kind, **CONFIGS[kind])).bootstrap)
        for address in addresses:
            prepare(address)
        for name in chosen.domains or DOMAINS:
            domain = DOMAINS[name]
            runner = Runner(domain, *addresses, told=print if chosen.trace else lambda *_: None)
            if chosen.replay:
                sequences = [
                    (str(chosen.replay), [domain.complete(step) for step in parsed(chosen.replay.read_text())])
                ]
            elif chosen.seed is not None:
                sequences = [(chosen.seed, domain.sequence(chosen.seed))]
            else:
                count = max(chosen.steps // domain.length, 1)
                sequences = ((seed, domain.sequence(seed)) for seed in range(chosen.first, chosen.first + count))
            failures += play(runner, sequences)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
