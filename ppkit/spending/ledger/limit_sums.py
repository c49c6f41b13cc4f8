"""The sums that limits of days and totals are held against.

Every scope has sums by month. Those of a day, or from a moment on, are kept only where a limit asks for them:
they begin with the first call that finds such a limit, with what has counted before, taken from the roll-up.
From then on each call that counts in them changes them with the sums of its month, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ppkit.spending.ledger.limit_check import ScopeBalance
from ppkit.spending.ledger.limit_periods import (
    SINCE,
    is_covered,
    kind_of_period,
    name_of_period,
    start_of_period,
)
from ppkit.spending.ledger.limit_rows import LimitChangeRow, ScopeSums
from ppkit.spending.ledger.packing import scopes_counting
from ppkit.spending.ledger.periods import day_number, spans_of
from ppkit.spending.ledger.posting import sums_of
from ppkit.spending.ledger.rollup import sums_by_series
from ppkit.spending.ledger.tables import OpenCall
from ppkit.spending.ledger.timestamps import micros_of, moment_of, text_of
from ppkit.spending.ledger.transaction import Transaction

FIGURES = {
    "spent": "cost_pico_usd",
    "uncertain": "uncertain_pico_usd",
    "estimated": "estimated_pico_usd",
    "ceiling": "ceiling_pico_usd",
    "overrun": "overrun_pico_usd",
    "calls": "calls",
}
"""What `ScopeSums` has beside what is reserved, and what the roll-up calls it."""

LAST_DAY = date(9998, 12, 31)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""A start that lies less far ahead is no sign that a clock went back: machines' clocks differ."""

THE_CLOCK, WENT_BACK = "ppkit", "the clock went back behind the start"


class Balances(NamedTuple):
    """The moment at which a call counts, and where each of its limits stands then.

    The moment is that of the call; or the start of a total which another machine's clock set, and which lies
    a little ahead of it: the call counts in.
    """

    at: str
    of_limits: Sequence[ScopeBalance]


def balances(tx: Transaction, call_id: str, at: str, scopes: Sequence[str]) -> Balances:
    """Where each limit of the scopes stands, its sums being kept from now on if they were not."""
    found = tx.balances(call_id, at, scopes)
    start = _start_just_ahead(found, at)
    if start is not None:
        at = start
        found = tx.balances("", at, scopes)
    not_ready = [one for one in found if one.period != "month" and not _is_ready(one, at)]
    if not not_ready:
        return Balances(at, found)
    for one in not_ready:
        begin(tx, one.scope, one.period, one.since, at)
    return Balances(at, tx.balances("", at, scopes))


def _start_just_ahead(found: Sequence[ScopeBalance], at: str) -> str | None:
    """The last start that lies ahead by no more than clocks of several machines may differ."""
    ahead = [one.since for one in found if one.since is not None and one.since > at]
    if not ahead:
        return None
    nearest = text_of(moment_of(at) + CLOCKS_DIFFER_BY)
    return max((since for since in ahead if since <= nearest), default=None)


def _is_ready(balance: ScopeBalance, at: str) -> bool:
    return balance.is_kept != 0 and (balance.since is None or balance.since <= at)


def begin(tx: Transaction, scope: str, period: str, since: str | None, at: str) -> None:
    """Keep the sums of a scope in the period of this moment, with what has counted in it so far.

    A total whose start lies ahead was written by a clock that has gone back since: it begins now, or calls
    would escape it.
    """
    if since is not None and since > at:
        _move_start(tx, scope, at)
        since = at
    name = name_of_period(period, since, at)
    tx.write_sums(name, scope, sums_in(tx, scope, name))
    tx.count_further([call.call_id for call in _open_calls(tx, scope, name)])


def _move_start(tx: Transaction, scope: str, at: str) -> None:
    before = next(one for one in tx.limits() if (one.scope, one.period) == (scope, "total"))
    moved = before._replace(since=at)
    tx.forget_sums(scope, "total")
    tx.write_limit(moved)
    tx.note_limit(LimitChangeRow(at, moved, THE_CLOCK, WENT_BACK))
    tx.rename_alerts(scope, f"{SINCE}{before.since}", f"{SINCE}{at}")


def sums_in(tx: Transaction, scope: str, name: str) -> ScopeSums:
    """What the scope has come to in the period of this name, added up anew from the roll-up. Reads only."""
    reserved = sum(call.pico_usd for call in _open_calls(tx, scope, name))
    series = [one.id for one in tx.series() if scope in scopes_counting(one.key, one.tags)]
    sums = ScopeSums(reserved=reserved)
    for span in _spans(name):
        sums = _added(sums, _rolled_up(tx, span, series))
    part = _part_of_an_hour(name)
    # The entries of a part of an hour can only be found by reading all of them: only where there are some.
    if part is not None and _rolled_up(tx, (part.hour, part.hour), series).calls:
        for call in tx.ended_calls(part.first_micros, part.before_micros):
            if call.kind != "release" and scope in scopes_counting(call.key, call.tags):
                sums = _added(sums, ScopeSums(**sums_of(call.cost, call.mark)._asdict(), calls=1))
    return sums


def _open_calls(tx: Transaction, scope: str, name: str) -> Iterator[OpenCall]:
    return (
        call
        for call in tx.open_calls()
        if is_covered(name, call.at) and scope in scopes_counting(call.key, call.tags)
    )


def _rolled_up(tx: Transaction, span: tuple[int, int], series: Sequence[int]) -> ScopeSums:
    sums = ScopeSums()
    for bunch in sums_by_series(tx.execute, *span, list(FIGURES.values()), series):
        for _period, _series, *figures in bunch:
            sums = _added(sums, ScopeSums(**dict(zip(FIGURES, figures, strict=True))))
    return sums


def _added(one: ScopeSums, other: ScopeSums) -> ScopeSums:
    return ScopeSums(*(sum(pair) for pair in zip(one, other, strict=True)))


class _PartOfAnHour(NamedTuple):
    """What is left of the hour in which a total begins; `hour` as the roll-up numbers it."""

    hour: int
    first_micros: int
    before_micros: int


def _part_of_an_hour(name: str) -> _PartOfAnHour | None:
    start = start_of_period(name)
    hour = start.replace(minute=0, second=0, microsecond=0)
    if start == hour:
        return None
    return _PartOfAnHour(
        _hour_number(hour), micros_of(text_of(start)), micros_of(text_of(hour + timedelta(hours=1)))
    )


def _spans(name: str) -> Iterator[tuple[int, int]]:
    """The whole hours, days and months of a period, as the roll-up numbers them: each span a first and a
    last.
    """
    kind, start = kind_of_period(name), start_of_period(name)
    if kind == "month":
        yield day_number(start) // 100, day_number(start) // 100
    elif kind == "day":
        yield day_number(start), day_number(start)
    else:
        first = start.replace(minute=0, second=0, microsecond=0)
        first += timedelta(hours=0 if first == start else 1)
        if first.hour:
            yield _hour_number(first), _hour_number(first.replace(hour=23))
            first = first.replace(hour=0) + timedelta(days=1)
        yield from spans_of(first.date(), LAST_DAY)


def _hour_number(moment: datetime) -> int:
    return day_number(moment) * 100 + moment.hour
