"""Moving books from one database to another: all of them or none, compared to the last pico-dollar."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppkit.clock import Clock
from ppkit.mode import Mode
from ppkit.money import Money
from ppkit.spending.ledger.audit import audit
from ppkit.spending.ledger.errors import LedgerError, LedgerOfOtherMode
from ppkit.spending.ledger.limit_periods import kind_of_period
from ppkit.spending.ledger.opening import SQLITE, open_ledger
from ppkit.spending.ledger.owner import NOBODY, is_dead
from ppkit.spending.ledger.scopes import ALL
from ppkit.spending.ledger.tables import TABLES, OpenCall
from ppkit.spending.ledger.timestamps import text_of
from ppkit.spending.ledger.transaction import Transaction

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
class Moved:
    """What has arrived, and where, as a sentence may show it.

    `reserved` is what goes on at the platform, or was left by a process that is gone.
    """

    source: str
    target: str
    calls: int
    months: int
    spent: Money
    uncertain: Money
    reserved: Money


def move_ledger(source_url: str, target_url: str, clock: Clock, mode: Mode | None = None) -> Moved:
    """Copy every entry, sum, limit and alert, and keep the copy only if it is equal and in balance.

    The source is only read. What a process that is gone, or that never answered, has reserved moves too, and
    becomes uncertain in the new ledger. With a `mode`, both ledgers must be of it. Raises LedgerEmpty,
    LedgerNotEmpty, LedgerOfOtherMode, LedgerInUse, LedgerNotInBalance, and what opening a ledger raises; then
    no books are at the target that were not there before.
    """
    path = source_url.removeprefix(SQLITE)
    if path != source_url and not Path(path).exists():  # opening would make it
        raise LedgerEmpty(path)
    now = text_of(clock.now())

    def move(leaving: Transaction) -> Moved:
        books = _books(leaving)
        if not any(books.values()):
            raise LedgerEmpty(source)
        _check_in_flight(books, source, now)
        of_mode = _common_mode(source, leaving.mode(), mode)
        salt = leaving.key_salt()

        def write(arriving: Transaction) -> None:
            _write(arriving, books, of_mode, source, target)
            arriving.write_key_salt(salt)

        arrival.store.write(write)
        return _moved(books, source, target)

    with (
        contextlib.closing(open_ledger(source_url, clock)) as departure,
        contextlib.closing(open_ledger(target_url, clock)) as arrival,
    ):
        source, target = departure.store.shown, arrival.store.shown
        return departure.store.read(move)


def _books(tx: Transaction) -> Books:
    return {table: [tuple(row) for row in tx.rows(table)] for table in TABLES if table != MODE_TABLE}


def _write(tx: Transaction, books: Books, mode: Mode | None, source: str, target: str) -> None:
    if any(_books(tx).values()):
        raise LedgerNotEmpty(target)
    if of_mode := _common_mode(target, tx.mode(), mode):
        tx.claim_mode(of_mode)
    for table, rows in books.items():
        tx.insert_rows(table, rows)
    if audit(tx):
        raise LedgerNotInBalance(source)
    if any(set(rows) != set(books[table]) for table, rows in _books(tx).items()):
        raise LedgerNotInBalance(target)


def _common_mode(address: str, found: Mode | None, mode: Mode | None) -> Mode | None:
    """The mode that both are of, as far as either is known. Raises LedgerOfOtherMode."""
    if mode is not None and found is not None and found != mode:
        raise LedgerOfOtherMode(path=address, found=found, mode=mode)
    return mode or found


def _check_in_flight(books: Books, source: str, now: str) -> None:
    """Raises LedgerInUse where a process may be about to settle a call in the ledger that is left."""
    calls = [OpenCall(*row) for row in books["reservation"]]
    in_flight = [
        call for call in calls if call.owner != NOBODY and call.expires_at > now and not is_dead(call.owner)
    ]
    if in_flight:
        raise LedgerInUse(source, calls=len(in_flight))


def _moved(books: Books, source: str, target: str) -> Moved:
    sums = [dict(zip(TABLES["scope_sum"], row, strict=True)) for row in books["scope_sum"]]
    whole = [each for each in sums if each["scope"] == ALL and kind_of_period(each["period"]) == "month"]
    return Moved(
        source,
        target,
        calls=sum(month["calls"] for month in whole),
        months=len(whole),
        spent=Money(sum(month["spent_pico_usd"] for month in whole)),
        uncertain=Money(sum(month["uncertain_pico_usd"] for month in whole)),
        reserved=Money(sum(month["reserved_pico_usd"] for month in whole)),
    )
