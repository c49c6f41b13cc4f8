"""Whatever the clock does, limits and reports stay right: a month's end, a leap day, summer time, a jump
back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Blocked, Ledger

from .examples import call, usd

ROME = ZoneInfo("Europe/Rome")


class JumpingClock(ManualClock):
    """One that is set by hand, also back."""

    def set_to(self, *moment: int) -> None:
        self._now = datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(datetime(2028, 2, 28, 12, tzinfo=UTC))


@pytest.fixture
def in_rome(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer whose own hour is Rome's."""
    monkeypatch.setenv("TZ", "Europe/Rome")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def spend(ledger: Ledger, call_id: str, amount: str, **tags: str) -> None:
    ledger.reserve(call(call_id, **tags), usd(amount))
    ledger.settle(call_id, usd(amount))


def test_a_leap_day_is_a_day_of_its_own_and_of_its_month(
    ledger: Ledger, budget: Budget, clock: JumpingClock
) -> None:
    budget.set(hard="3")
    budget.set(hard="1", period="day")
    for day in ((2028, 2, 28, 23, 59, 59), (2028, 2, 29), (2028, 2, 29, 23, 59, 59), (2028, 3, 1)):
        clock.set_to(*day)
        spend(ledger, str(day), "0.5")
    assert [(row["day"], row["cost_pico_usd"]) for row in ledger.report("day")] == [
        ("2028-02-28", usd("0.5").pico_usd),
        ("2028-02-29", usd("1").pico_usd),
        ("2028-03-01", usd("0.5").pico_usd),
    ]
    assert (ledger.totals("2028-02").spent, ledger.totals("2028-03").spent) == (usd("1.5"), usd("0.5"))
    clock.set_to(2028, 2, 29, 23, 59, 59, 999999)
    with pytest.raises(Blocked) as refused:
        ledger.reserve(call("more"), Money(1))
    assert refused.value.resets_at == datetime(2028, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ((2026, 12, 31), (2027, 1, 1)),
        ((2027, 2, 28), (2027, 3, 1)),
        ((2028, 2, 29), (2028, 3, 1)),
        ((2026, 4, 30), (2026, 5, 1)),
    ],
)
def test_a_months_last_moment_and_the_next_ones_first_are_held_against_their_own_limits(
    ledger: Ledger, budget: Budget, clock: JumpingClock, last: tuple[int, ...], first: tuple[int, ...]
) -> None:
    budget.set(hard="1")
    clock.set_to(*last, 23, 59, 59, 999999)
    spend(ledger, "last", "1")
    with pytest.raises(Blocked) as refused:
        ledger.reserve(call("more"), Money(1))
    assert refused.value.resets_at == datetime(*first, tzinfo=UTC)  # type: ignore[misc, arg-type]
    clock.set_to(*first)
    spend(ledger, "first", "1")


@pytest.mark.parametrize("hours", [range(22, 27), range(23, 28)])
@pytest.mark.parametrize("day", [(2026, 3, 28), (2026, 10, 24)])
def test_when_the_hour_changes_a_day_stays_a_day_of_the_platforms(
    ledger: Ledger, budget: Budget, clock: JumpingClock, in_rome: None, day: tuple[int, ...], hours: range
) -> None:
    budget.set(hard="10", period="day")
    begin = datetime(*day, tzinfo=UTC)  # type: ignore[misc, arg-type]
    for hour in hours:
        clock._now = begin + timedelta(hours=hour)
        spend(ledger, str(hour), "1")
    in_next = sum(hour >= 24 for hour in hours)
    (today,) = budget.status()
    assert (today.starts_at, today.opens_at) == (begin + timedelta(days=1), begin + timedelta(days=2))
    assert today.spent == usd(str(in_next))
    assert [row["calls"] for row in ledger.report("day")] == [len(hours) - in_next, in_next]
    assert [row["calls"] for row in ledger.report("hour")] == [1] * len(hours)


def test_a_total_may_begin_in_the_hour_that_comes_twice(
    ledger: Ledger, budget: Budget, clock: JumpingClock, in_rome: None
) -> None:
    clock.set_to(2026, 10, 24)
    for hour, minute in ((24, 15), (24, 45), (25, 15), (25, 45)):
        clock._now = datetime(2026, 10, 24, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
        spend(ledger, f"{hour}:{minute}", "1")
    for fold, counted in ((0, "3"), (1, "1")):
        half_past_two = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=ROME)
        budget.set(hard="10", period="total", since=half_past_two, why="a trial")
        assert budget.status()[0].spent == usd(counted)
    assert ledger.audit() == []


def test_a_clock_that_jumps_back_into_an_earlier_period_finds_its_limits_as_they_were_left(
    ledger: Ledger, budget: Budget, clock: JumpingClock
) -> None:
    budget.set(hard="2")
    budget.set(hard="1", period="day")
    clock.set_to(2028, 2, 29, 12)
    spend(ledger, "a", "0.9")
    clock.set_to(2028, 3, 1, 0, 10)
    spend(ledger, "b", "1")
    clock.set_to(2028, 2, 29, 23, 50)
    with pytest.raises(Blocked) as refused:
        ledger.reserve(call("c"), usd("0.11"))
    assert (refused.value.period, refused.value.spent) == ("day", usd("0.9"))
    spend(ledger, "c", "0.1")
    clock.set_to(2028, 3, 1, 0, 20)
    with pytest.raises(Blocked):
        ledger.reserve(call("d"), Money(1))
    assert [row["cost_pico_usd"] for row in ledger.report("day")] == [usd("1").pico_usd] * 2


def test_a_day_from_before_its_limit_was_set_counts_what_was_spent_then(
    ledger: Ledger, budget: Budget, clock: JumpingClock
) -> None:
    spend(ledger, "a", "0.9")
    ledger.reserve(call("b"), usd("0.05"))
    clock.set_to(2028, 2, 29, 0, 1)
    budget.set(hard="1", period="day")
    clock.set_to(2028, 2, 28, 23, 59)
    with pytest.raises(Blocked):
        ledger.reserve(call("c"), usd("0.11"))
    ledger.reserve(call("c"), usd("0.05"))
    ledger.settle("b", usd("0.01"))
    assert budget.status()[0].counted + budget.status()[0].reserved == usd("0.96")


def test_no_call_escapes_a_total_because_the_clock_went_back_behind_its_start(
    ledger: Ledger, budget: Budget, clock: JumpingClock
) -> None:
    clock.set_to(2028, 2, 28, 10, 5)
    spend(ledger, "long before", "5")
    clock.set_to(2028, 2, 28, 10, 25)
    spend(ledger, "shortly before", "0.25")
    clock.set_to(2028, 2, 28, 10, 30)
    budget.set("0.5", "2", period="total", by="ada")
    spend(ledger, "a", "1")
    assert len(ledger.pending_alerts()) == 1
    clock.set_to(2028, 2, 28, 10, 20)
    with pytest.raises(Blocked):
        ledger.reserve(call("b"), usd("0.76"))
    assert budget.get(period="total").since == datetime(2028, 2, 28, 10, 30, tzinfo=UTC)
    spend(ledger, "b", "0.75")
    assert budget.get(period="total").since == clock.now()
    (told,) = ledger.pending_alerts()
    assert told.period.startswith("since 2028-02-28T10:20")
    assert [(one.by, one.limits.since) for one in budget.changes()] == [
        ("ada", datetime(2028, 2, 28, 10, 30, tzinfo=UTC)),
        ("ppkit", clock.now()),
    ]
    clock.set_to(2028, 2, 28, 10, 40)
    with pytest.raises(Blocked):
        ledger.reserve(call("c"), Money(1))


@pytest.mark.parametrize("behind", [timedelta(milliseconds=5), timedelta(minutes=4)])
@pytest.mark.parametrize("start", [(2028, 2, 28, 10, 30), (2028, 3, 1)], ids=["in an hour", "of a month"])
def test_a_machine_whose_clock_is_a_little_behind_counts_in_and_moves_no_start(
    ledger: Ledger, budget: Budget, clock: JumpingClock, behind: timedelta, start: tuple[int, ...]
) -> None:
    clock.set_to(*start)
    begun = clock.now()
    budget.set(hard="2", period="total", by="ada")
    clock._now = begun - behind
    spend(ledger, "a", "1.5")
    with pytest.raises(Blocked):
        ledger.reserve(call("b"), usd("0.6"))
    assert budget.get(period="total").since == begun
    assert [one.by for one in budget.changes()] == ["ada"]
    assert ledger.entry("a").reserved_at == begun
    ledger.reserve(call("b"), usd("0.5"))
    ledger.release("b")
    clock._now = begun + timedelta(minutes=1)
    assert (budget.status()[0].spent, budget.status()[0].reserved) == (usd("1.5"), Money(0))


def test_a_call_that_ends_before_it_began_counts_where_it_began(
    ledger: Ledger, budget: Budget, clock: JumpingClock
) -> None:
    budget.set(hard="1", period="day")
    clock.set_to(2028, 3, 1, 0, 1)
    ledger.reserve(call("a"), usd("1"))
    clock.set_to(2028, 2, 29, 23, 59)
    ledger.settle("a", usd("0.5"))
    assert ledger.totals("2028-03").spent == usd("0.5")
    assert [row["day"] for row in ledger.report("day")] == ["2028-03-01"]
    assert ledger.reserve(call("b"), usd("1")).in_full
