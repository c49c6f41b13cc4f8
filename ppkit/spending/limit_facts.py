"""A limit and where it stands, as plain data for a program."""

from __future__ import annotations

from datetime import datetime

from ppkit.money import Money
from ppkit.spending.ledger.limit_status import LimitStatus


def limit_facts(limit: LimitStatus) -> dict[str, object]:
    """Amounts in whole pico-dollars, moments in ISO 8601; thresholds from the lowest up."""
    return {
        "scope": limit.scope,
        "period": limit.period,
        "starts_at": limit.starts_at.isoformat(),
        "opens_at": moment_fact(limit.opens_at),
        "thresholds_pico_usd": [threshold.pico_usd for threshold in limit.thresholds],
        "hard_pico_usd": amount_fact(limit.hard),
        "spent_pico_usd": limit.spent.pico_usd,
        "uncertain_pico_usd": limit.uncertain.pico_usd,
        "reserved_pico_usd": limit.reserved.pico_usd,
        "counted_pico_usd": limit.counted.pico_usd,
        "left_pico_usd": amount_fact(limit.left),
        "undelivered": [
            {
                "threshold_pico_usd": alert.threshold.pico_usd,
                "failed_attempts": alert.failed_attempts,
                "failure": alert.failure,
                "next_attempt_at": moment_fact(alert.next_attempt_at),
            }
            for alert in limit.undelivered
        ],
    }


def amount_fact(amount: Money | None) -> int | None:
    return None if amount is None else amount.pico_usd


def moment_fact(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
