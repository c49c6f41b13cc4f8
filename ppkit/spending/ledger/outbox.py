"""The outbox of soft-limit alerts: queued with the spending that caused them, sent from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.timestamps import moment_of, text_of


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


PENDING = """
SELECT id, month, scope, threshold_pico_usd, spent_pico_usd, queued_at, uncertain_pico_usd FROM alert
WHERE sent_at IS NULL ORDER BY id"""

# Whoever claims an alert sends it; a claim of somebody who died runs out, so no alert is lost.
CLAIM = """
UPDATE alert SET claimed_until = :until
WHERE id = :id AND sent_at IS NULL AND (claimed_until IS NULL OR claimed_until <= :now)"""

UNCLAIM = "UPDATE alert SET claimed_until = NULL WHERE id = :id AND sent_at IS NULL"

MARK_SENT = "UPDATE alert SET sent_at = :now WHERE id = :id AND sent_at IS NULL"


def queue_alerts(tx: Transaction, month: str, scopes: Sequence[str], at: str) -> None:
    """Queue an alert for every scope whose soft limit is reached, unless it was queued.

    What is uncertain counts: a notice that comes too early is better than one that does not come.
    """
    parameters: dict[str, object] = {f"scope{number}": scope for number, scope in enumerate(scopes)}
    parameters |= {"month": month, "at": at}
    if tx.execute(_reached_sql(len(scopes)), parameters).fetchone() is None:
        return  # nearly always: looking first is cheaper than a writing statement that finds nothing
    tx.execute(_queue_sql(len(scopes)), parameters)


def withdraw_alerts(tx: Transaction, month: str, scopes: Sequence[str]) -> None:
    """Take back what waits to be sent and, since a call was corrected, is not so any more."""
    tx.execute(_withdraw_sql(len(scopes)), (month, *scopes))


def pending_alerts(tx: Transaction) -> list[Alert]:
    """Alerts not yet sent, oldest first."""
    rows = tx.execute(PENDING).fetchall()
    return [
        Alert(number, month, scope, Money(threshold), Money(spent), moment_of(queued_at), Money(uncertain))
        for number, month, scope, threshold, spent, queued_at, uncertain in rows
    ]


def claim(tx: Transaction, alert_id: int, now: datetime, until: datetime) -> bool:
    """Take the alert for sending until a moment; False when somebody else has it or it is sent."""
    times = {"now": text_of(now), "until": text_of(until)}
    return bool(tx.execute(CLAIM, {"id": alert_id, **times}).rowcount)


def unclaim(tx: Transaction, alert_id: int) -> None:
    """Give a claimed alert back: sending it failed."""
    tx.execute(UNCLAIM, {"id": alert_id})


def mark_sent(tx: Transaction, alert_id: int, now: datetime) -> None:
    """The alert has left; it is never sent again."""
    tx.execute(MARK_SENT, {"id": alert_id, "now": text_of(now)})


# The texts below differ only in how many scopes they name; no value is written into them.


@cache
def _reached_sql(count: int) -> str:
    names = ", ".join(f":scope{number}" for number in range(count))
    return f"""
SELECT month.month, month.scope, soft_pico_usd, spent_pico_usd, uncertain_pico_usd, :at
FROM spending_limit JOIN month ON month.month = :month AND month.scope = spending_limit.scope
WHERE spending_limit.scope IN ({names}) AND spent_pico_usd + uncertain_pico_usd >= soft_pico_usd"""  # noqa: S608


@cache
def _queue_sql(count: int) -> str:
    return f"""
INSERT INTO alert (month, scope, threshold_pico_usd, spent_pico_usd, uncertain_pico_usd, queued_at)
{_reached_sql(count)}
ON CONFLICT DO NOTHING"""


@cache
def _withdraw_sql(count: int) -> str:
    return f"""
DELETE FROM alert WHERE month = ? AND scope IN ({", ".join("?" * count)}) AND sent_at IS NULL
  AND claimed_until IS NULL AND threshold_pico_usd > (SELECT spent_pico_usd + uncertain_pico_usd FROM month
    WHERE month.month = alert.month AND month.scope = alert.scope)"""  # noqa: S608
