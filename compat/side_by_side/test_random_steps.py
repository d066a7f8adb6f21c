"""Random sequences of requests to kwire and Apache Kafka: a few seeds, and the sequences that once differed.

More by hand: python -m compat.side_by_side.random_steps --help
"""

import shutil

import pytest

from compat.side_by_side.pair import DIFFERENCES
from compat.side_by_side.random_steps.domains import DOMAINS, SEQUENCES
from compat.side_by_side.random_steps.runner import Runner
from compat.side_by_side.random_steps.steps import parsed

if shutil.which("java") is None or shutil.which("mvn") is None:
    pytest.skip("no JDK or Maven", allow_module_level=True)

SEEDS = range(6)
KINDS_OF_ERRORS = 15
"""Require at least this many pairs of a step and an error; with fewer, the sequences test too little."""


@pytest.fixture
def runner(request, shared_pair):
    kwire, kafka = shared_pair
    return Runner(request.param, kwire.bootstrap, kafka.bootstrap)


def completed(path, runner):
    return [runner.domain.complete(step) for step in parsed(path.read_text())]


@pytest.mark.parametrize("runner", DOMAINS.values(), ids=DOMAINS, indirect=True)
def test_random_sequences_are_answered_the_same(runner):
    for seed in SEEDS:
        report = runner.failure(seed, runner.domain.sequence(seed))
        assert report is None, report
    assert len(runner.errors) >= KINDS_OF_ERRORS


@pytest.mark.parametrize(
    ("runner", "path"),
    [(DOMAINS[path.suffix[1:]], path) for path in SEQUENCES],
    ids=[path.stem for path in SEQUENCES],
    indirect=["runner"],
)
def test_sequences_that_once_differed(runner, path):
    report = runner.failure(path.name, completed(path, runner))
    assert report is None, report


def test_every_listed_difference_is_one(shared_pair):
    kwire, kafka = shared_pair
    explained = set()
    for name, domain in DOMAINS.items():  # play them again here, because the other tests may run in other processes
        runner = Runner(domain, kwire.bootstrap, kafka.bootstrap)
        for seed in SEEDS:
            runner.failure(seed, domain.sequence(seed))
        for path in SEQUENCES:
            if path.suffix[1:] == name:
                runner.failure(path.name, completed(path, runner))
        explained |= runner.explained
    unused = {rule["where"] for rule in DIFFERENCES if rule.get("random") and not rule.get("chance")} - explained
    assert not unused, f"differences.toml lists what does not differ any more: {unused}"
