"""The schema's history: numbered files, each applied in one transaction together with its number.

The newer steps have a way back (`.down.sql`). It ends at version 6: what the ledger knows since then
(corrections, what is uncertain) has no place in the versions before it.
"""

from __future__ import annotations

import sqlite3
from functools import cache

from ppkit.schema_steps import SchemaStep, steps_of
from ppkit.spending.ledger.errors import LedgerTooNew, NotALedger
from ppkit.sqlite_schema import bring_to_version, version_found

APPLICATION_ID = 1886415980
"""Marks a SQLite file as a ppkit ledger ("ppkl"); written by the first migration."""


@cache
def migrations() -> tuple[SchemaStep, ...]:
    """Every step, the first one first."""
    return steps_of("ppkit.spending.ledger.sqlite")


def check_is_ours(connection: sqlite3.Connection, path: str) -> int:
    """The schema version found, 0 for a new file. Reads only.

    Raises NotALedger for somebody else's database, LedgerTooNew for a later ppkit's.
    """
    version = version_found(connection, APPLICATION_ID)
    if version is None:
        raise NotALedger(path)
    if version > len(migrations()):
        raise LedgerTooNew(path, found=version, known=len(migrations()))
    return version


def migrate(connection: sqlite3.Connection, path: str, target: int | None = None) -> None:
    """Bring the schema up to date, or up or down to the version `target`, one transaction per step.

    Raises ValueError where no way leads back (then nothing has changed), and what check_is_ours raises.
    """
    bring_to_version(connection, migrations(), lambda: check_is_ours(connection, path), target)
