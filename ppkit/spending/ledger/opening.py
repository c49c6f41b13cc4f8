"""The ledger at an address: SQLite's file, or a database of PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from ppkit.clock import Clock
from ppkit.extras import require
from ppkit.mode import Mode
from ppkit.spending.ledger.errors import LedgerOfOtherMode, LedgerUnsupported
from ppkit.spending.ledger.ledger import Ledger
from ppkit.spending.ledger.sqlite.store import SqliteStore, Synchronous
from ppkit.spending.ledger.store import Store
from ppkit.spending.ledger.transaction import Transaction

SQLITE = "sqlite:///"
POSTGRES = ("postgresql+psycopg://", "postgresql://")


def open_ledger(
    url: str, clock: Clock, *, mode: Mode | None = None, synchronous: Synchronous = "normal"
) -> Ledger:
    """The ledger at a URL: "sqlite:///" and a path ("sqlite:////home/…" where the path is absolute), or
    "postgresql+psycopg://user:password@host:port/database", as libpq reads it.

    `synchronous` is SQLite's: "normal" survives killed processes, "full" also a power cut, at the price in
    docs/decisions/0003-ledger.md. With a `mode` the ledger is refused when it holds the other mode's money.
    Raises LedgerUnsupported, LedgerOfOtherMode, ExtraMissing and the errors of the stores.
    """
    store = _store_at(url, synchronous)
    if mode is not None and (found := _mode_of(store, mode)) != mode:
        store.close()
        raise LedgerOfOtherMode(path=store.shown, found=found, mode=mode)
    return Ledger(store, clock)


def _mode_of(store: Store, mode: Mode) -> Mode:
    """Whose money these books count: practice and real money never share a ledger.

    The first opening in a mode decides, so `mode` is the answer where nobody has.
    """

    def claimed(tx: Transaction) -> Mode:
        tx.claim_mode(mode)
        return tx.mode() or mode

    found: Mode | None = store.read(lambda tx: tx.mode())
    return store.write(claimed) if found is None else found


def _store_at(url: str, synchronous: Synchronous) -> Store:
    if url.startswith(POSTGRES):
        require("postgres", "psycopg")
        from ppkit.spending.ledger.postgres.server_address import PostgresAddress
        from ppkit.spending.ledger.postgres.store import PostgresStore

        return PostgresStore(PostgresAddress.of(url))
    path = url.removeprefix(SQLITE)
    if path == url or not path:
        scheme, is_url, _ = url.partition("://")
        raise LedgerUnsupported(scheme=scheme if is_url else "…")  # what is no address may be its password
    return SqliteStore(Path(path), synchronous=synchronous)
