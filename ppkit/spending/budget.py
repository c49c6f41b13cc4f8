"""The budget: by month, a soft limit that tells and a hard limit that refuses; in all, by key or by tag."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Final

from ppkit.money import Money
from ppkit.spending.ledger.books import Ledger
from ppkit.spending.ledger.errors import LimitNegative, LimitNotAnAmount, LimitTooLarge, SoftAboveHard
from ppkit.spending.ledger.scopes import ALL, key_scope, tag_scope_of
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.values import LARGEST_PICO_USD, Limits


class Keep(Enum):
    """Leave a limit as it is, where None would clear it."""

    AS_IS = "as is"


AS_IS: Final = Keep.AS_IS
LimitAmount = Money | str | int | Decimal | None

FIND = "SELECT soft_pico_usd, hard_pico_usd FROM spending_limit WHERE scope = :scope"

WRITE = """
INSERT INTO spending_limit (scope, soft_pico_usd, hard_pico_usd) VALUES (:scope, :soft, :hard)
ON CONFLICT (scope) DO UPDATE
SET soft_pico_usd = excluded.soft_pico_usd, hard_pico_usd = excluded.hard_pico_usd"""

EVERY = "SELECT scope, soft_pico_usd, hard_pico_usd FROM spending_limit ORDER BY scope"


class Budget:
    """The limits of one ledger, for each calendar month (UTC) and every process that shares the file."""

    def __init__(self, ledger: Ledger) -> None:
        self._store = ledger.store

    def get(self, scope: str = ALL) -> Limits:
        """The limits of a scope; both None where none were set."""
        return self._store.read(partial(_found, scope=scope))

    def all(self) -> dict[str, Limits]:
        """Every scope that has a limit, with its limits."""
        return self._store.read(_every)

    def set(
        self,
        soft: LimitAmount | Keep = AS_IS,
        hard: LimitAmount | Keep = AS_IS,
        *,
        key: str | None = None,
        tag: str | None = None,
    ) -> Limits:
        """Set limits in USD a month ("5.00"), for everything, one key or one tag ("name=value"); None clears.

        What is not given stays. Returns the limits as they are now. Raises InvalidLimit (then nothing
        changes), InvalidTag, ValueError when both a key and a tag are given.
        """
        scope = _scope_of(key, tag)
        return self._store.write(partial(_written, scope=scope, soft=_limit(soft), hard=_limit(hard)))


def _scope_of(key: str | None, tag: str | None) -> str:
    if key is not None and tag is not None:
        raise ValueError("a limit belongs to a key or to a tag, not to both")
    if key is not None:
        return key_scope(key)
    return ALL if tag is None else tag_scope_of(tag)


def _limit(amount: LimitAmount | Keep) -> Money | Keep | None:
    """Raises InvalidLimit."""
    if amount is None or isinstance(amount, Keep):
        return amount
    if isinstance(amount, bool | float):
        raise LimitNotAnAmount(value=amount)
    if not isinstance(amount, Money):
        try:
            amount = Money.usd(amount)
        except ValueError as error:
            raise LimitNotAnAmount(value=amount) from error
    if amount.pico_usd < 0:
        raise LimitNegative(limit=amount)
    if amount.pico_usd > LARGEST_PICO_USD:
        raise LimitTooLarge(limit=amount, largest=Money(LARGEST_PICO_USD))
    return amount


def _found(tx: Transaction, scope: str) -> Limits:
    row = tx.execute(FIND, {"scope": scope}).fetchone()
    return Limits() if row is None else _limits(*row)


def _every(tx: Transaction) -> dict[str, Limits]:
    limits = {scope: _limits(soft, hard) for scope, soft, hard in tx.execute(EVERY).fetchall()}
    return {scope: found for scope, found in limits.items() if found != Limits()}


def _written(tx: Transaction, scope: str, soft: Money | Keep | None, hard: Money | Keep | None) -> Limits:
    before = _found(tx, scope)
    now = Limits(
        soft=before.soft if isinstance(soft, Keep) else soft,
        hard=before.hard if isinstance(hard, Keep) else hard,
    )
    if now.soft is not None and now.hard is not None and now.soft > now.hard:
        raise SoftAboveHard(soft=now.soft, hard=now.hard)
    tx.execute(WRITE, {"scope": scope, "soft": _pico_usd(now.soft), "hard": _pico_usd(now.hard)})
    return now


def _limits(soft: int | None, hard: int | None) -> Limits:
    return Limits(None if soft is None else Money(soft), None if hard is None else Money(hard))


def _pico_usd(amount: Money | None) -> int | None:
    return None if amount is None else amount.pico_usd
