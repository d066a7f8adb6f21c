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
"""So many pairs of a step and an error have to come up, or the sequences ask nothing."""


@pytest.fixture(scope="module")
def explained():
    """The rules that explained a difference."""
    return set()


@pytest.fixture
def runner(request, shared_pair, explained):
    kwire, kafka = shared_pair
    runner = Runner(request.param, kwire.bootstrap, kafka.bootstrap)
    yield runner
    explained |= runner.explained


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
    report = runner.failure(path.name, [runner.domain.complete(step) for step in parsed(path.read_text())])
    assert report is None, report


def test_every_listed_difference_is_one(explained, request):
    if request.session.testscollected < len(DOMAINS) + len(SEQUENCES):
        pytest.skip("a selection was run")
    sure = {rule["where"] for rule in DIFFERENCES if rule.get("random") and not rule.get("chance")}
    unused = sure - explained
    assert not unused, f"differences.toml lists what does not differ any more: {unused}"
