"""Files that only their owner may read; a crash leaves the old one or the new one, never half."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def write_private(path: Path, content: bytes, *, wipe_old: bool = False) -> None:
    """Write beside the file and rename over it; the file is 0600, folders made on the way are 0700.

    With `wipe_old` the bytes of the file it replaces are overwritten too (not on Windows, where a file that
    is open cannot be replaced). A symbolic link is followed: what it points to is replaced, the link stays.
    Raises OSError (disk full, no permission); the old file is then untouched.
    """
    path = path.resolve()
    make_private_folder(path.parent)
    # mkstemp opens with O_EXCL and mode 0600, so there is no moment when others could read it.
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            Path(beside).chmod(0o600)  # a umask may have taken the owner's own rights away
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with _opened_to_wipe(path) if wipe_old else contextlib.nullcontext():
            Path(beside).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise


def remove_private(path: Path, harmless: bytes) -> None:
    """Overwrite a file with as many bytes (`harmless`, then spaces) and unlink it; nothing if there is none.

    `harmless` is what a reader may find in the moment between. Raises OSError.
    """
    path = path.resolve()
    if not path.is_file():
        return
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.write(harmless.ljust(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def text_encoding(path: Path) -> str:
    """How a text file is written, by its first bytes: PowerShell's `>` writes UTF-16, some editors a BOM.

    Raises OSError.
    """
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def make_private_folder(folder: Path) -> None:
    """Make the folder and its missing parents for the owner alone; an existing one is left as it is.

    Raises OSError, also where the name is a file's.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)
        parent.chmod(0o700)  # whatever the umask
    folder.mkdir(exist_ok=True)


@contextlib.contextmanager
def _opened_to_wipe(path: Path) -> Iterator[None]:
    """Keeps the file's old bytes within reach until it has been replaced, then overwrites them."""
    if sys.platform == "win32" or not path.is_file():
        yield
        return
    with path.open("r+b") as old:
        yield
        old.write(b" " * os.fstat(old.fileno()).st_size)
        old.flush()
        os.fsync(old.fileno())
