"""The scenarios, one function for each column of the matrix; each is given a Stage."""

from collections.abc import Callable

from compat.matrix.features import applications, cluster, groups, records, topics, unsupported
from compat.matrix.features.stage import Stage

MODULES = (applications, cluster, groups, records, topics, unsupported)


def scenario(name: str) -> Callable[[Stage], None]:
    """The scenario of a feature."""
    function_name = name.replace("-", "_")
    return next(getattr(module, function_name) for module in MODULES if hasattr(module, function_name))
