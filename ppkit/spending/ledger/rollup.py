"""The roll-up: sums of each hour, day and month by series, written with every ending, read by reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ppkit.spending.ledger.periods import Periods
from ppkit.spending.ledger.sql_port import Execute
from ppkit.spending.ledger.tables import EVERYTHING, SUMMED

MOST_AT_ONCE = 5000
"""Periods or series that a statement names one by one."""

_BUNCH = 1000
"""Rows fetched together: enough to lose no time between them, few enough to stay in the processor's cache."""

CORRECT_ROLLUP = f"""
UPDATE rollup SET {", ".join(f"{name} = {name} + ?" for name in SUMMED)} WHERE period = ? AND series = ?"""  # noqa: S608


@cache
def roll_up_sql(occurring: tuple[int, ...]) -> str:
    # Most calls have few of the figures.
    names = [SUMMED[place] for place in occurring]
    row = f"({', '.join('?' * (2 + len(names)))})"
    return f"""
INSERT INTO rollup (period, series, {", ".join(names)}) VALUES {row}, {row}, {row}, {row}
ON CONFLICT (period, series) DO UPDATE SET
{", ".join(f"{name} = rollup.{name} + excluded.{name}" for name in names)}"""  # noqa: S608


def rollup_rows(periods: Periods, series: int) -> tuple[tuple[int, int], ...]:
    """The rows that count a call, each by its period and series."""
    hour, day, month = periods
    return (hour, series), (day, series), (day, EVERYTHING), (month, series)


def first_and_last(execute: Execute, lowest: int, highest: int) -> tuple[int, int] | None:
    """The first and the last period with a call, of those from the lowest to the highest."""
    sql = """
SELECT (SELECT min(period) FROM rollup WHERE period BETWEEN :lowest AND :highest),
       (SELECT max(period) FROM rollup WHERE period BETWEEN :lowest AND :highest)"""
    first, last = execute(sql, {"lowest": lowest, "highest": highest}).fetchone()
    return None if first is None else (first, last)


def sums_of_everything(execute: Execute, days: Sequence[int], figures: Sequence[str]) -> Iterator[list[Any]]:
    """Rows in bunches: the day, `EVERYTHING`, then the figures; without the days that had no call."""
    named = ", ".join(["period", "series", *figures])
    for begin in range(0, len(days), MOST_AT_ONCE):
        some = ", ".join(map(str, days[begin : begin + MOST_AT_ONCE]))
        where = f"series = {EVERYTHING} AND period IN ({some})"
        sql = f"SELECT {named} FROM rollup WHERE {where} ORDER BY period"  # noqa: S608
        yield execute(sql).fetchall()


def sums_by_period(
    execute: Execute, first: int, last: int, figures: Sequence[str], series: Sequence[int] | None = None
) -> Iterator[list[Any]]:
    """Rows in bunches: the period, the series, then the figures. `series` None: of every series."""
    # In no order: PostgreSQL would sort the rows for a third of the time that they take.
    named = ", ".join(["period", "series", *figures])
    sql = f"SELECT {named} FROM rollup WHERE {_in_range(series)}"  # noqa: S608
    rows = execute(sql, (first, last))
    while bunch := rows.fetchmany(_BUNCH):
        yield _chosen(bunch, series)


def sums_by_series(
    execute: Execute, first: int, last: int, figures: Sequence[str], series: Sequence[int] | None = None
) -> Iterator[list[Any]]:
    """Rows in bunches: the first period, the series, then the figures, of all periods together."""
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in figures)
    where = _in_range(series)
    sql = f"SELECT {int(first)}, series, {sums} FROM rollup WHERE {where} GROUP BY series"  # noqa: S608
    yield _chosen(execute(sql, (first, last)).fetchall(), series)


def _in_range(series: Sequence[int] | None) -> str:
    """A condition for some series, and for periods between two that travel as parameters.

    Where there are too many to be named, every series is read: `_chosen` has to follow.
    """
    if series is None or len(series) > MOST_AT_ONCE:
        return f"period BETWEEN ? AND ? AND series <> {EVERYTHING}"
    return f"period BETWEEN ? AND ? AND series IN ({', '.join(map(str, series)) or 'NULL'})"


def _chosen(rows: list[Any], series: Sequence[int] | None) -> list[Any]:
    """The rows of these series, of those that `_in_range` lets pass."""
    if series is None or len(series) <= MOST_AT_ONCE:
        return rows
    wanted = set(series)
    return [row for row in rows if row[1] in wanted]
