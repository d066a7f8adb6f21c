"""The simulation finds nothing in a few seeds, finds each of its bugs, and does the same thing twice."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import trio
import trio._core._run as trio_run

from kwire.protocol.records.record import Record, encode_batch
from tests.kit.ledger import PartitionLedger, Violation
from tests.simulation.scheduler import seeded
from tests.simulation.seeds import BUGS, WORLDS, run_seed

ROOT = Path(__file__).parents[2]


def run_simulation(*arguments, hash_seed="0"):
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("world", "figure"), [("logs", "records acknowledged"), ("groups", "offsets committed")])
def test_a_few_seeds(world, figure):
    outcomes = [run_seed((world, seed, None, False)) for seed in range(15)]
    assert [outcome.violation for outcome in outcomes if outcome.violation] == []
    assert sum(outcome.figures[figure] for outcome in outcomes) > 300


@pytest.mark.parametrize(("world", "bug"), [(world, bug) for world, bugs in BUGS.items() for bug in bugs])
def test_each_bug_is_caught_and_its_seed_can_be_replayed(world, bug):
    code, output, errors = run_simulation("--seeds", "100", "--jobs", "1", "--world", world, "--bug", bug)
    assert (code, errors) == (0, "")
    assert f"{bug} is caught" in output
    command = output.partition("replay: ")[2].partition("\n")[0]
    code, replayed, _ = run_simulation(*shlex.split(command)[3:])
    assert code == 0
    assert output.partition("failed: ")[2].partition("\n")[0] in replayed


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_seed_is_the_same_run(world):
    here = [run_seed((world, seed, None, False)).digest for seed in (3, 4)]
    assert here == [run_seed((world, seed, None, False)).digest for seed in (3, 4)]
    assert here[0] != here[1]
    there = run_simulation("--world", world, "--seed", "3")[1].partition("digest ")[2].partition("\n")[0]
    assert there == here[0]


def test_a_fault_that_never_fires_fails_the_report():
    code, output, _ = run_simulation("--world", "groups", "--seeds", "1")
    assert code == 1
    assert "never fired: " in output


def test_trios_scheduler_still_draws_from_the_random_that_is_seeded():
    def order(seed):
        happened = []

        async def task(name):
            for _ in range(5):
                happened.append(name)
                await trio.lowlevel.checkpoint()

        async def main():
            async with trio.open_nursery() as nursery:
                for name in range(6):
                    nursery.start_soon(task, name)

        with seeded(seed):
            trio.run(main)
        return happened

    former = trio_run._ALLOW_DETERMINISTIC_SCHEDULING
    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) == 5
    assert former == trio_run._ALLOW_DETERMINISTIC_SCHEDULING


def batch(*values, base_offset=0):
    return bytes(encode_batch([Record(0, 0, None, value) for value in values], base_offset=base_offset))


class TestLedger:
    @pytest.fixture
    def ledger(self):
        ledger = PartitionLedger("t-0")
        ledger.send([b"a", b"b", b"c"])
        return ledger

    def test_what_was_sent_may_be_read_whether_it_was_acknowledged_or_not(self, ledger):
        ledger.acknowledge(0, [b"a"])
        assert ledger.take(batch(b"a", b"b"), 0) == 2
        assert ledger.take(batch(b"c", base_offset=2), 2) == 3
        ledger.check_whole(0, 3)

    @pytest.mark.parametrize(
        ("served", "position", "words"),
        [
            (batch(b"b"), 0, "acknowledged as b'a'"),
            (batch(b"x"), 0, "nobody sent"),
            (batch(b"a", b"a"), 0, "as well"),
            (batch(b"b", base_offset=5), 4, "comes next"),
            (batch(b"a") + batch(b"b", base_offset=2), 0, "comes next"),
            (batch(b"a")[:-1] + b"!", 0, "damaged"),
        ],
    )
    def test_anything_else_is_a_violation(self, ledger, served, position, words):
        ledger.acknowledge(0, [b"a"])
        with pytest.raises(Violation, match=words):
            ledger.take(served, position)

    def test_an_acknowledged_record_that_is_missing_is_a_violation(self, ledger):
        ledger.acknowledge(0, [b"a"])
        ledger.acknowledge(1, [b"b"])
        ledger.take(batch(b"a"), 0)
        with pytest.raises(Violation, match="the log ends at 1"):
            ledger.check_whole(0, 1)
        with pytest.raises(Violation, match="nothing is served"):
            ledger.check_whole(0, 2)
        ledger.check_whole(2, 2)

    def test_what_was_allowed_to_be_lost_may_come_again(self, ledger):
        ledger.acknowledge(0, [b"a"])
        ledger.acknowledge(1, [b"b"])
        assert ledger.forget_from(1) == 1
        ledger.acknowledge(1, [b"c"])
        ledger.acknowledge(2, [b"b"])
        with pytest.raises(Violation):
            ledger.acknowledge(3, [b"a"])
