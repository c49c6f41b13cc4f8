"""The audit: every sum in the ledger added up again from its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from ppkit.spending.ledger.limit_periods import is_covered, kind_of_period
from ppkit.spending.ledger.packing import tokens_of, unpacked_tags, unpacked_usage
from ppkit.spending.ledger.periods import periods_of
from ppkit.spending.ledger.posting import sums_of
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.tables import EVERYTHING, SUMMED
from ppkit.spending.ledger.timestamps import MONTH
from ppkit.spending.ledger.transaction import Transaction

Figures = tuple[int, ...]
Sums = Mapping[Hashable, Figures]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A sum that does not agree with the entries; None where one side has no such row."""

    table: str
    row: Hashable
    written: Figures | None
    added_up: Figures | None


def audit(tx: Transaction) -> list[Discrepancy]:
    """Every disagreement between entries and sums; an empty list when the books are right.

    Reads the whole ledger: for tests, benchmarks and trouble, not for a call's path.
    """
    sums: dict[Hashable, Figures] = defaultdict(lambda: (0,) * 7)
    further = _further_periods(tx)
    sums.update({(period, scope): (0,) * 7 for scope, periods in further.items() for period in periods})
    rollup: dict[Hashable, Figures] = defaultdict(lambda: (0,) * len(SUMMED))
    uncertain: dict[Hashable, Figures] = {}
    for call in tx.open_calls():
        for scope in scopes_of(call.key, unpacked_tags(call.tags)):
            for period in _periods_counting(call.at, further[scope]):
                _add(sums, (period, scope), (0, call.pico_usd, 0, 0, 0, 0, 0))
    for ended in tx.ended_calls():
        counted = int(ended.kind != "release")
        spent, *marked = sums_of(ended.cost, ended.mark)
        for scope in scopes_of(ended.key, unpacked_tags(ended.tags)):
            for period in _periods_counting(ended.at, further[scope]):
                _add(sums, (period, scope), (spent, 0, *marked, counted))
        if counted:
            tokens = tokens_of(unpacked_usage(ended.usage) if ended.usage else None)
            hour, day, month = periods_of(ended.at)
            figures = (1, *tokens, spent, *marked)
            for row in ((hour, ended.series), (day, ended.series), (day, EVERYTHING), (month, ended.series)):
                _add(rollup, row, figures)
        if ended.mark == "uncertain":
            uncertain[ended.call_id] = ()
    return [
        *(Discrepancy("entry", call_id, (number,), None) for call_id, number in tx.loose_entries()),
        *_differences("scope_sum", _written(tx, "scope_sum", 2), sums),
        *_differences("rollup", _written(tx, "rollup", 2), rollup),
        *_differences("uncertain_call", _written(tx, "uncertain_call", 1), uncertain),
    ]


def _further_periods(tx: Transaction) -> dict[str, list[str]]:
    """By scope, the days and totals whose sums are kept beside those of every month."""
    further: dict[str, list[str]] = defaultdict(list)
    for period, scope, *_ in tx.rows("scope_sum"):
        if kind_of_period(period) != "month":
            further[scope].append(period)
    return further


def _periods_counting(at: str, further: list[str]) -> Iterator[str]:
    """The periods in which a call of this moment counts."""
    yield at[MONTH]
    yield from (period for period in further if is_covered(period, at))


def _add(sums: dict[Hashable, Figures], row: Hashable, figures: Figures) -> None:
    sums[row] = tuple(sum(pair) for pair in zip(sums[row], figures, strict=True))


def _written(tx: Transaction, table: str, key_columns: int) -> Sums:
    return {
        (row[0] if key_columns == 1 else tuple(row[:key_columns])): tuple(row[key_columns:])
        for row in tx.rows(table)
    }


def _differences(table: str, written: Sums, added_up: Sums) -> Iterator[Discrepancy]:
    for row in {**written, **added_up}:
        if written.get(row) != added_up.get(row):
            yield Discrepancy(table, row, written.get(row), added_up.get(row))
