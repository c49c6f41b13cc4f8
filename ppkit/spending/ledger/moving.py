"""Moving books from one database to another: all of them or none, compared to the last pico-dollar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ppkit.money import Money
from ppkit.spending.ledger.audit import audit
from ppkit.spending.ledger.errors import LedgerError, LedgerOfOtherMode
from ppkit.spending.ledger.owner import NOBODY, is_dead
from ppkit.spending.ledger.scopes import ALL
from ppkit.spending.ledger.store import Store
from ppkit.spending.ledger.timestamps import text_of
from ppkit.spending.ledger.transaction import TABLES, OpenCall, Transaction

MODE_TABLE = "world"

Books = dict[str, list[tuple[Any, ...]]]
"""The rows of every table but the one that names the mode."""


class LedgerEmpty(LedgerError):
    """There are no books to move. Facts: path."""

    code = "ledger_empty"


class LedgerNotEmpty(LedgerError):
    """Books stand where others were to be moved to; both would be lost in one. Facts: path."""

    code = "ledger_not_empty"


class LedgerInUse(LedgerError):
    """Calls are in flight, which will end in the ledger that is left. Facts: path, calls."""

    code = "ledger_in_use"


class LedgerNotInBalance(LedgerError):
    """The sums do not agree with the entries, or not with those they were copied from. Facts: path."""

    code = "ledger_not_in_balance"


@dataclass(frozen=True, slots=True)
class Place:
    """A ledger's store, and its address as a sentence may show it: without a password."""

    store: Store
    address: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What has arrived. `reserved` is what goes on at the platform, or was left by a process that is gone."""

    calls: int
    months: int
    spent: Money
    uncertain: Money
    reserved: Money


def move_books(source: Place, target: Place, now: datetime) -> Moved:
    """Copy every entry, sum, limit and alert, and keep the copy only if it is equal and in balance.

    The source is only read. What a process that is gone, or that never answered, has reserved moves too, and
    becomes uncertain in the new ledger. Raises LedgerEmpty, LedgerNotEmpty, LedgerOfOtherMode, LedgerInUse,
    LedgerNotInBalance, and what the stores raise; then the target is as it was.
    """

    def move(leaving: Transaction) -> Moved:
        books = _books(leaving)
        if not any(books.values()):
            raise LedgerEmpty(source.address)
        _check_in_flight(books, source.address, text_of(now))
        mode = leaving.mode()
        target.store.write(lambda arriving: _write(arriving, books, mode, source.address, target.address))
        return _moved(books)

    return source.store.read(move)


def _books(tx: Transaction) -> Books:
    return {table: [tuple(row) for row in tx.rows(table)] for table in TABLES if table != MODE_TABLE}


def _write(tx: Transaction, books: Books, mode: str | None, source: str, target: str) -> None:
    if any(_books(tx).values()):
        raise LedgerNotEmpty(target)
    found = tx.mode()
    if mode is not None and found not in {None, mode}:
        raise LedgerOfOtherMode(path=target, found=found, mode=mode)
    if mode is not None:
        tx.claim_mode(mode)
    for table, rows in books.items():
        tx.insert_rows(table, rows)
    if audit(tx):
        raise LedgerNotInBalance(source)
    if {table: set(rows) for table, rows in _books(tx).items()} != {
        table: set(rows) for table, rows in books.items()
    }:
        raise LedgerNotInBalance(target)


def _check_in_flight(books: Books, source: str, now: str) -> None:
    """Raises LedgerInUse where a process may be about to settle a call in the ledger that is left."""
    calls = [OpenCall(*row) for row in books["reservation"]]
    in_flight = [
        call for call in calls if call.owner != NOBODY and call.expires_at > now and not is_dead(call.owner)
    ]
    if in_flight:
        raise LedgerInUse(source, calls=len(in_flight))


def _moved(books: Books) -> Moved:
    months = [dict(zip(TABLES["month"], row, strict=True)) for row in books["month"]]
    whole = [month for month in months if month["scope"] == ALL]
    return Moved(
        calls=sum(month["calls"] for month in whole),
        months=len(whole),
        spent=Money(sum(month["spent_pico_usd"] for month in whole)),
        uncertain=Money(sum(month["uncertain_pico_usd"] for month in whole)),
        reserved=Money(sum(month["reserved_pico_usd"] for month in whole)),
    )
