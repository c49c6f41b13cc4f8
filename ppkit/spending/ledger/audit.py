"""The audit: every sum in the ledger added up again from its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from ppkit.spending.ledger.packing import unpacked_tags, unpacked_usage
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.store import Row, Transaction
from ppkit.spending.ledger.timestamps import day_in, month_in
from ppkit.spending.ledger.transitions import sums_of

CALLS = """
SELECT reserve.call_id, reserve.at, reserve.model, reserve.key, reserve.tags, reserve.pico_usd,
       ending.kind, last.pico_usd, last.mark, last.usage
FROM entry AS reserve
LEFT JOIN entry AS ending ON ending.call_id = reserve.call_id AND ending.ends = 1
LEFT JOIN entry AS last ON last.call_id = reserve.call_id AND last.ends =
  (SELECT max(ends) FROM entry AS any_entry WHERE any_entry.call_id = reserve.call_id AND ends > 0)
WHERE reserve.ends = 0"""

# An entry must follow the one before it: an ending its reservation, a correction its ending.
LOOSE_ENTRIES = """
SELECT call_id, ends FROM entry AS later WHERE ends > 0 AND NOT EXISTS
  (SELECT 1 FROM entry AS before WHERE before.call_id = later.call_id AND before.ends = later.ends - 1)"""

_MARKED = "uncertain_pico_usd, estimated_pico_usd, ceiling_pico_usd, overrun_pico_usd"
MONTHS = f"SELECT month, scope, spent_pico_usd, {_MARKED}, reserved_pico_usd, calls FROM month"  # noqa: S608
DAYS = f"""
SELECT day, model, key, tags, calls, input_tokens, output_tokens, cost_pico_usd, {_MARKED} FROM daily"""  # noqa: S608
OPEN = "SELECT call_id, pico_usd FROM open_reservation"
UNCERTAIN = "SELECT call_id, 1 FROM uncertain_call"

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
    months: dict[Hashable, Figures] = defaultdict(lambda: (0,) * 7)
    days: dict[Hashable, Figures] = defaultdict(lambda: (0,) * 8)
    still_open: dict[Hashable, Figures] = {}
    uncertain: dict[Hashable, Figures] = {}
    for call_id, at, model, key, tags, reserved, kind, cost, mark, usage in tx.execute(CALLS).fetchall():
        sums = sums_of(cost or 0, mark)
        charge = (*sums, reserved if kind is None else 0, int(kind not in {None, "release"}))
        for scope in scopes_of(key, unpacked_tags(tags)):
            _add(months, (month_in(at), scope), charge)
        if kind is None:
            still_open[call_id] = (reserved,)
        elif kind != "release":
            tokens = unpacked_usage(usage) if usage else None
            counts = (tokens.input_tokens, tokens.output_tokens) if tokens else (0, 0)
            _add(days, (day_in(at), model, key, tags), (1, *counts, *sums))
        if mark == "uncertain":
            uncertain[call_id] = (1,)
    loose = tx.execute(LOOSE_ENTRIES).fetchall()
    return [
        *(Discrepancy("entry", call_id, (ends,), None) for call_id, ends in loose),
        *_differences("month", _rows(tx, MONTHS, 2), months),
        *_differences("daily", _rows(tx, DAYS, 4), days),
        *_differences("open_reservation", _rows(tx, OPEN, 1), still_open),
        *_differences("uncertain_call", _rows(tx, UNCERTAIN, 1), uncertain),
    ]


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
