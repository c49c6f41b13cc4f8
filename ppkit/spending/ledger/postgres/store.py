"""The ledger in PostgreSQL: one connection of each process, writers in turn, commits that are known.

Every writing transaction first takes the ledger's turn (an advisory lock until it ends): what it reads, such
as how much a limit leaves, still holds when it commits, for all scopes and all machines. PostgreSQL hands the
turn on in the order in which it was asked for. A call costs two round trips to reserve and two to settle.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from ppkit.spending.ledger.errors import LedgerTextRefused, LedgerUnreachable, OutcomeUnknown
from ppkit.spending.ledger.forking import watch
from ppkit.spending.ledger.group_commit import GroupCommit, SharedCommits
from ppkit.spending.ledger.postgres.errors import translated
from ppkit.spending.ledger.postgres.migrations import TURN, migrate
from ppkit.spending.ledger.postgres.server_address import PostgresAddress
from ppkit.spending.ledger.postgres.transaction import PostgresTransaction
from ppkit.spending.ledger.store import Operation
from ppkit.spending.ledger.transaction import Transaction

Result = TypeVar("Result")

CONNECT_TIMEOUT_SECONDS = 10
LOCK_TIMEOUT_SECONDS = 30
"""How long a transaction waits for its turn: as long as for SQLite's lock."""

STUCK_SECONDS = 60
"""After so long the server takes the turn from a process that stopped, or whose machine went away."""

IDLE_SECONDS = 600
"""After so long the server closes a connection nobody uses: a class of kernels leaves room for others."""

RECONNECT_SECONDS = 10.0
"""How long a connection that was lost is tried again: a server that restarts is back by then."""

RECONNECT_PAUSE_SECONDS = 0.25

KEEP_WRITES_FOR = "7 days"

NOTE_WRITE = """
INSERT INTO last_write (session, number) VALUES (%s, %s)
ON CONFLICT (session) DO UPDATE SET number = excluded.number, written_at = now()"""
LAST_WRITE = "SELECT number FROM last_write WHERE session = %s"
FORGET_WRITES = f"DELETE FROM last_write WHERE written_at < now() - interval '{KEEP_WRITES_FOR}'"  # noqa: S608
ENDED_BY_SERVER = (psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown)
BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

SESSION = f"""
SET default_transaction_isolation = 'read committed';
SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = '{STUCK_SECONDS}s'"""
"""What a server may have set otherwise for all who connect."""

_log = logging.getLogger("ppkit.ledger")
# It warns of each connection that broke in the middle, which is dealt with here.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_inherited: list[psycopg.Connection[Any] | None] = []
"""Connections that a forked child shares with its parent: kept, since their end would end the parent's."""


def reconnected(connect: Callable[[], psycopg.Connection[Any]]) -> psycopg.Connection[Any]:
    """A new connection in the place of one that was lost, tried for until a restarted server is back."""
    give_up_at = time.monotonic() + RECONNECT_SECONDS
    while True:
        try:
            return connect()
        except psycopg.OperationalError:
            if time.monotonic() >= give_up_at:
                raise
            time.sleep(RECONNECT_PAUSE_SECONDS)


class _Writing:
    """One writing transaction: its number, its result, and whether its commit may have reached the server."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.result: Any = None
        self.may_be_committed = False


class PostgresStore(SharedCommits):
    """A Store in a PostgreSQL database, for many threads, processes and machines."""

    is_remote = True

    def __init__(self, address: PostgresAddress) -> None:
        """Connect and bring the schema up to date.

        Raises LedgerUnreachable, LedgerAccessDenied, LedgerDatabaseMissing, LedgerTooNew, NotALedger.
        """
        self.address = address
        self.shown = address.shown
        self._start()
        with self._work, self._translated():
            self._connected()
        watch(self)

    def _start(self) -> None:
        """Everything that belongs to one process and must be new after a fork."""
        self._connection: psycopg.Connection[Any] | None = None
        self._transaction: PostgresTransaction | None = None
        self._series_ids: dict[tuple[str | None, ...], int] = {}
        self._session = secrets.token_hex(12)
        self._number = 0
        self._work = threading.Lock()
        self._commits = GroupCommit(self._transact, self._changes, psycopg.Error)

    # Writing

    def _transact(self, run: Callable[[Transaction], Result], committed: Callable[[], None] | None) -> Result:
        with self._work, self._translated():
            # Run again where the connection was lost and nothing is written.
            attempt = self._attempt(run, committed) or self._attempt(run, committed)
            if attempt is None:
                raise LedgerUnreachable(self.shown)
            result: Result = attempt.result
            return result

    def _attempt(
        self, run: Callable[[Transaction], Any], committed: Callable[[], None] | None
    ) -> _Writing | None:
        """Run one transaction; None where it has not happened because the connection was lost.

        A commit that no answer came to is looked up: the transaction's number was written along with it.
        """
        self._number += 1
        attempt = _Writing(self._number)
        connection = self._connected()
        try:
            self._run(connection, run, attempt)
        except Exception as error:
            # The server's last word may come right behind an answer, before the connection seems broken.
            is_lost = connection.broken or isinstance(error, ENDED_BY_SERVER)
            if not is_lost and not attempt.may_be_committed:
                self._roll_back(connection)
                raise
            if not isinstance(error, psycopg.Error):
                raise
            _log.info("the connection to the ledger %s was lost", self.shown)
            # Once the commit was asked for, nothing but the books says whether it has happened.
            if not self._has_happened(attempt):
                if is_lost:
                    return None
                raise
        except BaseException:  # an interrupt, which may have cut an answer in two
            if self._has_happened(attempt) and committed is not None:
                committed()
            raise
        if committed is not None:
            committed()
        return attempt

    def _has_happened(self, attempt: _Writing) -> bool:
        """Whether the transaction is committed, whose connection is lost or of no more use.

        Raises OutcomeUnknown where the server stays away.
        """
        self._disconnect()
        if not attempt.may_be_committed:
            return False
        try:
            return self._is_committed(attempt.number)
        except psycopg.Error:
            raise OutcomeUnknown(self.shown) from None  # libpq's words may quote the address

    def _run(
        self, connection: psycopg.Connection[Any], run: Callable[[Transaction], Any], attempt: _Writing
    ) -> None:
        self._transaction = PostgresTransaction(connection, self._series_ids)
        try:
            with connection.pipeline():
                connection.execute(BEGIN_WRITING)
                connection.execute(TURN)
                attempt.result = run(self._transaction)
                connection.execute(NOTE_WRITE, (self._session, attempt.number))
                attempt.may_be_committed = True
                commit = connection.execute("COMMIT")
            if commit.statusmessage != "COMMIT":  # PostgreSQL answers so to the COMMIT of what has failed
                raise psycopg.InternalError(f"a transaction ended with {commit.statusmessage}")
        except BaseException:
            self._series_ids.clear()  # what this transaction has numbered may be undone
            raise

    def _is_committed(self, number: int) -> bool:
        """Whether the transaction of this number, whose connection was lost, has happened."""
        connection = self._connected()
        with connection.transaction():
            connection.execute(TURN)  # the server has ended the lost transaction before it hands the turn on
            row = connection.execute(LAST_WRITE, (self._session,)).fetchone()
        return row is not None and row[0] == number

    def _changes(self) -> int:
        return self._transaction.changes if self._transaction is not None else 0

    def _roll_back(self, connection: psycopg.Connection[Any]) -> None:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            self._disconnect()

    # Reading

    def data_version(self) -> object:
        return None

    def read(self, operation: Operation[Result]) -> Result:
        with self._work, self._translated():
            for _ in range(2):
                connection = self._connected()
                try:
                    with connection.pipeline():
                        connection.execute(BEGIN_READING)
                        result = operation(PostgresTransaction(connection))
                        connection.execute("ROLLBACK")
                    return result
                except psycopg.Error:
                    if not connection.broken:
                        self._roll_back(connection)
                        raise
                    self._disconnect()
                except Exception:
                    self._roll_back(connection)
                    raise
                except BaseException:  # an interrupt, which may have cut an answer in two
                    self._disconnect()
                    raise
        raise LedgerUnreachable(self.shown)

    def scrub(self) -> None:
        """The server's own vacuum removes what was overwritten, and is its owner's."""

    # Connecting

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection, made anew where it was lost or given up."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        was_connected, self._connection = self._connection is not None, None
        self._connection = reconnected(self._connect) if was_connected else self._connect()
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            self.address.conninfo,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            tcp_user_timeout=LOCK_TIMEOUT_SECONDS * 1000,
            application_name="ppkit",
        )
        try:
            schema = self.address.schema
            if schema is not None:
                connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))
            connection.execute(SESSION.encode())
            if connection.info.server_version >= 140000:
                connection.execute(f"SET idle_session_timeout = '{IDLE_SECONDS}s'".encode())
            migrate(connection, schema or "", self.shown)
            connection.execute(FORGET_WRITES)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            found = translated(error, self.shown)
            if found is error:
                raise
            raise found from None  # libpq's words may quote the address
        except UnicodeEncodeError:  # half a surrogate pair
            raise LedgerTextRefused(self.shown) from None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def close(self) -> None:
        """Close the connection. Using the store again makes a new one."""
        with self._work:
            self._disconnect()
            self._connection = None

    def __del__(self) -> None:
        connection = self.__dict__.get("_connection")
        if connection is not None:
            connection.close()

    # Forking: both processes would speak on one connection.

    def before_fork(self) -> None:
        self._work.acquire()

    def after_fork_in_parent(self) -> None:
        self._work.release()

    def after_fork_in_child(self) -> None:
        _inherited.append(self._connection)
        self._start()
