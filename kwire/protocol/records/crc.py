"""CRC-32C by the extension module of the crc32c package.

The package itself also imports what only its command line and its version need (importlib.metadata with the email
package: 12 ms and 1.5 MB of every start), so the extension is loaded without it where it can be found.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Protocol, cast

PACKAGE = "crc32c"
EXTENSION = "_crc32c"


class Crc(Protocol):
    """The function's form."""

    def __call__(self, data: bytes | bytearray | memoryview, value: int = 0) -> int:
        """CRC of data; value is the CRC of what stands before it."""
        ...


def load(extension: str = EXTENSION) -> Crc:
    """The function, of that extension module where it can be found."""
    package = PathFinder.find_spec(PACKAGE)
    if package is not None:
        spec = PathFinder.find_spec(f"{PACKAGE}.{extension}", package.submodule_search_locations)
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return cast("Crc", module.crc32c)
    from crc32c import crc32c  # noqa: PLC0415 - installed in another way, or laid out differently

    return cast("Crc", crc32c)


crc32c = load()
