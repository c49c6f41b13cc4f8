"""The most expensive calls of some days, found without reading the others one by one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from ppkit.spending.ledger.reading import entry
from ppkit.spending.ledger.report_fields import PERIOD_FIELDS, condition
from ppkit.spending.ledger.report_query import Question
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.values import Entry

_FIRST_LOOK = 4
"""Times as many entries as calls are wanted: a corrected call has several, of which the last one holds."""


def dearest(tx: Transaction, question: Question, count: int) -> list[Entry]:
    """The calls of the question's days and filters that cost most, at most `count`, the dearest first.

    What is uncertain is no money spent. The grouping of the question is not looked at.
    """
    first, last = question.since or date.min, question.until or date.max
    series = _wanted(tx, question)
    limit = count * _FIRST_LOOK
    while True:
        rows = tx.dearest(_microseconds(first), _microseconds(last, days=1), series, limit)
        found = [entry(tx, call_id) for call_id in dict.fromkeys(call_id for call_id, _ in rows)]
        calls = [one for one in found if _is_meant(tx, one, first, last, series)]
        is_all = len(rows) < limit
        # What was not read has no entry above the last one that was; a correction may have lowered the rest.
        least = 1 if is_all else rows[-1][1]
        sure = [one for one in calls if _cost(one) >= least]
        if is_all or len(sure) >= count:
            return sorted(sure, key=lambda one: (-_cost(one), one.call.id))[:count]
        limit *= _FIRST_LOOK


def _cost(one: Entry) -> int:
    return one.cost.pico_usd if one.cost is not None else 0


def _is_meant(tx: Transaction, one: Entry, first: date, last: date, series: Collection[int] | None) -> bool:
    """A correction was read whatever call it belongs to."""
    if one.state != "settled" or not first <= one.reserved_at.date() <= last:
        return False
    return series is None or not one.adjustments or tx.series_of(one.call.id) in series


def _wanted(tx: Transaction, question: Question) -> Collection[int] | None:
    asked = [(name, value) for name, value in question.where if name not in PERIOD_FIELDS]
    if not asked:
        return None
    named = tx.series()
    conditions = [condition(name, value, named) for name, value in asked]
    return sorted(one.id for one in named if all(is_meant(one) for is_meant in conditions))


def _microseconds(day: date, days: int = 0) -> int:
    """Since 1970, at the beginning of the day (UTC) or so many days later; as early or late as there is."""
    try:
        at = datetime.combine(day, time(), UTC) + timedelta(days=days)
    except OverflowError:
        at = datetime.max.replace(tzinfo=UTC)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
