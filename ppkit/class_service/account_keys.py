"""The key files of a lesson without a gateway: one for each learner, readable by the trainer alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.files import make_private_folder, remove_private, write_private
from ppkit.keys import ApiKey
from ppkit.lock import FileLock
from ppkit.mode import Mode

ENDING = ".env"
WIPED = b"# This key has been revoked.\n"


class AccountKeysNotWritten(PpkitError):
    """A key file cannot be written or removed. Facts: path, reason."""

    code = "account_keys_not_written"


class AccountsInUse(PpkitError):
    """Another command is making or revoking the accounts of this lesson. Facts: path."""

    code = "accounts_in_use"


class AccountKeys:
    """The folder of one lesson. All methods but `locked` raise AccountKeysNotWritten."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self.folder = folder
        self._mode = mode

    def path_of(self, pseudonym: str) -> Path:
        return self.folder / f"{pseudonym}{ENDING}"

    def found(self, pseudonym: str) -> Path | None:
        """The key file, as long as it is here."""
        path = self.path_of(pseudonym)
        return path if path.is_file() else None

    def write(self, pseudonym: str, key: ApiKey, ends: datetime) -> None:
        """Write a learner's `.env`, in place of an older one. It is on the disk once this returns."""
        lines = (
            f"# {pseudonym}, until {ends.isoformat(timespec='minutes')}",
            f"PPKIT_MODE={self._mode}",
            f"OPENAI_API_KEY={key.get_secret_value()}",
        )
        path = self.path_of(pseudonym)
        with _refusals(path):
            write_private(path, "".join(f"{line}\n" for line in lines).encode(), wipe_old=True)

    def pseudonyms(self) -> set[str]:
        """Whose key files are still here."""
        return {path.stem for path in self.folder.glob(f"[!.]*{ENDING}")}

    def keep_only(self, pseudonyms: Collection[str]) -> None:
        """Overwrite and unlink every other key file that is still here, and what a crash left beside."""
        wiped = [self.path_of(one) for one in sorted(self.pseudonyms().difference(pseudonyms))]
        for path in (*wiped, *sorted(self.folder.glob(f".*{ENDING}.*.tmp"))):
            with _refusals(path):
                remove_private(path, WIPED)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time on this computer. Raises AccountsInUse, AccountKeysNotWritten."""
        path = self.folder / ".lock"
        lock = FileLock(path)
        with _refusals(path):
            make_private_folder(self.folder)
            if not lock.take():
                raise AccountsInUse(path=str(self.folder))
        with lock:
            yield


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise AccountKeysNotWritten(path=str(path), reason=reason) from None
