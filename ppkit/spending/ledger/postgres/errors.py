"""PostgreSQL's error codes as the ledger's own errors."""

from __future__ import annotations

import psycopg
from psycopg import errors

from ppkit.errors import PpkitError
from ppkit.spending.ledger.errors import (
    AmountTooLarge,
    LedgerAccessDenied,
    LedgerDamaged,
    LedgerDatabaseMissing,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerTextRefused,
    LedgerUnreachable,
    NotALedger,
)

_BY_STATE: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], type[LedgerError]], ...] = (
    ((errors.InvalidPassword, errors.InvalidAuthorizationSpecification), LedgerAccessDenied),
    ((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction), LedgerAccessDenied),
    (errors.InvalidCatalogName, LedgerDatabaseMissing),
    ((errors.DiskFull, errors.OutOfMemory), LedgerFull),
    ((errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure), LedgerLocked),
    ((errors.DataCorrupted, errors.IndexCorrupted), LedgerDamaged),
    (
        (errors.DuplicateTable, errors.DuplicateFunction, errors.UndefinedTable, errors.UndefinedColumn),
        NotALedger,
    ),
)


def translated(error: psycopg.Error, address: str) -> PpkitError | psycopg.Error:
    """The ledger's error for what PostgreSQL says; the same error where it would be a mistake of ours."""
    if isinstance(error, errors.NumericValueOutOfRange):
        return AmountTooLarge()
    if isinstance(error, psycopg.DataError):
        return LedgerTextRefused(address)
    for kinds, found in _BY_STATE:
        if isinstance(error, kinds):
            return found(address)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return _by_words(error, address)
    return error


def _by_words(error: psycopg.Error, address: str) -> PpkitError:
    """While connecting, libpq passes on the server's words and not its code."""
    said = str(error)
    if "password authentication failed" in said or "no pg_hba.conf entry" in said or "role " in said:
        return LedgerAccessDenied(address)
    if "database " in said and "does not exist" in said:
        return LedgerDatabaseMissing(address)
    return LedgerUnreachable(address)
