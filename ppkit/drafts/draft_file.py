"""The SQLite file of the drafts: private, of one schema, opened for each operation.

A connection of a moment needs no care across threads, forks, or a file that was deleted. The rollback journal
keeps all of it in one file that can be copied; every commit is synced.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from ppkit.drafts.errors import (
    DraftsError,
    DraftsFull,
    DraftsLocked,
    DraftsNotWritable,
    DraftsTooNew,
    DraftsUnreadable,
)
from ppkit.files import make_private_folder
from ppkit.schema_steps import SchemaStep, steps_of
from ppkit.sqlite_schema import bring_to_version, version_found

APPLICATION_ID = 1886415972
"""Marks a SQLite file as ppkit's drafts ("ppkd"); written by the first step of the schema."""

BUSY_SECONDS = 10.0
PRIMARY_CODE = 0xFF
ERRORS: dict[int, type[DraftsError]] = {
    sqlite3.SQLITE_FULL: DraftsFull,
    sqlite3.SQLITE_NOTADB: DraftsUnreadable,
    sqlite3.SQLITE_CORRUPT: DraftsUnreadable,
    sqlite3.SQLITE_IOERR: DraftsUnreadable,
    sqlite3.SQLITE_READONLY: DraftsNotWritable,
    sqlite3.SQLITE_CANTOPEN: DraftsNotWritable,
    sqlite3.SQLITE_PERM: DraftsNotWritable,
    sqlite3.SQLITE_BUSY: DraftsLocked,
    sqlite3.SQLITE_LOCKED: DraftsLocked,
}
"""By SQLite's primary code; anything else would be a mistake of ours."""


@cache
def schema_steps() -> tuple[SchemaStep, ...]:
    return steps_of("ppkit.drafts")


class DraftFile:
    """Transactions on the file. Raises DraftsError, one kind for each of the disk's and the file's states."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file for all that is read inside."""
        with self._opened() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; others wait for their turn."""
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Errors of the disk and of SQLite as ours."""
        try:
            yield
        except sqlite3.Error as error:
            kind = ERRORS.get(getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE)
            if kind is None:
                raise
            raise kind(path=str(self.path)) from error
        except OSError as error:
            no_room = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise (DraftsFull if no_room else DraftsNotWritable)(path=str(self.path)) from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Closing rolls back what was not committed."""
        with self.refusals():
            make_private_folder(self.path.parent)
            # Made here and not by SQLite, so that only its owner may read it from its first moment on.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(
                sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            ) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA temp_store = memory")
                # What is deleted is overwritten: a draft may be a client's secret.
                connection.execute("PRAGMA secure_delete = ON")
                bring_to_version(connection, schema_steps(), lambda: self._version(connection))
                connection.execute("PRAGMA foreign_keys = ON")
                yield connection

    def _version(self, connection: sqlite3.Connection) -> int:
        found, known = version_found(connection, APPLICATION_ID), len(schema_steps())
        if found is None:
            raise DraftsUnreadable(path=str(self.path))
        if found > known:
            raise DraftsTooNew(path=str(self.path), found=found, known=known)
        return found
