"""The budget: a soft limit a month that notifies and a hard one that refuses; in all, by key or by tag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Final

from ppkit.clock import month_of
from ppkit.keys.key_refusal import refuse_keys
from ppkit.keys.masking import masked_end
from ppkit.money import Money
from ppkit.spending.author import login_name
from ppkit.spending.ledger.errors import (
    LimitNegative,
    LimitNotAnAmount,
    LimitTooLarge,
    SoftAboveHard,
    UnknownKeyName,
)
from ppkit.spending.ledger.ledger import Ledger
from ppkit.spending.ledger.scopes import (
    ALL,
    SecretKey,
    identity_of,
    is_key_scope,
    key_scope,
    parts_of,
    scope_meant,
    secret_in,
    shown_key_in,
    tag_scope,
    tag_scope_of,
)
from ppkit.spending.ledger.timestamps import moment_of, text_of
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.values import LARGEST_PICO_USD, Limits


class Keep(Enum):
    """Leave a limit as it is, where None would clear it."""

    AS_IS = "as is"


AS_IS: Final = Keep.AS_IS
LimitAmount = Money | str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would become of the limits if so much more were spent now.

    `blocked_by`: the scopes whose hard limit has no room for it;
    `notified_by`: those whose soft limit it would reach. `left`: what all hard limits leave; None: there are
    none. Reservations of calls under way count as if they were spent.
    """

    left: Money | None
    blocked_by: tuple[str, ...]
    notified_by: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.blocked_by


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Who set the limits of a scope to these, when and why; "" where no reason was given."""

    at: datetime
    scope: str
    limits: Limits
    by: str
    why: str


class Budget:
    """The limits of one ledger, for each calendar month (UTC) and every process that shares the file."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._store = ledger.store

    def get(self, scope: str = ALL, *, key: str | SecretKey | None = None, tag: str | None = None) -> Limits:
        """The limits of a scope, a key or a tag (as in `set`); both None where none were set.

        Raises UnknownKeyName, InvalidTag, ValueError when more than one of them is given.
        """
        if key is None and tag is None:
            return self._store.read(partial(_found, scope=scope_meant(scope)))
        if scope != ALL:
            raise ValueError("limits are those of a scope, of a key or of a tag, not of several")
        return self._store.read(partial(_asked_for, scope=self._scope_of(key, tag)))

    def all(self) -> dict[str, Limits]:
        """Every scope that has a limit, with its limits."""
        return self._store.read(_every)

    def set(
        self,
        soft: LimitAmount | Keep = AS_IS,
        hard: LimitAmount | Keep = AS_IS,
        *,
        key: str | SecretKey | None = None,
        tag: str | None = None,
        by: str | None = None,
        why: str = "",
    ) -> Limits:
        """Set limits in USD a month ("5.00"), for everything, one key or one tag ("name=value"); None clears.

        A key is given as it is shown ("…WXYZ", "sk-…WXYZ": all keys that end so), by a name that calls have
        counted under, or itself, as an ApiKey: then the limit is for this key alone, which the ledger knows
        by its end and a fingerprint. What is not given stays. Who changed a limit (`by`; else the user of
        this computer), when and why is written into the ledger (`changes`). Returns the limits as they are.

        Raises InvalidLimit (then nothing changes), UnknownKeyName, InvalidTag, KeyInText, ValueError when
        both a key and a tag are given.
        """
        scope = self._scope_of(key, tag)
        author, reason = (by or "").strip() or login_name(), why.strip()
        refuse_keys("limit", author, reason)  # never changed again
        at = text_of(self._ledger.clock.now())
        change = partial(_written, scope=scope, soft=_limit(soft), hard=_limit(hard))
        return self._store.write(lambda tx: _noted(tx, scope, change, at, author=author, why=reason))

    def changes(self) -> list[LimitChange]:
        """Every change of a limit, the oldest first; those of earlier versions were not written down."""
        return [
            LimitChange(moment_of(at), scope, _limits(soft, hard), by, why)
            for at, scope, soft, hard, by, why in self._store.read(lambda tx: tx.limit_changes())
        ]

    def what_if(
        self, cost: Money, *, key: str | SecretKey | None = None, tags: Mapping[str, str] | None = None
    ) -> WhatIf:
        """Whether so much more could be spent this month (UTC), by calls with this key and these tags.

        For a batch: ask with the sum of its ceilings before the first call leaves. Nothing is reserved, so
        others may take the room meanwhile; each call is still judged by itself. Raises InvalidTag, ValueError
        for a negative cost.
        """
        if cost.pico_usd < 0:
            raise ValueError("a cost is never negative")
        scopes = [ALL, *(tag_scope(name, value) for name, value in sorted((tags or {}).items()))]
        if key is not None:
            scope = self._scope_of(key, None)
            scopes += dict.fromkeys((_scope_by_end(scope), scope))
        month = month_of(self._ledger.clock.now())
        balances = self._store.read(lambda tx: tx.balances("", month, scopes))
        left = {one.scope: one.hard - one.counted - one.reserved for one in balances if one.hard is not None}
        reached = [
            one.scope
            for one in balances
            if one.soft is not None and one.soft <= one.counted + one.reserved + cost.pico_usd
        ]
        return WhatIf(
            Money(max(min(left.values()), 0)) if left else None,
            tuple(scope for scope, room in left.items() if room < cost.pico_usd),
            tuple(reached),
        )

    def _scope_of(self, key: str | SecretKey | None, tag: str | None) -> str:
        """Raises InvalidTag. A text of no key's form stays: whether it is a name, only the ledger tells."""
        if key is not None and tag is not None:
            raise ValueError("a limit belongs to a key or to a tag, not to both")
        if key is None:
            return ALL if tag is None else tag_scope_of(tag)
        secret = secret_in(key)
        if secret is None:
            return key_scope(shown_key_in(str(key)) or str(key))
        return key_scope(identity_of(masked_end(secret), self._ledger.fingerprint_of(secret)))


def _limit(amount: LimitAmount | Keep) -> Money | Keep | None:
    """Raises InvalidLimit, KeyInText."""
    return amount if isinstance(amount, Keep) else amount_meant(amount)


def amount_meant(amount: LimitAmount) -> Money | None:
    """A limit as it was typed or given, in USD; None for none. Raises InvalidLimit, KeyInText."""
    refuse_keys("limit", amount)
    if amount is None:
        return None
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
    row = tx.limit(scope)
    return Limits() if row is None else _limits(*row)


def _asked_for(tx: Transaction, scope: str) -> Limits:
    """Raises UnknownKeyName: no limits would be a wrong answer to a name nobody has."""
    found = _found(tx, scope)
    if found == Limits():
        _check_key(tx, scope)
        found = _found(
            tx, _scope_by_end(scope)
        )  # what is set for all keys that end so holds for this one too
    return found


def _scope_by_end(scope: str) -> str:
    """The scope of all keys that end like this one; every other scope stays."""
    return key_scope(parts_of(scope.removeprefix(key_scope("")))[0]) if is_key_scope(scope) else scope


def _check_key(tx: Transaction, scope: str) -> None:
    """Raises UnknownKeyName for a text that is no key and that no call has counted under.

    A limit under it would never bite. The text is in no fact: it may be a damaged secret.
    """
    is_name = is_key_scope(scope) and shown_key_in(scope) is None
    if is_name and not tx.has_counted(scope):
        raise UnknownKeyName


def _every(tx: Transaction) -> dict[str, Limits]:
    limits = {scope: _limits(soft, hard) for scope, soft, hard in tx.limits()}
    return {
        scope: found for scope, found in limits.items() if found != Limits() and scope == scope_meant(scope)
    }


def _written(tx: Transaction, scope: str, soft: Money | Keep | None, hard: Money | Keep | None) -> Limits:
    before = _found(tx, scope)
    # An earlier version took any text for a key: what it wrote can still be cleared.
    if before == Limits() or isinstance(soft, Money) or isinstance(hard, Money):
        _check_key(tx, scope)
    now = Limits(
        soft=before.soft if isinstance(soft, Keep) else soft,
        hard=before.hard if isinstance(hard, Keep) else hard,
    )
    if now.soft is not None and now.hard is not None and now.soft > now.hard:
        raise SoftAboveHard(soft=now.soft, hard=now.hard)
    if now == Limits():
        tx.clear_limit(scope)
    else:
        tx.write_limit(scope, _pico_usd(now.soft), _pico_usd(now.hard))
    if is_key_scope(scope):
        _clear_other_spellings(tx, scope)
    return now


def _noted(
    tx: Transaction, scope: str, change: Callable[[Transaction], Limits], at: str, *, author: str, why: str
) -> Limits:
    before, now = _found(tx, scope), change(tx)
    if now != before:
        tx.note_limit(at, scope, _pico_usd(now.soft), _pico_usd(now.hard), author=author, why=why)
    return now


def _clear_other_spellings(tx: Transaction, scope: str) -> None:
    """Take out what an earlier version wrote for this key in another form, even the secret; it never bit."""
    meant = {scope, _scope_by_end(scope)}
    for other, *_ in tx.limits():
        if other != scope_meant(other) and scope_meant(other) in meant:
            tx.clear_limit(other)


def _limits(soft: int | None, hard: int | None) -> Limits:
    return Limits(None if soft is None else Money(soft), None if hard is None else Money(hard))


def _pico_usd(amount: Money | None) -> int | None:
    return None if amount is None else amount.pico_usd
