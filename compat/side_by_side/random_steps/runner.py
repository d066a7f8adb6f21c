"""Play a sequence on kwire and Apache Kafka, step by step, up to the first difference; shrink a failing one."""

import time
import uuid
from dataclasses import dataclass

from compat.side_by_side.pair import DIFFERENCES, errors_in, repeatable, sort_out
from compat.side_by_side.random_steps.side import Broker, collect
from compat.side_by_side.wire import NO_ANSWER

ANSWER_S = 4
AT_ONCE_S = 0.004
"""Take a request that may wait for a waiting one if it has no answer after this time."""
SETTLE_S = 1.5
"""Apache Kafka's brokers apply changes a little later; repeat requests that only read for this long."""
POLL_S = 0.02
SHRINKING_S = 120


ENDS = {rule["where"] for rule in DIFFERENCES if rule.get("ends")}
"""Differences after which the two brokers may behave differently for the rest of the sequence."""


class ComparedEnough(Exception):  # noqa: N818 - not an error
    """The rest of the sequence cannot be compared."""


@dataclass
class Difference:
    """The first difference, at that step. signature: equal for differences that probably have the same cause."""

    number: int
    lines: list[str]
    signature: tuple


class Played:
    """Steps and requests sent to both sides. superseded: numbers of steps whose request was replaced by another one."""

    def __init__(self, sides):
        self.sides = sides
        self.steps = {}
        self.superseded = set()

    def begin(self, number, step):
        self.steps[number] = step

    def supersede(self, number):
        """Mark the earlier requests that the newest one replaces, unless it was refused."""
        (side, _) = self.sides
        asked = side.open[number]
        if asked.answer is not None and getattr(asked.answer, "error_code", 0):
            return
        newest = side.waits_as(asked.message)
        self.superseded |= {
            each
            for each, asked in side.open.items()
            if newest is not None and each != number and side.waits_as(asked.message) == newest
        }

    def is_even(self):
        """Whether both sides have answered the same requests."""
        ours, theirs = map(answered, self.sides)
        return ours ^ theirs <= self.superseded


class Runner:
    """Plays sequences of one domain on two running brokers.

    answers: the number of answers compared. errors: the error codes among them, by step. explained: the rules that
    explained differences. told: a function that is called with each step and each answer.
    """

    def __init__(self, domain, kwire, kafka, told=lambda *_: None):
        self.domain = domain
        self._brokers = Broker(kwire), Broker(kafka)
        self._tag = uuid.uuid4().hex[:6]
        self._played = 0
        self.answers = 0
        self.errors = set()
        self.explained = set()
        self._told = told

    def play(self, steps):
        """Play the sequence; return the first difference, None if the brokers agree."""
        self._played += 1
        prefix = f"{self.domain.name[:4]}-{self._tag}-{self._played}-"
        sides = [self.domain.side(broker, prefix) for broker in self._brokers]
        played = Played(sides)
        try:
            for side in sides:
                side.prepare()
            for number, step in enumerate(steps):
                lines = self._play(played, number, step)
                if lines:
                    path = lines[0].partition(": kwire")[0]
                    return Difference(number, lines, (step.name, path.rpartition(")")[2].partition("[")[0]))
        except ComparedEnough:
            return None
        finally:
            for side in sides:
                for asked in list(side.open):
                    side.take(asked)
        return None

    def _play(self, played, number, step):
        kind, sides = self.domain.kinds[step.name], played.sides
        played.begin(number, step)
        self._told(self.domain.brief(step))
        for side in sides:
            side.send(number, *kind.function(side, **step.arguments))
        asked = [side.open[number] for side in sides]

        def is_answered():
            return all(each.answer is not None for each in asked)

        collect(sides, is_answered, AT_ONCE_S if kind.waits else ANSWER_S)
        if (kind.waits and not is_answered()) or len(sides[0].open) > 1:  # earlier requests may be answered now
            for side in (*sides, *sides):  # twice, because a broker reads connections in any order
                side.ask(*side.barrier())
        played.supersede(number)
        collect(sides, played.is_even, ANSWER_S)
        lines = []
        # the newest first, because it may have caused the other answers
        for done in sorted(answered(sides[0]) | answered(sides[1]), reverse=True):
            lines += self._compare(played, done)
        return lines

    def _compare(self, played, number):
        sides, step = played.sides, played.steps[number]
        kind = self.domain.kinds[step.name]
        requests = [side.open[number] for side in sides]
        name = type(requests[0].message).__name__
        remark = "superseded" if number in played.superseded else sides[0].remark(requests[0].message)
        where = f"random {self.domain.name}/{step.name} ({name} v{requests[0].version}) {remark}"
        shown = []
        for side in sides:
            answer = side.take(number)
            if kind.learn is not None and not isinstance(answer, str | None):
                getattr(side, kind.learn)(answer, **step.arguments)
            shown.append(NO_ANSWER if answer is None else side.shown(answer))
        ours, theirs = shown
        found, explained = sort_out(where, ours, theirs)
        deadline = time.monotonic() + SETTLE_S
        while found and repeatable(name, theirs) and time.monotonic() < deadline:
            time.sleep(POLL_S)
            theirs = sides[1].shown(sides[1].ask(requests[1].message, requests[1].version))
            found, explained = sort_out(where, ours, theirs)
        self.answers += 1
        self._told(f"    {where}", ours, *([] if ours == theirs else ["| Kafka", theirs]))
        self.explained |= explained
        self.errors |= {(step.name, code) for code in errors_in(theirs)}
        if not found and explained & ENDS:
            raise ComparedEnough
        return found

    def failure(self, seed, steps):
        """Describe the difference, the fewest steps to it and the command to repeat it; None unless it occurs twice."""
        if self.play(steps) is None or (again := self.play(steps)) is None:
            return None
        fewest, difference = self.shrink(steps, again)
        command = f"python -m compat.side_by_side.random_steps {self.domain.name} --seed {seed}"
        lines = [
            f"{self.domain.name} seed {seed} differs:",
            *difference.lines,
            "after",
            *map(self.domain.brief, fewest),
        ]
        return "\n  ".join(map(str, lines)) + f"\nagain: {command}\n"

    def shrink(self, steps, difference):
        """Return as few and simple steps as still show a difference of that signature, and the difference."""
        deadline = time.monotonic() + SHRINKING_S

        def attempt(candidate):
            found = self.play(candidate) if time.monotonic() < deadline else None
            return found if found is not None and found.signature == difference.signature else None

        steps, best = steps[: difference.number + 1], difference
        size = len(steps) // 2
        while size:
            start = len(steps) - 1 - size
            while start >= 0:
                found = attempt(steps[:start] + steps[start + size :])
                if found is not None:
                    steps, best = [*steps[:start], *steps[start + size :]][: found.number + 1], found
                start -= size
            size //= 2
        simpler = True
        while simpler:
            simpler = False
            for index, step in enumerate(steps):
                for candidate in self.domain.simpler(step):
                    found = attempt([*steps[:index], candidate, *steps[index + 1 :]])
                    if found is not None and found.number == len(steps) - 1:
                        steps, best, simpler = [*steps[:index], candidate, *steps[index + 1 :]], found, True
                        break
        return steps, best


def answered(side):
    """Return the numbers of the steps that the broker has answered."""
    return {number for number, asked in side.open.items() if asked.answer is not None}
