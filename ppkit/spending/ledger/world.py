"""Practice and real money never share a ledger: the first opening in a mode says whose books they are."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ppkit.spending.ledger.store import Store
from ppkit.spending.ledger.transaction import Transaction

World = Literal["practice", "live"]


def world_of(store: Store, mode: World) -> str:
    """The world that these books belong to; `mode` if they belonged to none so far."""
    return store.read(_found) or store.write(partial(_claimed, mode=mode))


def _found(tx: Transaction) -> str | None:
    return tx.mode()


def _claimed(tx: Transaction, mode: World) -> str:
    tx.claim_mode(mode)
    return tx.mode() or mode
