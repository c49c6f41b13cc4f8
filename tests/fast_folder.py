"""Where the tests write: in memory, where the system has a folder for that.

A ledger syncs its file with each transaction; on a disk that would take longer than all else.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
NO_PROGRAMS = getattr(os, "ST_NOEXEC", 8)
"""Tests start programs that they have written; some containers mount the folder so that none starts."""
ENOUGH_BYTES = 2 * 2**30
"""A container may have a folder of 64 MB there; then the disk has to do."""


def fast_folder() -> str | None:
    """A folder in memory with room for what the tests write, None where there is none."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    starts_programs = not os.statvfs(MEMORY).f_flag & NO_PROGRAMS
    return str(MEMORY) if starts_programs and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES else None
