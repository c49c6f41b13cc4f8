"""Every question a report can be asked, beside sums made of the single entries in plain Python.

The calls stand where calendars are strange: at the ends of months and years, on a leap day, in the nights in
which clocks change, and after a clock was set back.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Call, Ledger, Mark, NotADay
from ppkit.spending.ledger.report import FIGURES, RATIOS
from ppkit.spending.usage import Usage

ROME = ZoneInfo("Europe/Rome")
MOMENTS = [
    datetime(2027, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2028, 1, 1, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 0, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
    datetime(2028, 3, 1, 0, 30, tzinfo=ROME),  # the last of February, as the platform counts
    datetime(2028, 3, 26, 1, 59, tzinfo=ROME),
    datetime(2028, 3, 26, 3, 0, tzinfo=ROME),  # a minute later: the clocks went forward
    datetime(2028, 10, 29, 2, 30, tzinfo=ROME, fold=0),
    datetime(2028, 10, 29, 2, 30, tzinfo=ROME, fold=1),  # the same hour once more
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),  # and a clock that was set back
]
MARKS: list[Mark | None] = [None, None, "estimated", "ceiling", "uncertain"]
FIELDS = ("hour", "day", "week", "month", "model", "key", "kind", "tag:client", "tag:lesson")


@dataclass
class Counted:
    """One call as the laws know it."""

    at: datetime
    call: Call
    usage: Usage
    cost: int
    mark: Mark | None
    is_open: bool = False


LABELS: dict[str, Callable[[Counted], str | None]] = {
    "hour": lambda one: f"{one.at:%Y-%m-%dT%H}",
    "day": lambda one: f"{one.at:%Y-%m-%d}",
    "week": lambda one: f"{one.at:%G-W%V}",
    "month": lambda one: f"{one.at:%Y-%m}",
    "model": lambda one: one.call.model,
    "key": lambda one: one.call.key,
    "kind": lambda one: one.call.endpoint,
    "tag:client": lambda one: one.call.tags.get("client"),
    "tag:lesson": lambda one: one.call.tags.get("lesson"),
}


@pytest.fixture
def history(ledger: Ledger) -> list[Counted]:
    chance, history = random.Random(7), list[Counted]()
    for number, moment in enumerate(MOMENTS * 4):
        at = moment.astimezone(UTC)
        ledger.clock = ManualClock(at)  # one clock after the other: they do not agree
        names = [name for name in ("client", "lesson") if chance.random() < 0.6]
        call = Call(
            f"c{number}",
            chance.choice(["m1", "m2"]),
            chance.choice(["…AAAA", "…BBBB"]),
            chance.choice(["chat", "images"]),
            {name: chance.choice("12") for name in names},
        )
        usage = Usage(
            chance.randrange(100, 200), chance.randrange(50, 90), *(chance.randrange(9) for _ in range(3))
        )
        one = Counted(at, call, usage, chance.randrange(1, 99), chance.choice(MARKS), number % 9 == 8)
        ledger.reserve(call, Money(100), expires_at=at + timedelta(days=9999))
        if not one.is_open:
            ledger.settle(call.id, Money(one.cost), usage, mark=one.mark)
        if number % 5 == 0 and not one.is_open:
            one.cost, one.mark = 50, None
            ledger.resolve(call.id, Money(50), by="ada", why="the bill")
        history.append(one)
    return history


def added_up(history: list[Counted], by: tuple[str, ...]) -> list[dict[str, object]]:
    """What a report must say of these calls."""
    rows: dict[tuple[str | None, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for one in history:
        row = rows[tuple(LABELS[name](one) for name in by)]
        if one.is_open:
            row["reserved_pico_usd"] += 100
            continue
        row["calls"] += 1
        for name in FIGURES:
            if name.endswith("_tokens"):
                row[name] += getattr(one.usage, name)
        if one.mark is not None:
            row[f"{one.mark}_pico_usd"] += one.cost
        if one.mark != "uncertain":
            row["cost_pico_usd"] += one.cost
    in_order = sorted(rows, key=lambda labels: [(label is not None, label or "") for label in labels])
    return [{**dict(zip(by, labels, strict=True)), **rows[labels]} for labels in in_order]


BY = st.lists(st.sampled_from(FIELDS), max_size=4, unique=True).map(tuple)
BOUNDS = st.none() | st.sampled_from(
    [*(moment.astimezone(UTC).date() for moment in MOMENTS), date(2028, 6, 1)]
)


def test_every_report_is_the_sum_of_its_entries(ledger: Ledger, history: list[Counted]) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(by=BY, since=BOUNDS, until=BOUNDS, data=st.data())
    def ask(by: tuple[str, ...], since: date | None, until: date | None, data: st.DataObject) -> None:
        where = {
            name: data.draw(
                st.sampled_from(sorted({label for one in history if (label := LABELS[name](one))}))
            )
            for name in data.draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True))
        }
        meant = [
            one
            for one in history
            if (since is None or one.at.date() >= since)
            and (until is None or one.at.date() <= until)
            and all(LABELS[name](one) == value for name, value in where.items())
        ]
        assert ledger.report(by, since, until, where).rows == added_up(meant, by)

    ask()


def test_every_combination_of_fields_can_be_asked_for(ledger: Ledger, history: list[Counted]) -> None:
    for by in itertools.combinations(FIELDS, 2):
        assert ledger.report(by).rows == added_up(history, by)
    assert ledger.report(FIELDS).rows == added_up(history, FIELDS)


def test_a_day_of_a_month_that_ended_elsewhere_counts_as_the_platform_counts(
    ledger: Ledger, history: list[Counted]
) -> None:
    leap_day = ledger.report("hour", where={"day": "2028-02-29"})
    assert [row["hour"] for row in leap_day] == [f"2028-02-29T{hour}" for hour in ("00", "12", "23")]
    assert {row["month"] for row in ledger.report("month", until="2028-02-29")} == {
        "2027-12",
        "2028-01",
        "2028-02",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("month", "2028-13"),
        ("week", "2028-W54"),
        ("day", "29/2/2028"),
        ("hour", "2028-02-29"),
        ("hour", "2028-02-29T24"),
    ],
)
def test_what_is_no_such_period_is_refused(ledger: Ledger, field: str, value: str) -> None:
    with pytest.raises(NotADay):
        ledger.report(where={field: value})


def test_a_table_has_dates_moments_categories_and_whole_numbers(
    ledger: Ledger, history: list[Counted]
) -> None:
    by = ("hour", "day", "month", "model", "tag:client")
    frame = ledger.report(by).to_frame()
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds["hour"].endswith("UTC]")
    assert all(kinds[name].startswith("datetime64") for name in ("hour", "day", "month"))
    assert (kinds["model"], kinds["tag:client"]) == ("category", "category")
    assert {kinds[name] for name in FIGURES} == {"int64"}
    without = [row for row in added_up(history, by) if row["tag:client"] is None]
    assert frame["tag:client"].isna().sum() == len(without) > 0


def test_shares_are_of_what_they_say(ledger: Ledger) -> None:
    for number, (cost, mark) in enumerate(
        [(30, None), (10, "estimated"), (20, "ceiling"), (20, "uncertain")]
    ):
        ledger.reserve(Call(f"c{number}", "m", "…AAAA", "chat"), Money(100))
        ledger.settle(f"c{number}", Money(cost), Usage(100, 10, cached_tokens=25), mark=mark)  # type: ignore[arg-type]
    (row,) = ledger.report().records()
    assert row["cost_per_call_pico_usd"] == 15.0
    assert (row["cached_share"], row["uncertain_share"], row["estimated_share"]) == (0.25, 0.25, 0.5)
    (of_frame,) = ledger.report().to_frame().to_dict("records")
    assert {name: of_frame[name] for name in row} == row


def test_nothing_is_divided_by_nothing(ledger: Ledger) -> None:
    ledger.reserve(Call("a", "m", "…AAAA", "chat"), Money(100))
    (row,) = ledger.report().records()
    assert [row[name] for name in ("cost_per_call_pico_usd", "cached_share", "estimated_share")] == [None] * 3
    assert ledger.report().to_frame()[[*RATIOS]].isna().all(axis=None)


def test_amounts_in_usd_have_their_unit_in_the_name(ledger: Ledger) -> None:
    ledger.reserve(Call("a", "m", "…AAAA", "chat"), Money.usd("1"))
    ledger.settle("a", Money.usd("0.25"))
    frame = ledger.report().to_usd()
    assert not [name for name in frame.columns if "pico" in name]
    assert frame["cost_usd"].tolist() == [0.25]
    assert frame["cost_per_call_usd"].tolist() == [0.25]
