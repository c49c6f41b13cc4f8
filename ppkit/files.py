"""Files that only their owner may read; a crash leaves the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Write beside the file and rename over it; the file is 0600, folders made on the way are 0700.

    Raises OSError (disk full, no permission); the old file is then untouched.
    """
    make_private_folder(path.parent)
    # mkstemp opens with O_EXCL and mode 0600, so there is no moment when others could read it.
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise


def make_private_folder(folder: Path) -> None:
    """Make the folder and its missing parents for the owner alone; an existing one is left as it is."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)
