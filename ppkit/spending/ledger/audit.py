"""The audit: every sum in the ledger added up again from its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from ppkit.spending.ledger.moments import day_in, month_in
from ppkit.spending.ledger.packing import unpacked_tags, unpacked_usage
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.store import Row, Transaction
from ppkit.spending.ledger.values import COUNTED_AT_MOST, Mark

CALLS = """
SELECT reserve.call_id, reserve.at, reserve.model, reserve.key, reserve.tags, reserve.pico_usd,
       ending.kind, ending.pico_usd, ending.mark, ending.usage
FROM entry AS reserve
LEFT JOIN entry AS ending ON ending.call_id = reserve.call_id AND ending.ends = 1
WHERE reserve.ends = 0"""

ENDINGS_WITHOUT_RESERVATION = """
SELECT call_id FROM entry WHERE ends = 1 EXCEPT SELECT call_id FROM entry WHERE ends = 0"""

MONTHS = "SELECT month, scope, spent_pico_usd, reserved_pico_usd, calls, unknown_pico_usd FROM month"
DAYS = "SELECT day, model, key, tags, calls, input_tokens, output_tokens, cost_pico_usd FROM daily"
OPEN = "SELECT call_id, pico_usd FROM open_reservation"

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
    months: dict[Hashable, Figures] = defaultdict(lambda: (0,) * 4)
    days: dict[Hashable, Figures] = defaultdict(lambda: (0,) * 4)
    still_open: dict[Hashable, Figures] = {}
    for call_id, at, model, key, tags, reserved, kind, cost, mark, usage in tx.execute(CALLS).fetchall():
        charge = _charge_of(reserved, kind, cost, mark)
        for scope in scopes_of(key, unpacked_tags(tags)):
            _add(months, (month_in(at), scope), charge)
        if kind is None:
            still_open[call_id] = (reserved,)
        elif kind != "release":
            tokens = unpacked_usage(usage) if usage else None
            counts = (tokens.input_tokens, tokens.output_tokens) if tokens else (0, 0)
            _add(days, (day_in(at), model, key, tags), (1, *counts, cost))
    orphans = tx.execute(ENDINGS_WITHOUT_RESERVATION).fetchall()
    return [
        *(Discrepancy("entry", call_id, (1,), None) for (call_id,) in orphans),
        *_differences("month", _rows(tx, MONTHS, 2), months),
        *_differences("daily", _rows(tx, DAYS, 4), days),
        *_differences("open_reservation", _rows(tx, OPEN, 1), still_open),
    ]


def _charge_of(reserved: int, kind: str | None, cost: int, mark: Mark | None) -> Figures:
    """What one call adds to its month: spent, reserved, calls, unknown."""
    if kind is None:
        return 0, reserved, 0, 0
    return cost, 0, int(kind != "release"), cost if mark in COUNTED_AT_MOST else 0


def _add(sums: dict[Hashable, Figures], row: Hashable, figures: Figures) -> None:
    sums[row] = tuple(sum(pair) for pair in zip(sums[row], figures, strict=True))


def _rows(tx: Transaction, sql: str, key_columns: int) -> Sums:
    rows: list[Row] = tx.execute(sql).fetchall()
    return {
        (row[0] if key_columns == 1 else tuple(row[:key_columns])): tuple(row[key_columns:]) for row in rows
    }


def _differences(table: str, written: Sums, added_up: Sums) -> Iterator[Discrepancy]:
    for row in {**written, **added_up}:
        if written.get(row) != added_up.get(row):
            yield Discrepancy(table, row, written.get(row), added_up.get(row))
