"""Where the roster is kept: a file of its own on a laptop, beside the ledger on PostgreSQL for a class."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppkit.errors import PpkitError
from ppkit.files import make_private_folder
from ppkit.schema_steps import SchemaStep, steps_of
from ppkit.sqlite_schema import bring_to_version, version_found

if TYPE_CHECKING:
    import psycopg

    from ppkit.spending.ledger.postgres.server_address import PostgresAddress

Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]
Execute = Callable[[str, Sequence[object]], Rows]
"""Runs one statement, its places written "?", and returns what it found."""

APPLICATION_ID = 1886415971
"""Marks a SQLite file as ppkit's roster ("ppkc")."""

BUSY_SECONDS = 10.0
CONNECT_SECONDS = 10
FIND_VERSION = "SELECT to_regclass('class_schema_version') IS NOT NULL"
BEGIN_VERSIONS = "CREATE TABLE IF NOT EXISTS class_schema_version (version INTEGER NOT NULL)"
FIRST_VERSION = """
INSERT INTO class_schema_version SELECT 0 WHERE NOT EXISTS (SELECT FROM class_schema_version)"""
SERVING_VERSION = 2
"""The tables of this version are all that joining and paid calls need."""

TURN = "SELECT pg_advisory_xact_lock(1886415971, hashtext(current_schema()))"


class RosterUnreachable(PpkitError):
    """The file or the database of the roster cannot be used. Facts: place, reason."""

    code = "roster_unreachable"


class RosterTooNew(PpkitError):
    """A newer version of ppkit has written it. Facts: place, found, known."""

    code = "roster_too_new"


class RosterPlace(Protocol):
    """One transaction at a time, from any thread. Raises RosterUnreachable, RosterTooNew."""

    def transact(self, operation: Callable[[Execute], Result]) -> Result: ...

    def close(self) -> None: ...


@cache
def roster_steps() -> tuple[SchemaStep, ...]:
    return steps_of("ppkit.class_service")


class RosterFile:
    """A private SQLite file, opened for each transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._work = threading.Lock()  # waiting for it wakes at once, for SQLite's own lock by and by

    def transact(self, operation: Callable[[Execute], Result]) -> Result:
        with self._work:
            return self._transact(operation)

    def _transact(self, operation: Callable[[Execute], Result]) -> Result:
        try:
            make_private_folder(self._path.parent)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as found:
                bring_to_version(found, roster_steps(), lambda: self._version(found))
                found.execute("PRAGMA foreign_keys = ON")
                found.execute("PRAGMA secure_delete = ON")  # free pages hold nobody
                found.execute("BEGIN IMMEDIATE")
                result = operation(lambda sql, values: found.execute(sql, values).fetchall())
                found.execute("COMMIT")
                return result
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            raise RosterUnreachable(place=str(self._path), reason=type(error).__name__) from None

    def close(self) -> None:
        """Nothing stays open."""

    def _version(self, connection: sqlite3.Connection) -> int:
        """Raises RosterTooNew, RosterUnreachable."""
        found, known = version_found(connection, APPLICATION_ID), len(roster_steps())
        if found is None:
            raise RosterUnreachable(place=str(self._path), reason="other_file")
        if found == 0:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if found > known:
            raise RosterTooNew(place=str(self._path), found=found, known=known)
        return found


class RosterDatabase:
    """Tables in the schema of a PostgreSQL ledger; one connection of each process."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._connection: psycopg.Connection[Any] | None = None
        self._was_connected = False
        self._work = threading.Lock()

    def transact(self, operation: Callable[[Execute], Result]) -> Result:
        import psycopg  # lazy: the extra "postgres"

        with self._work:
            for attempt in range(2):  # a connection that was lost is made anew, once
                try:
                    connection = self._connected()
                    with connection.transaction():
                        return operation(
                            lambda sql, values, on=connection: _rows(  # type: ignore[misc]
                                on.execute(sql.replace("?", "%s").encode(), values)
                            )
                        )
                except psycopg.OperationalError as error:
                    self._disconnect()
                    if attempt:
                        reason = type(error).__name__
                        break
                except psycopg.IntegrityError:
                    raise
                except psycopg.Error as error:  # a table or a right that is not there
                    reason = type(error).__name__
                    break
        # Outside: libpq's words may quote the address.
        raise RosterUnreachable(place=self._address.shown, reason=reason)

    def make_tables(self) -> None:
        """Make the tables, or bring them up to date, as whoever owns the schema."""
        self.transact(lambda _execute: None)

    def close(self) -> None:
        with self._work:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection[Any]:
        from ppkit.spending.ledger.postgres.store import reconnected

        if self._connection is not None and not self._connection.closed:
            return self._connection
        # A server that restarts is waited for as by the ledger; one that has stayed away, not by each caller.
        was_connected, self._connection = self._was_connected, None
        self._was_connected = False
        self._connection = reconnected(self._connect) if was_connected else self._connect()
        self._was_connected = True
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg
        from psycopg import sql

        connection = psycopg.connect(
            self._address.conninfo,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="ppkit class",
        )
        try:
            if self._address.schema is not None:
                connection.execute(
                    sql.SQL("SET search_path = {}").format(sql.Identifier(self._address.schema))
                )
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        """Raises RosterTooNew."""
        import psycopg

        known = len(roster_steps())
        found = _version(connection) if _is_there(connection) else 0
        if found == known:
            return
        try:
            self._bring_to(known, connection)
        except psycopg.errors.InsufficientPrivilege:
            # A gateway's login makes no tables. After an update it serves on, until `ppkit ledger roles` has.
            if not SERVING_VERSION <= found < known:
                raise

    def _bring_to(self, known: int, connection: psycopg.Connection[Any]) -> None:
        """Raises RosterTooNew."""
        with connection.transaction():
            connection.execute(TURN)
            # Not by looking first: what was seen before the turn may still be what this connection remembers.
            connection.execute(BEGIN_VERSIONS)
            connection.execute(FIRST_VERSION)
            found = _version(connection)
            if found > known:
                raise RosterTooNew(place=self._address.shown, found=found, known=known)
            for step in roster_steps()[found:]:
                connection.execute(step.up.encode())
            connection.execute("UPDATE class_schema_version SET version = %s", (known,))


def _is_there(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(FIND_VERSION).fetchone()
    return row is not None and bool(row[0])


def _version(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT version FROM class_schema_version").fetchone()
    return 0 if row is None else int(row[0])


def _rows(cursor: psycopg.Cursor[Any]) -> Rows:
    return cursor.fetchall() if cursor.description else []
