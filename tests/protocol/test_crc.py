"""The CRC's extension is loaded without its package, and gives what the package gives."""

import subprocess
import sys

import crc32c as package
import pytest

from kwire.protocol.records import crc

CHECK_VALUE = 0xE3069283  # of b"123456789": RFC 3720's polynomial, Williams' check


@pytest.mark.parametrize("extension", [crc.EXTENSION, "_no_such_extension"])
def test_the_function_is_crc_32c(extension):
    function = crc.load(extension)
    assert function(b"123456789") == CHECK_VALUE
    assert function(b"6789", function(b"12345")) == CHECK_VALUE
    assert function(memoryview(b"123456789")) == package.crc32c(b"123456789")


def test_it_is_loaded_without_the_package():
    script = "import sys, kwire.protocol.records.batch; assert 'crc32c' not in sys.modules; import crc32c; print(crc32c.crc32c(b'123456789'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == CHECK_VALUE
