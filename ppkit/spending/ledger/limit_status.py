"""Where each limit stands now: what a window draws as a bar, and what a batch asks before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.limit_periods import (
    LIMIT_PERIODS,
    LimitPeriod,
    name_of_period,
    next_start,
    start_of_period,
)
from ppkit.spending.ledger.limit_rows import LimitRow
from ppkit.spending.ledger.limit_sums import sums_in
from ppkit.spending.ledger.outbox import Alert, pending_alerts
from ppkit.spending.ledger.scopes import ALL, is_key_scope, scope_meant
from ppkit.spending.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class LimitStatus:
    """One limit, and where it stands in its present period.

    It is for a `scope` ("all", "key:…WXYZ", "tag:client=a"; in words: `limit_texts.scope_text`) and for a
    `period`: "month", "day" (both UTC) or "total". The period began at `starts_at`; at `opens_at` the next
    one does, with nothing spent (None: a total opens only when it is raised). An alert goes out at each of
    the `thresholds`, lowest first; `hard` blocks calls; each may be missing. What is `uncertain` (at most) is
    not in `spent`; both count, and `hard` leaves no room for what is `reserved` by calls under way either.
    `alerts` are those of this period that have not left yet.
    """

    scope: str
    period: LimitPeriod
    starts_at: datetime
    opens_at: datetime | None
    thresholds: tuple[Money, ...]
    hard: Money | None
    spent: Money
    uncertain: Money
    reserved: Money
    alerts: tuple[Alert, ...] = ()

    @property
    def counted(self) -> Money:
        """What has counted for good: money spent, and what may have been."""
        return self.spent + self.uncertain

    @property
    def left(self) -> Money | None:
        """What the hard limit leaves for the next call, never below zero; None without one."""
        if self.hard is None:
            return None
        return max(self.hard - self.counted - self.reserved, ZERO)

    @property
    def reached(self) -> tuple[Money, ...]:
        """The thresholds that are reached."""
        return tuple(threshold for threshold in self.thresholds if threshold <= self.counted)

    @property
    def undelivered(self) -> tuple[Alert, ...]:
        """Alerts that could not be sent so far; they are tried again."""
        return tuple(alert for alert in self.alerts if alert.failed_attempts)

    def has_room_for(self, cost: Money) -> bool:
        """Whether the hard limit lets so much more pass now."""
        return self.hard is None or cost <= self.hard - self.counted - self.reserved


def statuses(tx: Transaction, at: str, scopes: Sequence[str] | None = None) -> list[LimitStatus]:
    """Every limit, or those of some scopes, at this moment: everything first, then keys, then tags."""
    limits = [limit for limit in known_limits(tx) if scopes is None or limit.scope in scopes]
    alerts = pending_alerts(tx)
    return [_status(tx, limit, alerts, at) for limit in sorted(limits, key=_place)]


def known_limits(tx: Transaction) -> list[LimitRow]:
    """Without what an earlier version wrote for a text that is no key; it never bit, and may be a secret."""
    return [limit for limit in tx.limits() if limit.scope == scope_meant(limit.scope)]


def _place(limit: LimitRow) -> tuple[bool, bool, str, int]:
    scope = limit.scope
    return scope != ALL, not is_key_scope(scope), scope, LIMIT_PERIODS.index(limit.period)


def _status(tx: Transaction, limit: LimitRow, alerts: Sequence[Alert], at: str) -> LimitStatus:
    scope, period = limit.scope, name_of_period(limit.period, limit.since, at)
    row = tx.totals(period, scope)
    if row is not None:
        spent, reserved, _calls, uncertain, *_ = row
    else:  # not kept yet: no call has looked at it in this period
        spent, reserved, uncertain, *_ = sums_in(tx, scope, period)
    return LimitStatus(
        scope,
        limit.period,
        start_of_period(period),
        next_start(period),
        tuple(map(Money, limit.thresholds)),
        None if limit.hard is None else Money(limit.hard),
        Money(spent),
        Money(uncertain),
        Money(reserved),
        tuple(alert for alert in alerts if (alert.scope, alert.period) == (scope, period)),
    )
