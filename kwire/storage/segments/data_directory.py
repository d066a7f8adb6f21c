"""DataDirectory: what the logs of one data directory share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kwire.env import Env
    from kwire.storage.segments.checkpoints import OffsetCheckpoint
    from kwire.storage.segments.open_files import OpenFiles
    from kwire.storage.segments.trash import Trash


@dataclass(slots=True, frozen=True)
class DataDirectory:
    """The open files, the offset checkpoints and the trash of a data directory."""

    env: Env
    open_files: OpenFiles
    trash: Trash
    recovery_points: OffsetCheckpoint
    """Up to where each log is known to be on the disk."""
    log_starts: OffsetCheckpoint
    """Log start offsets that are not the base offset of a first segment."""
    cleaner_points: OffsetCheckpoint
    """Up to where the cleaner has been."""
