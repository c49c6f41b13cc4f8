"""The outbox of soft-limit alerts: queued with the spending that caused them, sent from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.timestamps import moment_of
from ppkit.spending.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Alert:
    """A threshold of a soft limit was reached: once per period, scope and threshold. `spent`: as it was then.

    The `period` is a month like "2026-11", a day like "2026-11-23" (both UTC) or "since 2026-…", the total
    from a moment on. What was `uncertain` then is not in `spent`; the threshold was reached by both together.
    `failed_attempts` to send it have been made so far; `failure` names what came in the way of the last one,
    and the next one is made from `next_attempt_at` on (None: at once).
    """

    id: int
    period: str
    scope: str
    threshold: Money
    spent: Money
    queued_at: datetime
    uncertain: Money = ZERO
    failed_attempts: int = 0
    failure: str = ""
    next_attempt_at: datetime | None = None


def pending_alerts(tx: Transaction) -> list[Alert]:
    """Alerts not yet sent, oldest first."""
    return [
        Alert(
            row.id,
            row.period,
            row.scope,
            Money(row.threshold),
            Money(row.spent),
            moment_of(row.queued_at),
            Money(row.uncertain),
            row.attempts,
            row.failure or "",
            None if row.try_at is None else moment_of(row.try_at),
        )
        for row in tx.pending_alerts()
    ]
