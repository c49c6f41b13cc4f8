"""The schema's history: numbered files, each applied in one transaction together with its number.

The newer steps have a way back (`.down.sql`). It ends at version 6: what the ledger knows since then
(corrections, what is uncertain) has no place in the versions before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache

from ppkit.spending.ledger.errors import LedgerTooNew, NotALedger
from ppkit.spending.ledger.schema_steps import SchemaStep, steps_of, ways_between

APPLICATION_ID = 1886415980
"""Marks a SQLite file as a ppkit ledger ("ppkl"); written by the first migration."""

IDENTITY = """
SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
       (SELECT count(*) FROM sqlite_master)"""


@cache
def migrations() -> tuple[SchemaStep, ...]:
    """Every step, the first one first."""
    return steps_of("ppkit.spending.ledger.sqlite")


def check_is_ours(connection: sqlite3.Connection, path: str) -> int:
    """The schema version found, 0 for a new file. Reads only.

    Raises NotALedger for somebody else's database, LedgerTooNew for a later ppkit's.
    """
    # Read together: while another process migrates, half before and half after would look like neither.
    identity: tuple[int, int, int] = connection.execute(IDENTITY).fetchone()
    application_id, version, tables = identity
    if application_id != APPLICATION_ID and (tables or version or application_id):
        raise NotALedger(path)
    if version > len(migrations()):
        raise LedgerTooNew(path, found=version, known=len(migrations()))
    return version


def migrate(connection: sqlite3.Connection, path: str, target: int | None = None) -> None:
    """Bring the schema up to date, or up or down to the version `target`, one transaction per step.

    Two processes may do so at once: each looks at the version again under the write lock. Raises ValueError
    where no way leads back (then nothing has changed), and what check_is_ours raises.
    """
    steps = migrations()
    wanted = len(steps) if target is None else target
    while (found := check_is_ours(connection, path)) != wanted:
        script, *_ = ways_between(steps, found, wanted)
        connection.execute("BEGIN IMMEDIATE")
        try:
            if check_is_ours(connection, path) == found:
                for statement in statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {found + 1 if found < wanted else found - 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def statements(script: str) -> Iterator[str]:
    """The single statements of a script. (sqlite3's own executescript would commit the open transaction.)"""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
