"""The hard limit: judged in every scope of a call, by month; blocked and busy are not the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Blocked, Busy, Ledger, UnknownCall

from .examples import call, usd


def spend(ledger: Ledger, call_id: str, amount: str, **tags: str) -> None:
    ledger.reserve(call(call_id, **tags), usd(amount))
    ledger.settle(call_id, usd(amount))


def test_the_limit_may_be_reached_and_not_passed_by_a_pico_dollar(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    ledger.reserve(call("a"), usd("1.00") - Money(1))
    with pytest.raises(Busy):
        ledger.reserve(call("b"), Money(2))
    ledger.reserve(call("c"), Money(1))
    with pytest.raises(Busy):
        ledger.reserve(call("d"), Money(1))


def test_without_a_limit_everything_passes(ledger: Ledger) -> None:
    assert ledger.reserve(call("a"), usd("1000000")).in_full


def test_spent_money_in_the_way_means_blocked(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    spend(ledger, "a", "0.60")
    ledger.reserve(call("b"), usd("0.10"))
    with pytest.raises(Blocked) as refusal:
        ledger.reserve(call("c"), usd("0.50"))
    assert refusal.value.facts == {
        "scope": "all",
        "limit": usd("1.00"),
        "spent": usd("0.60"),
        "uncertain": usd("0"),
        "reserved": usd("0.10"),
        "asked": usd("0.50"),
        "period": "month",
        "resets_at": datetime(2026, 12, 1, tzinfo=UTC),
    }


def test_only_reservations_in_the_way_mean_busy(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    spend(ledger, "a", "0.30")
    ledger.reserve(call("b"), usd("0.40"))
    with pytest.raises(Busy):
        ledger.reserve(call("c"), usd("0.50"))
    ledger.settle("b", usd("0.10"))
    assert ledger.reserve(call("c"), usd("0.50")).in_full


def test_a_refused_reservation_leaves_nothing_behind(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    with pytest.raises(Blocked):
        ledger.reserve(call("a"), usd("1.01"))
    assert ledger.totals().reserved == Money(0)
    with pytest.raises(UnknownCall):
        ledger.entry("a")
    assert ledger.reserve(call("a"), usd("1.00")).in_full


def test_less_than_the_ceiling_is_granted_where_the_caller_allows_it(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    spend(ledger, "a", "0.70")
    reservation = ledger.reserve(call("b"), usd("0.50"), at_least=usd("0.10"))
    assert (reservation.amount, reservation.asked, reservation.in_full) == (usd("0.30"), usd("0.50"), False)
    assert ledger.totals().reserved == usd("0.30")


def test_less_than_the_least_is_never_granted(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    spend(ledger, "a", "0.70")
    with pytest.raises(Blocked) as refusal:
        ledger.reserve(call("b"), usd("0.50"), at_least=usd("0.31"))
    assert refusal.value.asked == usd("0.31")


def test_every_scope_of_a_call_is_judged(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="10.00")
    budget.set(hard="5.00", key="…WXYZ")
    budget.set(hard="1.00", tag="client=a")
    spend(ledger, "a1", "0.90", client="a")
    with pytest.raises(Blocked) as by_tag:
        ledger.reserve(call("a2", client="a"), usd("0.20"))
    assert by_tag.value.scope == "tag:client=a"
    spend(ledger, "b1", "4.00", client="b")
    with pytest.raises(Blocked) as by_key:
        ledger.reserve(call("b2", client="b"), usd("0.20"))
    assert by_key.value.scope == "key:…WXYZ"
    assert ledger.reserve(call("c1", key="…OTHR", client="b"), usd("5.10")).in_full


def test_the_tightest_scope_decides_how_much_is_granted(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="10.00")
    budget.set(hard="0.30", tag="client=a")
    assert ledger.reserve(call("a", client="a"), usd("1"), at_least=Money(1)).amount == usd("0.30")


def test_blocked_in_one_scope_outweighs_busy_in_another(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    budget.set(hard="0.50", tag="client=a")
    spend(ledger, "a", "0.40", client="a")
    ledger.reserve(call("b"), usd("0.50"))
    with pytest.raises(Blocked) as refusal:
        ledger.reserve(call("c", client="a"), usd("0.20"))
    assert refusal.value.scope == "tag:client=a"


def test_a_limit_set_later_counts_what_was_spent_before(ledger: Ledger, budget: Budget) -> None:
    spend(ledger, "a", "0.80", client="a")
    budget.set(hard="1.00", tag="client=a")
    with pytest.raises(Blocked):
        ledger.reserve(call("b", client="a"), usd("0.21"))


def test_a_limit_of_zero_stops_everything_that_costs(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="0")
    with pytest.raises(Blocked):
        ledger.reserve(call("a"), Money(1))
    assert ledger.reserve(call("b"), Money(0)).in_full


def test_a_new_month_starts_anew(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(hard="1.00")
    spend(ledger, "a", "1.00")
    with pytest.raises(Blocked):
        ledger.reserve(call("b"), Money(1))
    clock.advance(timedelta(days=8))
    assert ledger.reserve(call("b"), usd("1.00")).in_full
    assert ledger.totals("2026-11").spent == usd("1.00")


def test_the_month_belongs_to_the_reservation(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(hard="1.00")
    clock.advance(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC) - clock.now())
    assert ledger.reserve(call("a"), usd("0.90")).month == "2026-11"
    clock.advance(timedelta(seconds=2))
    assert ledger.reserve(call("b"), usd("1.00")).month == "2026-12"
    ledger.settle("a", usd("0.80"))
    assert ledger.totals("2026-11").spent == usd("0.80")
    assert ledger.totals("2026-12").spent == Money(0)
    assert [row["day"] for row in ledger.report(["day"])] == ["2026-11-30", "2026-12-01"]


def test_a_price_above_the_ceiling_may_pass_the_limit_and_is_seen(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    ledger.reserve(call("a"), usd("1.00"))
    ledger.settle("a", usd("1.20"))
    assert ledger.totals().spent == usd("1.20")
    with pytest.raises(Blocked):
        ledger.reserve(call("b"), Money(1))
