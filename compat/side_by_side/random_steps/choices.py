"""Values that an argument of a random step can have. A failing sequence is shrunk to the first, simplest option."""

from kwire.api.registry import APIS
from kwire.protocol.api_keys import ApiKey

OF_THE_JARS = {ApiKey.API_VERSIONS: 4, ApiKey.DELETE_GROUPS: 2}
"""Newest versions of the Apache Kafka compared with, where kwire has newer ones."""


class Choice:
    """One of the options. usual: choose the first one in at least three cases of four."""

    def __init__(self, options, *, usual=False):
        self.options, self.usual = tuple(options), usual

    def choose(self, random):
        if self.usual and random.random() < 0.75:
            return self.options[0]
        return random.choice(self.options)

    def simpler(self, value):
        """Generate simpler values to try instead, the simplest first."""
        return () if value == self.options[0] else self.options[:1]


class Several(Choice):
    """A tuple of some options, in any order. twice: an option may be repeated."""

    def __init__(self, options, *, at_least=0, at_most=3, twice=False):
        super().__init__(options)
        self.at_least, self.at_most, self.twice = at_least, at_most, twice

    def choose(self, random):
        count = random.randint(self.at_least, min(self.at_most, len(self.options)))
        if self.twice and random.random() < 0.2:
            return tuple(random.choices(self.options, k=count))
        return tuple(random.sample(self.options, count))

    def simpler(self, value):
        if len(value) > self.at_least:
            for index in range(len(value)):
                yield value[:index] + value[index + 1 :]


def any_of(*options):
    """Choose each option equally often."""
    return Choice(options)


def mostly(usual, *others):
    """Choose the usual option in at least three cases of four."""
    return Choice((usual, *others), usual=True)


def some_of(*options, at_least=0, at_most=3, twice=False):
    """See Several."""
    return Several(options, at_least=at_least, at_most=at_most, twice=twice)


def versions(key, first=0, last=100):
    """Choose among the versions of an API that both brokers have; the newest one is the simplest."""
    api = APIS[key]
    newest = min(api.max_version, last, OF_THE_JARS.get(key, last))
    return Choice(range(newest, max(api.min_version, first) - 1, -1), usual=True)
