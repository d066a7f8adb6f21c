"""Faults: what goes wrong in one run, and how often it did."""

import errno
import os
from collections import Counter
from dataclasses import dataclass, field
from random import Random

KINDS = (
    "connection cut",
    "killed at a write",
    "killed while starting",
    "killed at rest",
    "power lost",
    "stopped cleanly",
    "broker stopped",
    "disk full",
    "I/O error",
    "slow disk",
    "clock jump",
)
DISK_FATES = ("unsynced lost", "unsynced torn", "unsynced holed", "unsynced kept", "names lost")
ALL_KINDS = KINDS + DISK_FATES
"""What the report of many seeds must show to have happened."""

WRITES = frozenset({"append", "truncate", "fsync", "open", "mkdir", "rename", "remove"})
FAIL_WHEN_FULL = frozenset({"append", "mkdir"})
FAIL_WITH_EIO = frozenset({"append", "truncate", "fsync", "open", "rename", "remove", "pread"})


@dataclass
class Faults:
    """The faults of one process, as ProcessFiles asks for them.

    enabled: the kinds that this seed has at all. kill_in_writes: the process is killed at the so manieth write.
    """

    random: Random
    jump: object
    enabled: frozenset = frozenset()
    fired: Counter = field(default_factory=Counter)
    kill: object = None
    kill_in_writes: int | None = None
    kill_kind: str = "killed at a write"
    is_full: bool = False
    is_failing: bool = False
    is_slow: bool = False

    def heal(self):
        self.kill_in_writes = None
        self.is_full = self.is_failing = self.is_slow = False

    def __call__(self, operation, path):
        if self.kill_in_writes is not None and operation in WRITES:
            self.kill_in_writes -= 1
            if self.kill_in_writes <= 0:
                self.kill_in_writes = None
                self.kill(f"{self.kill_kind}", f"{operation} {path}")
                return
        if self.is_slow and self.random.random() < 0.1:
            self.fired["slow disk"] += 1
            self.jump(self.random.random())
        if self.is_full and operation in FAIL_WHEN_FULL:
            self.fired["disk full"] += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if self.is_failing and operation in FAIL_WITH_EIO and self.random.random() < 0.3:
            self.fired["I/O error"] += 1
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
