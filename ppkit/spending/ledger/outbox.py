"""The outbox of soft-limit alerts: queued with the spending that caused them, sent from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.timestamps import moment_of
from ppkit.spending.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Alert:
    """A soft limit was reached: once per month (UTC), scope and threshold. `spent`: as it was then.

    What was `uncertain` then is not in `spent`; the limit was reached by both together.
    """

    id: int
    month: str
    scope: str
    threshold: Money
    spent: Money
    queued_at: datetime
    uncertain: Money = ZERO


def pending_alerts(tx: Transaction) -> list[Alert]:
    """Alerts not yet sent, oldest first."""
    return [
        Alert(number, month, scope, Money(threshold), Money(spent), moment_of(queued_at), Money(uncertain))
        for number, month, scope, threshold, spent, queued_at, uncertain in tx.pending_alerts()
    ]
