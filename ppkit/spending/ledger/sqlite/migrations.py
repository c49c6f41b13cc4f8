"""The schema's history: numbered files, each applied in one transaction together with its number.

The newer steps have a way back (`.down.sql`). It ends at version 6: what the ledger knows since then
(corrections, what is uncertain) has no place in the versions before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from ppkit.spending.ledger.errors import LedgerTooNew, NotALedger

APPLICATION_ID = 1886415980
"""Marks a SQLite file as a ppkit ledger ("ppkl"); written by the first migration."""

IDENTITY = """
SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
       (SELECT count(*) FROM sqlite_master)"""


class Migration(NamedTuple):
    """One step of the schema, there and, where there is one, back."""

    up: str
    down: str | None


@cache
def migrations() -> tuple[Migration, ...]:
    """Every step, the first one first: its position plus one is the schema version."""
    folder = resources.files("ppkit.spending.ledger.sqlite") / "sql"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    names = sorted(name for name in texts if name.endswith(".sql") and not name.endswith(".down.sql"))
    return tuple(Migration(texts[name], texts.get(name.removesuffix(".sql") + ".down.sql")) for name in names)


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

    Two processes may do so at once: each looks at the version again under the write lock.
    Raises ValueError where no way leads back, and what check_is_ours raises.
    """
    wanted = len(migrations()) if target is None else target
    while (found := check_is_ours(connection, path)) != wanted:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if check_is_ours(connection, path) == found:
                _step(connection, found, found + 1 if found < wanted else found - 1)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _step(connection: sqlite3.Connection, found: int, next_version: int) -> None:
    step = migrations()[min(found, next_version)]
    script = step.up if next_version > found else step.down
    if script is None:
        raise ValueError(f"no way leads back to version {next_version}")
    for statement in statements(script):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {next_version}")


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
