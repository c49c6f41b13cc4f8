"""Limits a month, a day and in total, for everything, one key, one tag: in any set, all at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import (
    Blocked,
    Busy,
    Ledger,
    LimitPeriod,
    Limits,
    LimitStatus,
    LimitWithoutReason,
    NotAStart,
    PercentWithoutLimit,
    SoftAboveHard,
)
from ppkit.spending.ledger.tables import TABLES

from .examples import KEY, call, usd

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def spend(ledger: Ledger, call_id: str, amount: str, **tags: str) -> None:
    ledger.reserve(call(call_id, **tags), usd(amount))
    ledger.settle(call_id, usd(amount))


def status_of(budget: Budget, period: LimitPeriod, scope: str = "all") -> LimitStatus:
    return next(one for one in budget.status() if (one.scope, one.period) == (scope, period))


# A day.


def test_a_daily_limit_opens_again_the_next_day(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(hard="1.00", period="day")
    spend(ledger, "a", "1.00")
    with pytest.raises(Blocked) as refused:
        ledger.reserve(call("b"), Money(1))
    assert (refused.value.period, refused.value.resets_at) == ("day", datetime(2026, 11, 24, tzinfo=UTC))
    clock.advance(timedelta(hours=12))
    spend(ledger, "b", "1.00")


def test_a_daily_limit_set_at_noon_counts_the_morning_and_the_calls_under_way(
    ledger: Ledger, budget: Budget
) -> None:
    spend(ledger, "a", "0.60", client="a")
    ledger.reserve(call("b", client="a"), usd("0.30"))
    budget.set(hard="1.00", period="day", tag="client=a")
    assert status_of(budget, "day", "tag:client=a").left == usd("0.10")
    with pytest.raises(Busy):
        ledger.reserve(call("c", client="a"), usd("0.20"))
    ledger.settle("b", usd("0.10"))
    assert ledger.reserve(call("c", client="a"), usd("0.30")).in_full
    assert ledger.reserve(call("d", client="b"), usd("5")).in_full


def test_a_scope_of_more_series_than_a_statement_names_counts_no_others_money(
    ledger: Ledger, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppkit.spending.ledger.rollup.MOST_AT_ONCE", 2)
    for number in range(3):
        spend(ledger, f"a{number}", "0.10", client="a", run=f"r{number}")
    spend(ledger, "b", "30", client="b")
    budget.set(hard="5", period="day", tag="client=a")
    budget.set(hard="5", period="total", tag="client=a", since=NOON.replace(hour=1))
    assert [one.spent for one in budget.status()] == [usd("0.30")] * 2
    assert ledger.reserve(call("more", client="a"), usd("4.70")).in_full
    assert ledger.audit() == []
    (row,) = ledger.report("day", where={"tag:client": "a"})
    assert row["cost_pico_usd"] == usd("0.30").pico_usd


def test_the_day_belongs_to_the_reservation(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(hard="1.00", period="day")
    clock.advance(timedelta(hours=11, minutes=59))
    ledger.reserve(call("a"), usd("0.90"))
    clock.advance(timedelta(minutes=2))
    assert ledger.reserve(call("b"), usd("1.00")).in_full
    ledger.settle("a", usd("0.80"))
    assert status_of(budget, "day").spent == Money(0)
    assert ledger.store.read(lambda tx: tx.totals("2026-11-23", "all")) == (
        usd("0.8").pico_usd,
        0,
        1,
        0,
        0,
        0,
        0,
    )


def test_what_is_known_later_of_an_earlier_days_call_changes_that_day(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="1.00", period="day")
    ledger.reserve(call("a"), usd("1.00"))
    ledger.give_up("a")
    clock.advance(timedelta(days=1))
    spend(ledger, "b", "0.25")
    ledger.resolve("a", usd("0.50"), by="ada", why="the bill")
    assert status_of(budget, "day").counted == usd("0.25")
    assert ledger.audit() == []


def test_a_daily_limit_that_was_taken_away_and_set_again_counts_all_of_the_day(
    ledger: Ledger, budget: Budget
) -> None:
    budget.set(hard="1.00", period="day")
    spend(ledger, "a", "0.40")
    budget.set(hard=None, period="day", why="a trial")
    spend(ledger, "b", "0.40")
    budget.set(hard="1.00", period="day")
    assert status_of(budget, "day").left == usd("0.20")
    assert ledger.audit() == []


# A total.


def test_a_total_counts_from_now_on_and_opens_only_when_it_is_raised(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    spend(ledger, "before", "5.00", course="seo")
    clock.advance(timedelta(seconds=1))
    assert budget.set(hard="2.00", period="total", tag="course=seo").since == clock.now()
    spend(ledger, "a", "1.50", course="seo")
    clock.advance(timedelta(days=100))
    with pytest.raises(Blocked) as refused:
        ledger.reserve(call("b", course="seo"), usd("0.51"))
    assert (refused.value.scope, refused.value.period) == ("tag:course=seo", "total")
    assert refused.value.resets_at is None
    budget.set(hard="2.01", period="total", tag="course=seo", why="one more picture")
    assert ledger.reserve(call("b", course="seo"), usd("0.51")).in_full


@pytest.mark.parametrize(
    ("since", "counted"),
    [
        ("2026-11-23", "3"),
        (date(2026, 11, 22), "7"),
        ("2026-09-30", "23"),
        ("2026-11-01", "15"),
        ("2026-11-23T10:00", "3"),
        ("2026-11-23T10:20:00+00:00", "2"),
        ("2026-11-23T11:20+01:00", "2"),
        (datetime(2026, 11, 23, 10, 40, tzinfo=UTC), "0"),
        ("2026-10-31T23:59:59.999999", "15"),
    ],
)
def test_a_total_from_an_earlier_moment_counts_what_was_spent_since_to_the_microsecond(
    ledger: Ledger, budget: Budget, clock: ManualClock, since: str | date, counted: str
) -> None:
    moments = [
        ("2026-10-31T23:59:59", "8"),
        ("2026-11-01T00:00:00", "8"),
        ("2026-11-22T15:00:00", "4"),
        ("2026-11-23T10:19:59", "1"),
        ("2026-11-23T10:20:00", "2"),
    ]
    past = ManualClock(datetime(2026, 10, 1, tzinfo=UTC))
    ledger.clock = past
    for moment, amount in moments:
        past.advance(datetime.fromisoformat(moment).replace(tzinfo=UTC) - past.now())
        spend(ledger, moment, amount)
    ledger.clock = clock
    budget.set(hard="100", period="total", since=since)
    assert status_of(budget, "total").spent == usd(counted)
    assert ledger.audit() == []


@pytest.mark.parametrize(
    "since", ["tomorrow", "2026-11-24", "", "2026-11-23T12:00:01", "0001-01-01T00:00:00+14:00"]
)
def test_a_total_cannot_begin_at_what_is_no_moment_that_has_come(budget: Budget, since: str) -> None:
    with pytest.raises(NotAStart):
        budget.set(hard="1", period="total", since=since)
    with pytest.raises(NotAStart):
        budget.set(hard="1", period="day", since="2026-11-01")
    assert budget.status() == []


def test_a_total_keeps_its_start_until_another_is_given(
    budget: Budget, ledger: Ledger, clock: ManualClock
) -> None:
    budget.set(hard="2", period="total")
    clock.advance(timedelta(days=1))
    spend(ledger, "a", "1")
    assert budget.set(hard="1.5", period="total").since == NOON
    with pytest.raises(LimitWithoutReason):
        budget.set(period="total", since=clock.now())
    clock.advance(timedelta(seconds=1))
    begun = budget.set(period="total", since=clock.now(), why="the second course")
    assert begun == Limits(hard=usd("1.5"), since=clock.now())
    assert status_of(budget, "total").spent == Money(0)


# Several at once.


def test_of_several_limits_in_the_way_the_one_that_opens_last_is_named(
    ledger: Ledger, budget: Budget
) -> None:
    budget.set(hard="1", period="day")
    spend(ledger, "a", "1", client="a")
    expected: list[tuple[str, LimitPeriod]] = [("all", "day")]
    for where, period in (({"tag": "client=a"}, "month"), ({"key": KEY}, "total")):
        budget.set(hard="1", period=period, since="2026-11-01" if period == "total" else None, **where)  # type: ignore[arg-type]
        expected.append(("tag:client=a" if "tag" in where else f"key:{KEY}", period))  # type: ignore[arg-type]
        with pytest.raises(Blocked) as refused:
            ledger.reserve(call("b", client="a"), Money(1))
        assert (refused.value.scope, refused.value.period) == expected[-1]


def test_the_tightest_of_all_limits_decides_how_much_is_granted(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="10")
    budget.set(hard="5", period="total")
    budget.set(hard="3", period="day", tag="client=a")
    budget.set(hard="4", period="day", key=KEY)
    assert ledger.reserve(call("a", client="a"), usd("20"), at_least=Money(1)).amount == usd("3")
    assert ledger.reserve(call("b", client="b"), usd("20"), at_least=Money(1)).amount == usd("1")


def test_a_month_and_a_day_of_one_scope_are_set_and_cleared_each_by_itself(budget: Budget) -> None:
    budget.set(soft="5", hard="10")
    budget.set(soft="1", hard="2", period="day")
    assert (budget.get(), budget.get(period="day")) == (
        Limits(usd("5"), usd("10")),
        Limits(usd("1"), usd("2")),
    )
    budget.set(None, None, why="a trial")
    assert (budget.all(), budget.all("day")) == ({}, {"all": Limits(usd("1"), usd("2"))})
    with pytest.raises(ValueError, match="a day or in total"):
        budget.set(hard="1", period="week")  # type: ignore[arg-type]


def test_what_if_knows_every_limit_and_when_the_last_one_opens(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="10")
    budget.set(soft="2", hard="3", period="day")
    budget.set(hard="4", period="total", tag="client=a")
    spend(ledger, "a", "1", client="a")
    told = budget.what_if(usd("2.5"), tags={"client": "a"})
    assert (told.left, told.blocked_by, told.notified_by) == (usd("2"), ("all",), ("all",))
    assert told.opens_at == datetime(2026, 11, 24, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert budget.what_if(usd("2.5"), tags={"client": "a"}).fits
    told = budget.what_if(usd("3.5"), tags={"client": "a"})
    assert [(one.scope, one.period) for one in told.in_the_way] == [("all", "day"), ("tag:client=a", "total")]
    assert (told.blocked_by, told.opens_at) == (("all", "tag:client=a"), None)


# Thresholds.


def test_thresholds_are_shares_of_the_hard_limit_or_amounts(budget: Budget) -> None:
    set_to = budget.set(["50%", "80 %", "100%", "9.50"], "10.00")
    assert set_to.thresholds == (usd("5"), usd("8"), usd("9.5"), usd("10"))
    assert budget.get() == set_to == Limits(usd("5"), usd("10"), (usd("8"), usd("9.5"), usd("10")))
    assert budget.set("12.5%").thresholds == (usd("1.25"),)
    assert budget.set(hard="20", why="more").thresholds == (usd("1.25"),)
    with pytest.raises(SoftAboveHard):
        budget.set(["50%", "101%"])
    with pytest.raises(PercentWithoutLimit):
        budget.set("50%", period="day")


def test_each_threshold_is_told_once_a_period(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(["50%", "80%", "100%"], "1.00", period="day")
    budget.set(["2.00", "9.00"], tag="client=a")
    for day, number in ((day, number) for day in range(2) for number in range(10)):
        spend(ledger, f"{day} {number}", "0.10", client="a")
        if number == 9:
            clock.advance(timedelta(days=1))
    told = [(one.period, one.scope, one.threshold) for one in ledger.pending_alerts()]
    shares = (usd("0.5"), usd("0.8"), usd("1"))
    expected = [(day, "all", share) for day in ("2026-11-23", "2026-11-24") for share in shares]
    assert sorted(told, key=str) == sorted([*expected, ("2026-11", "tag:client=a", usd("2"))], key=str)


def test_one_call_that_passes_several_thresholds_tells_each(ledger: Ledger, budget: Budget) -> None:
    budget.set(["0.10", "0.20", "5"], period="total")
    budget.set("3")
    spend(ledger, "a", "1")
    assert [one.threshold for one in ledger.pending_alerts()] == [usd("0.1"), usd("0.2")]


# Who lets more be spent says why.


@pytest.mark.parametrize("period", ["month", "day", "total"])
def test_a_hard_limit_is_raised_or_removed_only_with_a_reason(budget: Budget, period: LimitPeriod) -> None:
    budget.set(soft="1", hard="5", period=period)
    for more in ("5.01", None):
        with pytest.raises(LimitWithoutReason) as refused:
            budget.set(hard=more, period=period, by="ada", why="  ")
        assert refused.value.facts == {"before": usd("5"), "now": None if more is None else usd(more)}
    budget.set(hard="4", period=period)
    budget.set(soft=None, period=period)
    budget.set(hard="6", period=period, by="ada", why="more pictures")
    budget.set(hard=None, period=period, by="ada", why="the course is over")
    assert [(one.limits.hard, one.period, one.why) for one in budget.changes()[-2:]] == [
        (usd("6"), period, "more pictures"),
        (None, period, "the course is over"),
    ]


def test_a_secret_given_as_a_threshold_a_start_or_a_period_is_told_by_nobody(
    budget: Budget, ledger: Ledger
) -> None:
    secret = "sk-proj-" + "CANARY" * 8 + "WXYZ"
    places: list[dict[str, Any]] = [
        {"soft": ["1", secret]},
        {"soft": "1", "period": "total", "since": secret},
        {"soft": "1", "period": "day", "since": secret},
        {"soft": "1", "period": secret},
        {"soft": f"{secret}%", "hard": "5"},
    ]
    for given in places:
        with pytest.raises(Exception, match=r".") as refused:
            budget.set(**given)
        assert "CANARYCANARY" not in f"{refused.value!r} {refused.value}"
    assert "CANARYCANARY" not in repr(ledger.store.read(lambda tx: [tx.rows(table) for table in TABLES]))


# For a window.


def test_the_status_of_every_limit_is_listed_everything_first(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="4", period="total", tag="client=a")
    budget.set(hard="2", key=KEY)
    budget.set(["1", "3"], "9", period="day")
    budget.set(hard="10")
    spend(ledger, "a", "1.25", client="a")
    ledger.reserve(call("b"), usd("0.25"))
    assert [(one.scope, one.period, one.left) for one in budget.status()] == [
        ("all", "month", usd("8.5")),
        ("all", "day", usd("7.5")),
        (f"key:{KEY}", "month", usd("0.5")),
        ("tag:client=a", "total", usd("2.75")),
    ]
    today = status_of(budget, "day")
    assert (today.thresholds, today.reached) == ((usd("1"), usd("3")), (usd("1"),))
    assert (today.starts_at, today.opens_at) == (NOON.replace(hour=0), datetime(2026, 11, 24, tzinfo=UTC))
    assert [alert.threshold for alert in today.alerts] == [usd("1")]
    assert (today.spent, today.reserved) == (usd("1.25"), usd("0.25"))
    clock.advance(timedelta(days=1))
    tomorrow = status_of(budget, "day")
    assert (tomorrow.left, tomorrow.reached, tomorrow.alerts) == (usd("9"), (), ())
