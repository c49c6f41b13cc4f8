"""The budget: what calls may cost a month, a day or in total; for everything, one key or one tag.

A soft limit notifies, once at each of its thresholds; a hard one refuses. Any set of them holds at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from ppkit.keys.key_refusal import refuse_keys
from ppkit.keys.masking import masked_end
from ppkit.money import Money
from ppkit.spending.author import login_name
from ppkit.spending.ledger.errors import NotAStart
from ppkit.spending.ledger.ledger import Ledger
from ppkit.spending.ledger.limit_periods import LimitPeriod, limit_period
from ppkit.spending.ledger.limit_status import LimitStatus, known_limits, statuses
from ppkit.spending.ledger.scopes import (
    ALL,
    SecretKey,
    identity_of,
    key_scope,
    scope_meant,
    secret_in,
    shown_key_in,
    tag_scope,
    tag_scope_of,
)
from ppkit.spending.ledger.timestamps import moment_of, text_of
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
)
from ppkit.spending.limit_setting import (
    AskedLimit,
    limits_asked_for,
    limits_of,
    scope_by_end,
    set_limit,
    shown_limits,
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
            return self._store.read(partial(limits_of, scope=scope_meant(scope), period=period))
        if scope != ALL:
            raise ValueError("limits are those of a scope, of a key or of a tag, not of several")
        return self._store.read(partial(limits_asked_for, scope=self._scope_of(key, tag), period=period))

    def all(self, period: LimitPeriod = "month") -> dict[str, Limits]:
        """Every scope that has a limit for this period, with its limits."""
        limits = self._store.read(known_limits)
        return {one.scope: shown_limits(one) for one in limits if one.period == limit_period(period)}

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
        asked = AskedLimit(
            scope,
            limit_period(period),
            soft if isinstance(soft, Keep) else asked_thresholds(soft),
            hard if isinstance(hard, Keep) else amount_of(hard),
            None if since is None else start_of(since, now),
            now,
            author,
            reason,
        )
        return self._store.write(partial(set_limit, asked=asked))

    def changes(self) -> list[LimitChange]:
        """Every change of a limit, the oldest first; those of earlier versions were not written down."""
        return [
            LimitChange(moment_of(at), limit.scope, shown_limits(limit), by, why, limit.period)
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
            scopes += dict.fromkeys((scope_by_end(scope), scope))
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
