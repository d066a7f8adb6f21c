"""Random sequences of steps: made from a seed, written as text, read from it.

A step is a function of a domain. The defaults of its keyword arguments are the choices for them (see choices.py). It
gets one broker's side of the sequence, and returns the message to send there and its version. Its arguments name
members, topics and epochs as the sequence does, never as a broker does, so that any part of a sequence can be played.
"""

import ast
import random
import zlib
from dataclasses import dataclass, field
from inspect import signature


@dataclass(frozen=True)
class Kind:
    """A function that makes a step's request.

    learn: the name of the side's method to call with the answer. waits: whether the answer may take long.
    """

    function: object
    weight: int
    learn: object
    waits: bool
    choices: dict


@dataclass(frozen=True)
class Step:
    """One step of a sequence; its text is name(argument=value, ...)."""

    name: str
    arguments: dict

    def __str__(self):
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.arguments.items())})"


def parsed(text):
    """Parse steps, one a line; skip empty lines and comments."""
    steps = []
    for statement in ast.parse(text).body:
        call = statement.value
        steps.append(Step(call.func.id, {each.arg: ast.literal_eval(each.value) for each in call.keywords}))
    return steps


@dataclass
class Domain:
    """Steps that belong together. side: the class of a broker's side. length: the number of steps in a sequence."""

    name: str
    side: type
    length: int = 60
    kinds: dict[str, Kind] = field(default_factory=dict)

    def step(self, weight=1, *, learn=None, waits=False):
        """Add a function as a kind of step. weight: how often it is chosen."""

        def add(function):
            choices = {
                name: parameter.default
                for name, parameter in signature(function).parameters.items()
                if parameter.kind is parameter.KEYWORD_ONLY
            }
            self.kinds[function.__name__] = Kind(function, weight, learn, waits, choices)
            return function

        return add

    def sequence(self, seed):
        """Make the sequence of that seed."""
        source = random.Random(zlib.crc32(f"{self.name} {seed}".encode()))
        names, weights = list(self.kinds), [kind.weight for kind in self.kinds.values()]
        chosen = source.choices(names, weights, k=self.length)
        return [
            Step(name, {key: choice.choose(source) for key, choice in self.kinds[name].choices.items()})
            for name in chosen
        ]

    def complete(self, step):
        """Add the simplest option for each missing argument."""
        choices = self.kinds[step.name].choices
        simplest = {
            name: (choice.options[0] if not hasattr(choice, "at_least") else ()) for name, choice in choices.items()
        }
        return Step(step.name, simplest | step.arguments)

    def brief(self, step):
        """Remove the arguments that complete() would add."""
        simplest = self.complete(Step(step.name, {})).arguments
        return Step(step.name, {key: value for key, value in step.arguments.items() if value != simplest[key]})

    def simpler(self, step):
        """Generate the step with one argument simpler."""
        for name, choice in self.kinds[step.name].choices.items():
            for value in choice.simpler(step.arguments[name]):
                yield Step(step.name, step.arguments | {name: value})
