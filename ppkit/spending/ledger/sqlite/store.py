"""The ledger's SQLite file: WAL, one writer per process, group commit, turns between processes."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from ppkit.footing import footing
from ppkit.spending.ledger.errors import LedgerFolderMissing, LedgerFull, LedgerNotWritable
from ppkit.spending.ledger.forking import watch
from ppkit.spending.ledger.group_commit import GroupCommit, SharedCommits
from ppkit.spending.ledger.sqlite.errors import is_busy, translated
from ppkit.spending.ledger.sqlite.migrations import check_is_ours, migrate
from ppkit.spending.ledger.sqlite.process_lock import ProcessLock
from ppkit.spending.ledger.store import Operation
from ppkit.spending.ledger.transaction import Transaction

Result = TypeVar("Result")
Synchronous = Literal["normal", "full"]

BUSY_TIMEOUT_SECONDS = 30.0
"""How long SQLite itself waits for a lock, once this process's turn has come."""

CHECKPOINT_PAGES = 4000
"""Pages (of 4 KiB) the WAL gathers before they are moved and synced: docs/decisions/0003-ledger.md."""


class SqliteStore(SharedCommits):
    """A Store in one SQLite file, for many threads and many processes."""

    is_remote = False

    def __init__(self, path: Path, *, synchronous: Synchronous = "normal") -> None:
        """Open or make the file and bring its schema up to date.

        Raises LedgerFolderMissing, LedgerNotWritable, LedgerUnreadable, LedgerTooNew, LedgerFull; a file that
        is refused is left as it was.
        """
        self.path = path
        self.shown = str(path)
        self._synchronous = synchronous
        self._start()
        with self._work:
            self._ready_connection()
        watch(self)

    def _start(self) -> None:
        """Everything that belongs to one process and must be new after a fork."""
        self._writer: sqlite3.Connection | None = None
        self._writing: tuple[sqlite3.Cursor, Transaction]
        self._reader: sqlite3.Connection | None = None
        self._lock: ProcessLock | None = None
        self._series_ids: dict[tuple[str | None, ...], int] = {}
        self._waits = True
        self._file_number: tuple[int, int] | None = None
        self._work = threading.Lock()
        self._reading = threading.Lock()
        self._commits = GroupCommit(self._transact, self._changes, sqlite3.Error)

    # Writing

    def _transact(self, run: Callable[[Transaction], Result], committed: Callable[[], None] | None) -> Result:
        with self._work:
            try:
                return self._run(run, committed)
            except sqlite3.Error as error:
                found = translated(error, self.shown)
                raise found from (error if found is not error else None)

    def _run(self, run: Callable[[Transaction], Result], committed: Callable[[], None] | None) -> Result:
        connection, lock = self._ready_connection()
        cursor, tx = self._writing
        committing = False
        try:
            self._begin(cursor, lock)
            result = run(tx)
            committing = True
            cursor.execute("COMMIT")
        except BaseException as error:
            self._series_ids.clear()  # what this transaction had numbered is undone
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            elif committing and committed is not None and not isinstance(error, sqlite3.Error):
                committed()  # an interrupt that arrived during a COMMIT that succeeded
            raise
        finally:
            if lock.is_held:
                lock.release()
        if committed is not None:
            committed()
        return result

    def _begin(self, cursor: sqlite3.Cursor, lock: ProcessLock) -> None:
        """Alone, at once; else in turn with other processes, one of which may still slip in."""
        if not (lock.was_contended and lock.is_contended):
            try:
                if self._waits:
                    self._wait_in_sqlite(cursor, False)
                cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
                lock.note_contention()
            else:
                return
        lock.acquire()
        self._wait_in_sqlite(cursor, True)
        cursor.execute("BEGIN IMMEDIATE")

    def _wait_in_sqlite(self, cursor: sqlite3.Cursor, waits: bool) -> None:
        if self._waits != waits:
            cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000) if waits else 0}")
            self._waits = waits

    def _changes(self) -> int:
        """Rows changed so far; -1 where SQLite has given the transaction up."""
        writer = self._writer
        return writer.total_changes if writer is not None and writer.in_transaction else -1

    # Reading

    def read(self, operation: Operation[Result]) -> Result:
        if self._file_number != _number_of(self.shown):
            with self._work:
                self._ready_connection()
        with self._reading:
            try:
                if self._reader is None:
                    self._reader = self._connect()
                    self._reader.execute("PRAGMA query_only = 1")
                self._reader.execute("BEGIN")
                try:
                    return operation(Transaction(self._reader.execute, self._reader.executemany))
                finally:
                    self._reader.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise translated(error, self.shown) from error

    def data_version(self) -> object:
        """SQLite's own number, of the connection that reads: whoever writes, another one does."""
        version = self.read(lambda tx: tx.execute("PRAGMA data_version", ()).fetchone())
        return self._file_number, version

    # Opening and closing

    def _ready_connection(self) -> tuple[sqlite3.Connection, ProcessLock]:
        """The writing connection and its lock, opened anew when the file was deleted or replaced."""
        if (
            self._writer is not None
            and self._lock is not None
            and self._file_number == _number_of(self.shown)
        ):
            return self._writer, self._lock
        self._disconnect()
        try:
            self._open()
        except sqlite3.Error as error:
            self._disconnect()
            raise translated(error, self.shown) from error
        except BaseException:
            self._disconnect()
            raise
        assert self._writer is not None
        assert self._lock is not None
        return self._writer, self._lock

    def _open(self) -> None:
        if not self.path.parent.is_dir():
            raise LedgerFolderMissing(self.shown, folder=str(self.path.parent))
        try:
            # Made here and not by SQLite, so that only its owner may read it from its first moment on.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._lock = ProcessLock(self.path.with_name(self.path.name + ".lock"))
        except OSError as error:
            no_room = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise (LedgerFull if no_room else LedgerNotWritable)(self.shown) from error
        self._file_number = _number_of(self.shown)
        self._writer, self._waits = self._connect(), True
        cursor = self._writer.cursor()  # the same for all transactions, which follow each other
        self._series_ids.clear()
        self._writing = cursor, Transaction(cursor.execute, cursor.executemany, self._series_ids)
        check_is_ours(self._writer, self.shown)  # before anything is changed, the journal mode included
        self._lock.acquire()
        try:
            # A log beside the file is for those who read meanwhile: with nobody near, the file is everything.
            journal = "wal" if footing().has_neighbours else "delete"
            if self._writer.execute("PRAGMA journal_mode").fetchone()[0] != journal:
                self._writer.execute(f"PRAGMA journal_mode = {journal}")
            migrate(self._writer, self.shown)
        finally:
            self._lock.release()

    def _connect(self) -> sqlite3.Connection:
        # isolation_level=None: transactions begin and end where this module says so, nowhere else.
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=_SqliteConnection,
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        # What a statement gathers for itself (an IN, a RETURNING) would else be a temporary file each time.
        connection.execute("PRAGMA temp_store = memory")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return connection

    def _disconnect(self) -> None:
        with self._reading:
            for resource in (self._reader, self._writer, self._lock):
                if resource is not None:
                    resource.close()
            self._reader = self._writer = self._lock = None

    def close(self) -> None:
        """Close the file. Using the store again opens it again."""
        with self._work:
            self._disconnect()

    # Forking: a SQLite connection must not cross a fork, and an inherited file lock would be the child's too.

    def before_fork(self) -> None:
        self._work.acquire()
        self._disconnect()

    def after_fork_in_parent(self) -> None:
        self._work.release()

    def after_fork_in_child(self) -> None:
        self._start()


class _SqliteConnection(sqlite3.Connection):
    """Closes itself when the last reference to it goes: a ledger may be dropped without `close`."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # a file that could not be opened left nothing to close
            self.close()


def _number_of(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 (half the time of Path.stat, on the path of every call)
    except OSError:
        return None
    return status.st_dev, status.st_ino
