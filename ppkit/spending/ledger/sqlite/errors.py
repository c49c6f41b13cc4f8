"""SQLite's error codes as the ledger's own errors."""

from __future__ import annotations

import sqlite3

from ppkit.errors import PpkitError
from ppkit.spending.ledger.errors import (
    AmountTooLarge,
    LedgerDamaged,
    LedgerFull,
    LedgerLocked,
    LedgerNotWritable,
    LedgerUnreadable,
    NotALedger,
)

SQLITE_CONSTRAINT_DATATYPE = 3091
"""A value that a STRICT table refuses; Python 3.11 has no name for it."""

PRIMARY_CODE = 0xFF
"""Extended result codes carry their primary code in the lowest byte (sqlite.org/rescode.html)."""


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds the lock that was asked for."""
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE == sqlite3.SQLITE_BUSY


def translated(error: sqlite3.Error, path: str) -> PpkitError | sqlite3.Error:  # noqa: PLR0911 (a table)
    """The ledger's error for what SQLite says; the same error where it would be a mistake of ours."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    match code & PRIMARY_CODE:
        case sqlite3.SQLITE_FULL:
            return LedgerFull(path)
        case sqlite3.SQLITE_NOTADB:
            return NotALedger(path)
        case sqlite3.SQLITE_CORRUPT:
            return LedgerDamaged(path)
        case sqlite3.SQLITE_IOERR:
            return LedgerUnreadable(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return LedgerNotWritable(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LedgerLocked(path)
        case _:
            return _overflow(error, code) or error


def _overflow(error: sqlite3.Error, code: int) -> AmountTooLarge | None:
    """Sums beyond 64 bits: SQLite turns them into floats, which the schema refuses, or says so."""
    refused = {sqlite3.SQLITE_CONSTRAINT_CHECK, SQLITE_CONSTRAINT_DATATYPE}
    if code in refused or "integer overflow" in str(error):
        return AmountTooLarge()
    return None
