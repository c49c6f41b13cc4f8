"""The ledger's SQLite file: WAL, one writer per process, group commit, a lock between processes."""

from __future__ import annotations

import atexit
import errno
import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from ppkit.spending.ledger.errors import LedgerFolderMissing, LedgerFull, LedgerNotWritable
from ppkit.spending.ledger.group_commit import GroupCommit, Ticket
from ppkit.spending.ledger.migrations import check_is_ours, migrate
from ppkit.spending.ledger.process_lock import ProcessLock
from ppkit.spending.ledger.sqlite_errors import translated
from ppkit.spending.ledger.store import Operation

Result = TypeVar("Result")
Synchronous = Literal["normal", "full"]

BUSY_TIMEOUT_SECONDS = 30.0
"""How long SQLite itself waits for a lock; the process lock keeps this from being needed where it works."""

CHECKPOINT_PAGES = 4000
"""Pages (of 4 KiB) the WAL gathers before they are moved and synced: docs/decisions/0003-ledger.md."""

_log = logging.getLogger("ppkit.ledger")


class SqliteStore:
    """A Store in one SQLite file, for many threads and many processes."""

    def __init__(self, path: Path, *, synchronous: Synchronous = "normal") -> None:
        """Open or make the file and bring its schema up to date.

        Raises LedgerFolderMissing, LedgerNotWritable, LedgerUnreadable, LedgerTooNew, LedgerFull; a file that
        is refused is left as it was.
        """
        self.path = path
        self._path_text = str(path)
        self._synchronous = synchronous
        self._start()
        with self._work:
            self._ready_connection()
        _open_stores.add(self)

    def _start(self) -> None:
        """Everything that belongs to one process and must be new after a fork."""
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._process_lock: ProcessLock | None = None
        self._file_number: tuple[int, int] | None = None
        self._work = threading.Lock()
        self._reading = threading.Lock()
        self.queue = GroupCommit(self._commit)

    # Writing

    def write(self, operation: Operation[Result]) -> Result:
        return self.queue.submit(operation)

    def _commit(self, batch: Sequence[Ticket[Any]]) -> None:
        """Complete every ticket: together in one transaction, or one by one when that transaction is lost."""
        with self._work:
            if len(batch) == 1:
                self._run_alone(batch[0])
            else:
                self._run_all(batch)

    def _run_all(self, tickets: Sequence[Ticket[Any]]) -> None:
        try:
            self._transact(tickets, self._run_each)
        except Exception:
            # Nothing was committed. Alone, some may still succeed, and each learns its own error.
            _log.debug("a shared transaction was lost", exc_info=True)
        for ticket in tickets:
            if not ticket.done:
                self._run_alone(ticket)

    def _run_alone(self, ticket: Ticket[Any]) -> None:
        ticket.error = None
        try:
            self._transact((ticket,), _run_one)
        except sqlite3.Error as error:
            ticket.error = _with_cause(translated(error, self._path_text), error)
        except Exception as error:
            ticket.error = error
        ticket.done = True

    def _run_each(self, tickets: Sequence[Ticket[Any]], tx: sqlite3.Cursor) -> None:
        """Run each ticket within one transaction; who raises before having written spoils nothing."""
        connection = tx.connection
        for ticket in tickets:
            written_before = connection.total_changes
            ticket.error = None
            try:
                ticket.result = ticket.operation(tx)
            except Exception as error:
                if not connection.in_transaction or connection.total_changes != written_before:
                    raise  # each alone, then: savepoints would cost everybody what hardly ever happens
                ticket.error = (
                    translated(error, self._path_text) if isinstance(error, sqlite3.Error) else error
                )

    def _transact(
        self, tickets: Sequence[Ticket[Any]], run: Callable[[Sequence[Ticket[Any]], sqlite3.Cursor], None]
    ) -> None:
        """Run the tickets in a committed transaction, after which they are done; undone when this raises."""
        connection, process_lock = self._ready_connection()
        cursor, committing = connection.cursor(), False
        with process_lock:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                run(tickets, cursor)
                committing = True
                cursor.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                elif committing and not isinstance(error, sqlite3.Error):
                    _finish(tickets)  # an interrupt that arrived during a COMMIT that succeeded
                raise
        _finish(tickets)

    # Reading

    def read(self, operation: Operation[Result]) -> Result:
        if self._file_number != _number_of(self._path_text):
            with self._work:
                self._ready_connection()
        with self._reading:
            try:
                if self._reader is None:
                    self._reader = self._connect()
                    self._reader.execute("PRAGMA query_only = 1")
                self._reader.execute("BEGIN")
                try:
                    return operation(self._reader)
                finally:
                    self._reader.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise translated(error, self._path_text) from error

    # Opening and closing

    def _ready_connection(self) -> tuple[sqlite3.Connection, ProcessLock]:
        """The writing connection and the process lock, opened anew when the file was deleted or replaced."""
        if (
            self._writer is not None
            and self._process_lock is not None
            and self._file_number == _number_of(self._path_text)
        ):
            return self._writer, self._process_lock
        self._disconnect()
        try:
            self._open()
        except sqlite3.Error as error:
            self._disconnect()
            raise translated(error, self._path_text) from error
        except BaseException:
            self._disconnect()
            raise
        assert self._writer is not None
        assert self._process_lock is not None
        return self._writer, self._process_lock

    def _open(self) -> None:
        if not self.path.parent.is_dir():
            raise LedgerFolderMissing(self._path_text, folder=str(self.path.parent))
        try:
            # Made here and not by SQLite, so that only its owner may read it from its first moment on.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._process_lock = ProcessLock(self.path.with_name(self.path.name + ".lock"))
        except OSError as error:
            no_room = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise (LedgerFull if no_room else LedgerNotWritable)(self._path_text) from error
        self._file_number = _number_of(self._path_text)
        self._writer = self._connect()
        check_is_ours(self._writer, self._path_text)  # before anything is changed, the journal mode included
        with self._process_lock:
            if self._writer.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                self._writer.execute("PRAGMA journal_mode = wal")
            migrate(self._writer, self._path_text)

    def _connect(self) -> sqlite3.Connection:
        # isolation_level=None: transactions begin and end where this module says so, nowhere else.
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return connection

    def _disconnect(self) -> None:
        with self._reading:
            for resource in (self._reader, self._writer, self._process_lock):
                if resource is not None:
                    resource.close()
            self._reader = self._writer = self._process_lock = None

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


class _Connection(sqlite3.Connection):
    """Closes itself when the last reference to it goes: a ledger may be dropped without `close`."""

    def __del__(self) -> None:
        self.close()


def _run_one(tickets: Sequence[Ticket[Any]], tx: sqlite3.Cursor) -> None:
    ticket = tickets[0]
    ticket.result = ticket.operation(tx)


def _finish(tickets: Sequence[Ticket[Any]]) -> None:
    for ticket in tickets:
        ticket.done = True


def _with_cause(error: Exception, cause: Exception) -> Exception:
    if error is not cause:
        error.__cause__ = cause
    return error


def _number_of(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 (half the time of Path.stat, on the path of every call)
    except OSError:
        return None
    return status.st_dev, status.st_ino


_open_stores: weakref.WeakSet[SqliteStore] = weakref.WeakSet()
_forking: list[SqliteStore] = []


def _close_all() -> None:
    for store in list(_open_stores):
        store.close()


def _before_fork() -> None:
    _forking[:] = _open_stores
    for store in _forking:
        store.before_fork()


def _after_fork_in_parent() -> None:
    for store in _forking:
        store.after_fork_in_parent()
    _forking.clear()


def _after_fork_in_child() -> None:
    for store in _forking:
        store.after_fork_in_child()
    _forking.clear()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
