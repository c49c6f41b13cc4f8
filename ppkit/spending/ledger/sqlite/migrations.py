"""The schema's history: numbered files, each applied in one transaction together with its number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib import resources

from ppkit.spending.ledger.errors import LedgerTooNew, NotALedger

APPLICATION_ID = 1886415980
"""Marks a SQLite file as a ppkit ledger ("ppkl"); written by the first migration."""

IDENTITY = """
SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
       (SELECT count(*) FROM sqlite_master)"""


@cache
def migrations() -> tuple[str, ...]:
    """The SQL of every migration, the first one first: its position plus one is the schema version."""
    folder = resources.files("ppkit.spending.ledger.sqlite") / "sql"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return tuple(file.read_text(encoding="utf-8") for file in files)


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


def migrate(connection: sqlite3.Connection, path: str, up_to: int | None = None) -> None:
    """Bring the schema up to date (or to version `up_to`), one transaction per step.

    Two processes may do so at once: each looks at the version again under the write lock.
    Raises what check_is_ours raises.
    """
    target = len(migrations()) if up_to is None else up_to
    while check_is_ours(connection, path) < target:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = check_is_ours(connection, path)
            if version < target:
                for statement in statements(migrations()[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
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
