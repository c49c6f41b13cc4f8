"""A limit and where it stands, as plain data for a program."""

from __future__ import annotations

from ppkit.spending.ledger.limit_status import LimitStatus


def limit_facts(limit: LimitStatus) -> dict[str, object]:
    """Amounts in whole pico-dollars; `soft_pico_usd` is a list, the lowest threshold first."""
    return {
        "scope": limit.scope,
        "period": limit.period,
        "soft_pico_usd": [threshold.pico_usd for threshold in limit.thresholds],
        "hard_pico_usd": None if limit.hard is None else limit.hard.pico_usd,
        "counted_pico_usd": limit.counted.pico_usd,
        "reserved_pico_usd": limit.reserved.pico_usd,
        "left_pico_usd": None if limit.left is None else limit.left.pico_usd,
    }
