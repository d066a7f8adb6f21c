"""What an argument of a random step may be. A failing sequence is shrunk to the first option, which is the simplest."""

from kwire.api.registry import APIS
from kwire.protocol.api_keys import ApiKey

OF_THE_JARS = {ApiKey.API_VERSIONS: 4, ApiKey.DELETE_GROUPS: 2}
"""The last versions of the Apache Kafka that is asked, where kwire has newer ones."""


class Choice:
    """One of the options, the first of them as often as all the others together where usual is set."""

    def __init__(self, options, *, usual=False):
        self.options, self.usual = tuple(options), usual

    def choose(self, random):
        if self.usual and random.random() < 0.75:
            return self.options[0]
        return random.choice(self.options)

    def simpler(self, value):
        """Values that may stand for this one, the simplest first."""
        return () if value == self.options[0] else self.options[:1]


class Several(Choice):
    """A tuple of some options, in any order; the same one may come twice where twice is set."""

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
    """Each option as often as the others."""
    return Choice(options)


def mostly(usual, *others):
    """The usual option three times in four."""
    return Choice((usual, *others), usual=True)


def some_of(*options, at_least=0, at_most=3, twice=False):
    """See Several."""
    return Several(options, at_least=at_least, at_most=at_most, twice=twice)


def versions(key, first=0, last=100):
    """The versions of an API that both brokers have, the newest one first."""
    api = APIS[key]
    newest = min(api.max_version, last, OF_THE_JARS.get(key, last))
    return Choice(range(newest, max(api.min_version, first) - 1, -1), usual=True)
