"""The budget: what calls may cost a month, a day or in total; for everything, one key or one tag.

A soft limit notifies, once at each of its thresholds; a hard one refuses. Any set of them holds at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ppkit.keys.key_refusal import refuse_keys
from ppkit.keys.masking import masked_end
from ppkit.money import Money
from ppkit.spending.author import login_name
from ppkit.spending.ledger import limit_sums
from ppkit.spending.ledger.errors import LimitWithoutReason, NotAStart, SoftAboveHard, UnknownKeyName
from ppkit.spending.ledger.ledger import Ledger
from ppkit.spending.ledger.limit_periods import LimitPeriod, limit_period
from ppkit.spending.ledger.limit_rows import LimitChangeRow, LimitRow
from ppkit.spending.ledger.limit_status import LimitStatus, known_limits, statuses
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
from ppkit.spending.ledger.values import Limits
from ppkit.spending.limit_amounts import (
    AS_IS,
    Keep,
    LimitAmount,
    SoftAmounts,
    Start,
    amount_of,
    asked_thresholds,
    start_of,
    thresholds_of,
)

__all__ = ["AS_IS", "Budget", "Keep", "LimitAmount", "LimitChange", "LimitStatus", "WhatIf"]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would become of the limits if so much more were spent now.

    `blocked_by`: the scopes with a hard limit that has no room for it; `notified_by`: those with a threshold
    that it would reach. `left`: what all hard limits leave; None: there are none.
    `in_the_way`: the limits that have no room, each as it stands. Reservations of calls under way count as if
    they were spent.
    """

    left: Money | None
    blocked_by: tuple[str, ...]
    notified_by: tuple[str, ...]
    in_the_way: tuple[LimitStatus, ...] = field(default=(), compare=False)

    @property
    def fits(self) -> bool:
        return not self.blocked_by

    @property
    def opens_at(self) -> datetime | None:
        """When the last of the limits in the way begins anew; None where only raising helps, or none is."""
        moments = [one.opens_at for one in self.in_the_way]
        known = [moment for moment in moments if moment is not None]
        return max(known) if known and len(known) == len(moments) else None


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Who set the limits of a scope to these, when and why; "" where no reason was given."""

    at: datetime
    scope: str
    limits: Limits
    by: str
    why: str
    period: LimitPeriod = "month"


class _Asked(NamedTuple):
    """What `Budget.set` is to write: soft amounts as given, for a share waits for the hard limit."""

    scope: str
    period: LimitPeriod
    soft: tuple[LimitAmount, ...] | Keep
    hard: Money | Keep | None
    since: datetime | None
    now: datetime
    by: str
    why: str


class Budget:
    """The limits of one ledger, for every process that shares it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._store = ledger.store

    def get(
        self,
        scope: str = ALL,
        *,
        key: str | SecretKey | None = None,
        tag: str | None = None,
        period: LimitPeriod = "month",
    ) -> Limits:
        """The limits of a scope, a key or a tag (as in `set`); both None where none were set.

        Raises UnknownKeyName, InvalidTag, ValueError when more than one of them is given.
        """
        limit_period(period)
        if key is None and tag is None:
            return self._store.read(partial(_found, scope=scope_meant(scope), period=period))
        if scope != ALL:
            raise ValueError("limits are those of a scope, of a key or of a tag, not of several")
        return self._store.read(partial(_asked_for, scope=self._scope_of(key, tag), period=period))

    def all(self, period: LimitPeriod = "month") -> dict[str, Limits]:
        """Every scope that has a limit for this period, with its limits."""
        limits = self._store.read(known_limits)
        return {one.scope: _limits(one) for one in limits if one.period == limit_period(period)}

    def status(self) -> list[LimitStatus]:
        """Every limit and where it stands now, for a window or a table: those for everything first, then
        those of keys, then of tags; of each the month's, the day's, the total's.
        """
        now = text_of(self._ledger.clock.now())
        return self._store.read(partial(statuses, at=now))

    def set(
        self,
        soft: SoftAmounts | Keep = AS_IS,
        hard: LimitAmount | Keep = AS_IS,
        *,
        key: str | SecretKey | None = None,
        tag: str | None = None,
        period: LimitPeriod = "month",
        since: Start | None = None,
        by: str | None = None,
        why: str = "",
    ) -> Limits:
        """Set limits in USD ("5.00"), for everything, one key or one tag ("name=value"); None clears.

        They hold each calendar "month" or "day" (UTC), or in "total" from a moment on: `since` (a day, a
        moment; UTC where no zone is named), else the moment at which the total was first set. `soft` may be
        several amounts, or shares of the hard limit as it is now ("80%"), as in ["50%", "80%", "100%"]. A key
        is given as it is shown ("…WXYZ", "sk-…WXYZ": all keys that end so), by a name that calls have counted
        under, or itself, as an ApiKey: then the limit is for this key alone, which the ledger knows by its
        end and a fingerprint. What is not given stays. Who changed a limit (`by`; else the user of this
        computer), when and why is written into the ledger (`changes`). Who raises or removes a hard limit, or
        lets a total begin later, must say `why`. Returns the limits as they are.

        Raises InvalidLimit (then nothing changes), UnknownKeyName, InvalidTag, KeyInText, ValueError when
        both a key and a tag are given.
        """
        scope = self._scope_of(key, tag)
        author, reason = (by or "").strip() or login_name(), why.strip()
        refuse_keys("limit", author, reason)  # never changed again
        now = self._ledger.clock.now()
        if since is not None and period != "total":
            raise NotAStart(value=since)
        asked = _Asked(
            scope,
            limit_period(period),
            soft if isinstance(soft, Keep) else asked_thresholds(soft),
            hard if isinstance(hard, Keep) else amount_of(hard),
            None if since is None else start_of(since, now),
            now,
            author,
            reason,
        )
        return self._store.write(partial(_set, asked=asked))

    def changes(self) -> list[LimitChange]:
        """Every change of a limit, the oldest first; those of earlier versions were not written down."""
        return [
            LimitChange(moment_of(at), limit.scope, _limits(limit), by, why, limit.period)
            for at, limit, by, why in self._store.read(lambda tx: tx.limit_changes())
        ]

    def has_hard_limit(self, scopes: Iterable[str]) -> bool:
        """Whether a hard limit, of whatever period, watches one of these scopes."""
        watched = frozenset(scopes)
        return any(one.hard is not None and one.scope in watched for one in self._store.read(known_limits))

    def what_if(
        self, cost: Money, *, key: str | SecretKey | None = None, tags: Mapping[str, str] | None = None
    ) -> WhatIf:
        """Whether so much more could be spent now, by calls with this key and these tags: every limit of
        theirs is asked, that of the month, of the day and in total.

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
        now = text_of(self._ledger.clock.now())
        found = self._store.read(partial(statuses, at=now, scopes=scopes))
        in_the_way = tuple(one for one in found if not one.has_room_for(cost))
        left = [one.left for one in found if one.left is not None]
        reached = [
            one.scope for one in found if any(t <= one.counted + one.reserved + cost for t in one.thresholds)
        ]
        return WhatIf(
            min(left) if left else None,
            tuple(dict.fromkeys(one.scope for one in in_the_way)),
            tuple(dict.fromkeys(reached)),
            in_the_way,
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


def _found(tx: Transaction, scope: str, period: LimitPeriod) -> Limits:
    return _limits(_row(tx, scope, period))


def _row(tx: Transaction, scope: str, period: LimitPeriod) -> LimitRow:
    """The limit as it is written; one without amounts where there is none."""
    found = (one for one in tx.limits() if (one.scope, one.period) == (scope, period))
    return next(found, LimitRow(scope, period, None, (), None))


def _asked_for(tx: Transaction, scope: str, period: LimitPeriod) -> Limits:
    """Raises UnknownKeyName: no limits would be a wrong answer to a name nobody has."""
    found = _found(tx, scope, period)
    if found == Limits():
        _check_key(tx, scope)
        # What is set for all keys that end so holds for this one too.
        found = _found(tx, _scope_by_end(scope), period)
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


def _set(tx: Transaction, asked: _Asked) -> Limits:
    before = _row(tx, asked.scope, asked.period)
    # An earlier version took any text for a key: what it wrote can still be cleared.
    if _is_empty(before) or (isinstance(asked.soft, tuple) and asked.soft) or isinstance(asked.hard, Money):
        _check_key(tx, asked.scope)
    now = _merged(before, asked)
    if now != before:
        if not asked.why and _lets_more_pass(before, now):
            raise LimitWithoutReason(before=Money(before.hard or 0), now=_money(now.hard))
        _write(tx, before, now, text_of(asked.now))
        tx.note_limit(LimitChangeRow(text_of(asked.now), now, asked.by, asked.why))
    if is_key_scope(asked.scope):
        _clear_other_spellings(tx, asked.scope)
    return _limits(now)


def _merged(before: LimitRow, asked: _Asked) -> LimitRow:
    """Raises InvalidLimit."""
    hard = _money(before.hard) if isinstance(asked.hard, Keep) else asked.hard
    soft = [Money(one) for one in before.thresholds] if isinstance(asked.soft, Keep) else asked.soft
    thresholds = thresholds_of(soft, hard)
    if hard is not None and thresholds and thresholds[-1] > hard:
        raise SoftAboveHard(soft=thresholds[-1], hard=hard)
    now = before._replace(
        thresholds=tuple(one.pico_usd for one in thresholds), hard=None if hard is None else hard.pico_usd
    )
    if asked.period != "total" or _is_empty(now):
        return now._replace(since=None)
    return now._replace(since=text_of(asked.since) if asked.since else before.since or text_of(asked.now))


def _is_empty(limit: LimitRow) -> bool:
    return not limit.thresholds and limit.hard is None


def _lets_more_pass(before: LimitRow, now: LimitRow) -> bool:
    """Whether a call could pass that the hard limit would have stopped."""
    if before.hard is None:
        return False
    return now.hard is None or now.hard > before.hard or (now.since or "") > (before.since or "")


def _write(tx: Transaction, before: LimitRow, now: LimitRow, at: str) -> None:
    scope, period = now.scope, now.period
    if _is_empty(now):
        tx.clear_limit(scope, period)
        tx.forget_sums(scope, period)
        return
    tx.write_limit(now)
    if period != "month" and (_is_empty(before) or now.since != before.since):
        tx.forget_sums(scope, period)
        limit_sums.begin(tx, scope, period, now.since, at)


def _clear_other_spellings(tx: Transaction, scope: str) -> None:
    """Take out what an earlier version wrote for this key in another form, even the secret; it never bit."""
    meant = {scope, _scope_by_end(scope)}
    for other in {limit.scope for limit in tx.limits()}:
        if other != scope_meant(other) and scope_meant(other) in meant:
            tx.clear_limit(other, "month")


def _limits(limit: LimitRow) -> Limits:
    thresholds = tuple(map(Money, limit.thresholds))
    return Limits(
        thresholds[0] if thresholds else None,
        _money(limit.hard),
        thresholds[1:],
        None if limit.since is None else moment_of(limit.since),
    )


def _money(pico_usd: int | None) -> Money | None:
    return None if pico_usd is None else Money(pico_usd)
