"""Practice and real money never share a ledger: the first opening in a mode says whose books they are."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ppkit.spending.ledger.store import Store, Transaction

World = Literal["practice", "live"]

FIND = "SELECT mode FROM world"
CLAIM = "INSERT INTO world (one, mode) VALUES (1, :mode) ON CONFLICT (one) DO NOTHING"


def world_of(store: Store, mode: World) -> str:
    """The world that these books belong to; `mode` if they belonged to none so far."""
    return store.read(_found) or store.write(partial(_claimed, mode=mode))


def _found(transaction: Transaction) -> str | None:
    row = transaction.execute(FIND).fetchone()
    return None if row is None else str(row[0])


def _claimed(transaction: Transaction, mode: World) -> str:
    transaction.execute(CLAIM, {"mode": mode})
    return _found(transaction) or mode
