"""A report is read from the roll-up, never from single entries, and grouped by whole columns.

The database only adds up; what a field says of a series or a period is worked out once for each of these, of
which there are few, and not for each row. So every question is asked of both databases in the same words.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import add
from typing import TypeAlias

from ppkit.keys.key_refusal import refuse_keys
from ppkit.spending.ledger import rollup
from ppkit.spending.ledger.errors import AmountTooLarge, NotADay
from ppkit.spending.ledger.packing import NO_TAGS
from ppkit.spending.ledger.periods import (
    DAYS,
    Periods,
    day_number,
    day_of,
    days_between,
    periods_of,
    spans_of,
)
from ppkit.spending.ledger.report import FIGURES, RESERVED, Day, Report
from ppkit.spending.ledger.report_fields import (
    PERIOD_FIELDS,
    Label,
    check_field,
    condition,
    days_meant,
    label_of_period,
    labelling,
)
from ppkit.spending.ledger.tables import EVERYTHING, SUMMED, OpenCall, Series
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.values import LARGEST_PICO_USD

Column: TypeAlias = "array[int]"


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is asked: fields to group by, first and last day (both included), fields with a value.

    Raises UnknownGrouping for a field that is none, NotADay for a value that is no such period.
    """

    by: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    where: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in (*self.by, *(name for name, _ in self.where)):
            check_field(name)
        for name, value in self.periods_wanted:
            days_meant(name, value)

    @classmethod
    def of(
        cls, by: str | Sequence[str], since: Day | None, until: Day | None, where: Mapping[str, str] | None
    ) -> Question:
        """A question as a caller writes it. Raises UnknownGrouping, NotADay, KeyInText."""
        refuse_keys("report", by, since, until, where)
        fields = (by,) if isinstance(by, str) else tuple(dict.fromkeys(by))
        return cls(fields, _day(since), _day(until), tuple((where or {}).items()))

    @property
    def periods_wanted(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.where if name in PERIOD_FIELDS]

    @property
    def names_series(self) -> bool:
        """Whether the sums of everything together cannot answer it."""
        return any(name not in PERIOD_FIELDS for name in (*self.by, *dict(self.where)))

    @property
    def finest(self) -> str | None:
        """The shortest period that must be told from others."""
        named = {*self.by, *(name for name, _ in self.where if name == "hour")}
        return next((name for name in PERIOD_FIELDS if name in named), None)

    def days(self) -> tuple[int, int]:
        """The first and the last day that may be meant."""
        ranges = [(day_number(first), day_number(last)) for first, last in self._ranges()]
        return max([DAYS[0], *(first for first, _ in ranges)]), min([DAYS[1], *(last for _, last in ranges)])

    def _ranges(self) -> Iterator[tuple[date, date]]:
        yield self.since or date.min, self.until or date.max
        for name, value in self.periods_wanted:
            yield days_meant(name, value)

    def means(self, period: int) -> bool:
        """Whether an hour is meant, where hours are asked for; days are looked after by `days`."""
        return all(label_of_period("hour", period) == value for name, value in self.where if name == "hour")


class _Columns:
    """What was read: a row's period, its series, and the figures that occur, each in a column of its own."""

    def __init__(self, figures: Sequence[str]) -> None:
        self.periods: Column = array("q")
        self.series: Column = array("q")
        self.figures: dict[str, Column] = {name: array("q") for name in figures}

    def extend(self, rows: Iterable[Sequence[int]]) -> None:
        for column, values in zip(
            (self.periods, self.series, *self.figures.values()), zip(*rows, strict=True), strict=False
        ):
            column.extend(array("q", values))  # a third of the time that numbers take one by one

    def add_open_calls(self, calls: Iterable[tuple[int, int, int]]) -> None:
        """Each with its period, its series and what is reserved."""
        found = list(calls)
        if not found:
            return
        before = len(self.periods)
        for column in self.figures.values():
            column.extend([0] * len(found))
        reserved = array("q", bytes(8 * before))
        for period, series, pico_usd in found:
            self.periods.append(period)
            self.series.append(series)
            reserved.append(pico_usd)
        self.figures[RESERVED] = reserved


def report(tx: Transaction, question: Question) -> Report:
    """Settled costs from the roll-up, with what is uncertain or marked, beside the money still reserved."""
    first, last = question.days()
    named = {one.id: one for one in tx.series()} if question.names_series or question.finest == "hour" else {}
    calls = [call for call in tx.open_calls() if first <= periods_of(call.at).day <= last]
    in_flight = list(zip(calls, _series_of(calls, named), strict=True))
    wanted = _wanted(question, named)
    columns = _read(tx, question, named, wanted)
    columns.add_open_calls(
        (_period_of(call, question), number, call.pico_usd)
        for call, number in in_flight
        if (wanted is None or number in wanted) and question.means(periods_of(call.at).hour)
    )
    named[EVERYTHING] = Series(EVERYTHING, "", "", "", NO_TAGS)
    return _grouped(question.by, columns, named)


def _series_of(calls: Sequence[OpenCall], named: dict[int, Series]) -> list[int]:
    """The number of each call's series; one that only calls in flight have gets a negative one."""
    if not calls:
        return []
    known: dict[tuple[object, ...], int] = {one[1:]: number for number, one in named.items()}
    numbers = []
    for call in calls:
        common = (call.model, call.key, call.endpoint, call.tags)
        number = known.setdefault(common, -len(known) - 1)
        named.setdefault(number, Series(number, *common))
        numbers.append(number)
    return numbers


def _wanted(question: Question, named: Mapping[int, Series]) -> set[int] | None:
    """The numbers of the series that are asked for; None for all."""
    asked = [(name, value) for name, value in question.where if name not in PERIOD_FIELDS]
    if not asked:
        return None
    conditions = [condition(name, value, named.values()) for name, value in asked]
    return {number for number, one in named.items() if all(is_meant(one) for is_meant in conditions)}


# ---------------------------------------------------------------- reading


def _read(
    tx: Transaction, question: Question, named: Mapping[int, Series], wanted: set[int] | None
) -> _Columns:
    found = rollup.first_and_last(tx.execute, *question.days())
    if found is None or wanted == set():
        return _Columns(())
    days = days_between(*found)
    everything = _Columns(SUMMED)
    for bunch in rollup.sums_of_everything(tx.execute, days, SUMMED):
        everything.extend(bunch)
    if not question.names_series and question.finest != "hour":
        return everything
    occurring = [name for name, column in everything.figures.items() if any(column)]
    columns = _Columns(occurring)
    merging = _Merging(question.by, named.values())
    for rows in _rows(tx, question, found, occurring, wanted):
        if merging.merges:
            merging.add(rows)
        else:
            columns.extend(rows)
    columns.extend(merging.rows())
    return columns


def _rows(
    tx: Transaction,
    question: Question,
    days: tuple[int, int],
    figures: Sequence[str],
    wanted: set[int] | None,
) -> Iterator[Sequence[Sequence[int]]]:
    """From the coarsest sums that answer the question."""
    first, last = days
    few = None if wanted is None else sorted(wanted)
    read = rollup.sums_by_series if question.finest is None else rollup.sums_by_period
    if question.finest == "hour":
        spans = [(first * 100, last * 100 + 23)]
    elif question.finest in {"day", "week"}:
        spans = [days]
    else:
        spans = list(spans_of(day_of(first), day_of(last)))
    for begin, end in spans:
        for rows in read(tx.execute, begin, end, figures, few):
            yield [row for row in rows if question.means(row[0])] if question.finest == "hour" else rows


class _Merging:
    """Adds up rows that no field tells apart while they are read, where there are such."""

    def __init__(self, by: Sequence[str], series: Collection[Series]) -> None:
        self._period_fields = [name for name in by if name in PERIOD_FIELDS]
        fields = [labelling(name, None) for name in by if name not in PERIOD_FIELDS]
        alike: dict[tuple[Label, ...], int] = {}
        self._series = {one.id: alike.setdefault(tuple(of(one) for of in fields), one.id) for one in series}
        self.merges = len(alike) < len(series) or "week" in by
        self._alike: dict[tuple[Label, ...], int] = {}
        self._periods: dict[int, int] = {}
        self._sums: dict[tuple[int, int], list[int]] = {}

    def add(self, rows: Iterable[Sequence[int]]) -> None:
        periods, series, sums = self._periods, self._series, self._sums
        for period, number, *figures in rows:
            place = periods.get(period) or self._first_alike(period), series[number]
            before = sums.get(place)
            sums[place] = figures if before is None else list(map(add, before, figures))

    def _first_alike(self, period: int) -> int:
        labels = tuple(label_of_period(name, period) for name in self._period_fields)
        found = self._periods[period] = self._alike.setdefault(labels, period)
        return found

    def rows(self) -> Iterator[Sequence[int]]:
        """Raises AmountTooLarge beyond 64 bits."""
        for place, figures in self._sums.items():
            if max(figures, default=0) > LARGEST_PICO_USD:
                raise AmountTooLarge
            yield *place, *figures


def _period_of(call: OpenCall, question: Question) -> int:
    periods: Periods = periods_of(call.at)
    return periods.hour if question.finest == "hour" else periods.day


# ---------------------------------------------------------------- grouping


def _grouped(by: Sequence[str], columns: _Columns, named: Mapping[int, Series]) -> Report:
    """One row for each combination of labels, sorted by them.

    A combination is a single number, made of the ranks of its labels: the part of the period and the part of
    the series are added up, row by row. Nothing else is done for each row.
    """
    weighing = _Weighing(by, set(columns.periods), [named[number] for number in set(columns.series)])
    of_period, of_series = weighing.of_period, weighing.of_series
    groups = [
        of_period[period] + of_series[number]
        for period, number in zip(columns.periods, columns.series, strict=True)
    ]
    in_order = sorted(set(groups))
    figures = columns.figures
    if in_order != groups:
        place = {group: number for number, group in enumerate(in_order)}
        places = [place[group] for group in groups]
        figures = {name: _folded(column, places, len(in_order)) for name, column in figures.items()}
    nothing = array("q", bytes(8 * len(in_order)))
    return Report(
        tuple(by), weighing.labels_of(in_order), {name: figures.get(name, nothing) for name in FIGURES}
    )


def _folded(column: Column, places: Sequence[int], count: int) -> Column:
    """The column's sums, one for each place. Raises AmountTooLarge beyond 64 bits."""
    sums = [0] * count
    for place, figure in zip(places, column, strict=True):
        sums[place] += figure
    try:
        return array("q", sums)
    except OverflowError:
        raise AmountTooLarge from None


class _Weighing:
    """Gives every combination of labels a number that sorts as they do: None first, the first field first."""

    def __init__(self, by: Sequence[str], periods: set[int], series: Sequence[Series]) -> None:
        self._by = by
        self._labels: list[list[Label]] = []
        self._weights: list[int] = []
        self.of_period = dict.fromkeys(periods, 0)
        self.of_series = {one.id: 0 for one in series}
        weight = 1
        for name in reversed(by):
            if name in PERIOD_FIELDS:
                found: dict[int, Label] = {period: label_of_period(name, period) for period in periods}
                weights = self.of_period
            else:
                label = labelling(name, series)
                found = {one.id: label(one) for one in series}
                weights = self.of_series
            labels = sorted(set(found.values()), key=lambda value: (value is not None, value or ""))
            ranks = {value: rank for rank, value in enumerate(labels)}
            for number, value in found.items():
                weights[number] += ranks[value] * weight
            self._labels.insert(0, labels)
            self._weights.insert(0, weight)
            weight *= max(len(labels), 1)

    def labels_of(self, groups: Sequence[int]) -> dict[str, tuple[Sequence[int], Sequence[Label]]]:
        """For each field its labels, and which of them each group has."""
        return {
            name: (array("q", [group // weight % count for group in groups]), labels)
            for name, weight, labels in zip(self._by, self._weights, self._labels, strict=True)
            for count in (len(labels),)
        }


def _day(day: Day | None) -> date | None:
    """The day that is meant. Raises NotADay."""
    if isinstance(day, datetime):
        return (day.astimezone(UTC) if day.tzinfo else day).date()
    if day is None or isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise NotADay(value=day) from None
