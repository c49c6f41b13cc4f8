"""What is uncertain stands apart and is resolved, and every correction is an entry that says who and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ppkit.clock import ManualClock
from ppkit.keys.key_refusal import KeyInText
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import (
    AlreadyEnded,
    AmountTooLarge,
    AnswerTerms,
    Blocked,
    CallUnderWay,
    Ledger,
    Totals,
    UnknownCall,
    tag_scope,
)

from .examples import USAGE, call, usd

ZERO = Money(0)
# Built so that no scanner takes it for a key.
CANARY = "sk-practice-" + "CANARY" * 8


def lose(ledger: Ledger, call_id: str = "lost", amount: str = "0.60", **tags: str) -> None:
    ledger.reserve(call(call_id, **tags), usd(amount))
    ledger.give_up(call_id, "no_answer")


def test_what_is_uncertain_is_no_money_spent_and_fills_the_limit_all_the_same(
    ledger: Ledger, budget: Budget
) -> None:
    budget.set(hard="1.00")
    lose(ledger)
    assert ledger.totals() == Totals(ZERO, ZERO, 1, uncertain=usd("0.60"))
    with pytest.raises(Blocked) as refused:
        ledger.reserve(call("next"), usd("0.50"))
    assert (refused.value.spent, refused.value.uncertain) == (ZERO, usd("0.60"))
    assert ledger.reserve(call("small"), usd("0.40")).in_full


def test_a_call_resolved_to_nothing_gives_its_room_back(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    lose(ledger, client="a")
    ledger.resolve("lost", by="ada", why="not in the platform's figures")
    assert ledger.totals() == Totals(ZERO, ZERO, 1, ZERO)
    assert ledger.totals(scope=tag_scope("client", "a")) == Totals(ZERO, ZERO, 1, ZERO)
    assert ledger.uncertain() == []
    assert ledger.reserve(call("next"), usd("1.00")).in_full


def test_a_call_resolved_at_its_cost_is_money_spent(ledger: Ledger) -> None:
    lose(ledger)
    entry = ledger.resolve("lost", usd("0.02"), by="ada", why="the bill says so")
    assert (entry.state, entry.cost, entry.mark) == ("settled", usd("0.02"), None)
    assert ledger.totals() == Totals(usd("0.02"), ZERO, 1, ZERO)
    assert [row["cost_pico_usd"] for row in ledger.report()] == [usd("0.02").pico_usd]


def test_every_resolution_is_an_entry_of_its_own_with_its_author(ledger: Ledger, clock: ManualClock) -> None:
    lose(ledger)
    ledger.resolve("lost", by="ada", why="first look")
    clock.advance(timedelta(days=2))
    ledger.resolve("lost", usd("0.70"), by="bob", why="the bill")
    first, second = ledger.entry("lost").adjustments
    assert (first.cost, first.by, first.why) == (ZERO, "ada", "first look")
    assert (second.cost, second.by, second.at - first.at) == (usd("0.70"), "bob", timedelta(days=2))
    assert ledger.totals().spent == usd("0.70")


def test_a_resolution_counts_on_the_day_and_in_the_month_of_the_call(
    ledger: Ledger, clock: ManualClock
) -> None:
    lose(ledger)
    clock.advance(timedelta(days=40))
    ledger.resolve("lost", usd("0.30"), by="ada", why="the bill")
    assert (ledger.totals("2026-11").spent, ledger.totals().spent) == (usd("0.30"), ZERO)
    assert [(row["day"], row["cost_pico_usd"]) for row in ledger.report("day")] == [
        ("2026-11-23", usd("0.30").pico_usd)
    ]


def test_a_resolution_above_what_was_held_is_written_as_it_is(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    lose(ledger)
    ledger.resolve("lost", usd("1.50"), by="ada", why="the bill")
    assert ledger.totals().spent == usd("1.50")
    with pytest.raises(Blocked):
        ledger.reserve(call("next"), Money(1))


def test_an_estimate_can_be_corrected_too(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.60"))
    ledger.settle("a", usd("0.40"), USAGE, mark="estimated")
    ledger.resolve("a", usd("0.10"), by="ada", why="the bill")
    assert ledger.totals() == Totals(usd("0.10"), ZERO, 1, ZERO)
    assert ledger.entry("a").usage == USAGE


def test_the_soft_limit_counts_what_is_uncertain_and_says_how_much(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="0.50")
    lose(ledger)
    (alert,) = ledger.pending_alerts()
    assert (alert.spent, alert.uncertain) == (ZERO, usd("0.60"))


def test_an_alert_that_waits_is_taken_back_when_it_is_not_so_any_more(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="0.50")
    lose(ledger)
    ledger.resolve("lost", by="ada", why="not billed")
    assert ledger.pending_alerts() == []
    ledger.resolve("lost", usd("0.55"), by="ada", why="billed after all")
    assert [alert.spent for alert in ledger.pending_alerts()] == [usd("0.55")]


def test_an_alert_that_was_sent_is_not_sent_again(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="0.50")
    lose(ledger)
    ledger.mark_sent(ledger.pending_alerts()[0].id)
    ledger.resolve("lost", by="ada", why="not billed")
    ledger.resolve("lost", usd("0.55"), by="ada", why="billed after all")
    assert ledger.pending_alerts() == []


def test_the_uncertain_calls_are_listed_with_the_reason(ledger: Ledger, clock: ManualClock) -> None:
    lose(ledger, "first", client="a")
    clock.advance(timedelta(hours=1))
    ledger.reserve(call("second"), usd("0.10"))
    clock.advance(timedelta(minutes=15))
    ledger.expire()
    found = ledger.uncertain()
    assert [(one.call.id, one.at_most, one.why) for one in found] == [
        ("first", usd("0.60"), "no_answer"),
        ("second", usd("0.10"), "time_over"),
    ]
    assert found[0].reserved_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert found[0].call.tags == {"client": "a"}


def test_a_call_whose_time_is_over_is_resolved_before_anybody_swept(
    ledger: Ledger, clock: ManualClock
) -> None:
    ledger.reserve(call("a"), usd("0.10"))
    clock.advance(timedelta(minutes=15))
    ledger.resolve("a", by="ada", why="killed before sending")
    assert ledger.totals().counted == ZERO


def test_what_is_under_way_released_or_never_was_cannot_be_resolved(ledger: Ledger) -> None:
    ledger.reserve(call("open"), usd("0.10"))
    ledger.reserve(call("released"), usd("0.10"))
    ledger.release("released")
    for call_id, error in (("open", CallUnderWay), ("released", AlreadyEnded), ("nobody", UnknownCall)):
        with pytest.raises(error):
            ledger.resolve(call_id, by="ada", why="a guess")
    assert ledger.totals() == Totals(ZERO, usd("0.10"), 0, ZERO)


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("ada", ""), (" ", "x"), ("ada", "\n")])
def test_a_resolution_without_author_or_reason_is_a_mistake(ledger: Ledger, by: str, why: str) -> None:
    lose(ledger)
    with pytest.raises(ValueError, match="who and why"):
        ledger.resolve("lost", by=by, why=why)
    assert ledger.totals().uncertain == usd("0.60")


@pytest.mark.parametrize("where", ["by", "why"])
def test_a_secret_is_not_written_into_the_books(ledger: Ledger, where: str) -> None:
    lose(ledger)
    texts = {"by": "ada", "why": "the bill"} | {where: f"as with {CANARY}"}
    with pytest.raises(KeyInText) as refused:
        ledger.resolve("lost", by=texts["by"], why=texts["why"])
    assert CANARY[-20:] not in repr(refused.value) + str(refused.value.facts)
    with pytest.raises(KeyInText):
        ledger.resolve(CANARY, by="ada", why="the bill")
    assert ledger.entry("lost").adjustments == ()


def test_a_sum_beyond_64_bits_is_refused_and_nothing_is_corrected(ledger: Ledger) -> None:
    lose(ledger)
    ledger.reserve(call("a"), usd("0.60"))
    ledger.settle("a", Money(2**63 - 1 - 10))
    with pytest.raises(AmountTooLarge):
        ledger.resolve("lost", usd("0.10"), by="ada", why="the bill")
    assert ledger.totals().uncertain == usd("0.60")


def test_the_hold_of_a_failed_attempt_passes_on_within_one_transaction(
    ledger: Ledger, budget: Budget
) -> None:
    budget.set(hard="1.00")
    ledger.reserve(call("first"), usd("0.60"))
    ledger.reserve(call("second"), usd("0.60"), instead_of="first")
    assert (ledger.entry("first").state, ledger.totals().reserved) == ("released", usd("0.60"))


def test_a_repeat_that_finds_no_room_leaves_the_hold_where_it_was(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    ledger.reserve(call("first"), usd("0.60"))
    with pytest.raises(Blocked):
        ledger.reserve(call("second"), usd("1.10"), instead_of="first")
    assert (ledger.entry("first").state, ledger.totals().reserved) == ("reserved", usd("0.60"))


def test_what_the_platform_has_told_once_is_not_told_again(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.60"))
    ledger.settle("a", usd("0.60"), mark="ceiling", answer=AnswerTerms("resp_1", "{}"))
    found = ledger.awaited("resp_1")
    assert found is not None
    assert found[0].call.id == "a"
    assert ledger.learn("a", usd("0.01"), USAGE, why="retrieved")
    assert not ledger.learn("a", usd("0.02"), USAGE, why="retrieved")
    assert (ledger.totals().spent, ledger.totals().ceiling) == (usd("0.01"), ZERO)
    (row,) = ledger.report()
    assert (row["input_tokens"], row["output_tokens"]) == (100, 50)


def test_nothing_is_learnt_of_a_call_that_was_settled_exactly(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.60"))
    ledger.settle("a", usd("0.10"), USAGE)
    assert not ledger.learn("a", usd("0.20"), USAGE, why="retrieved")
    assert ledger.awaited("resp_1") is None


def test_a_call_that_goes_on_at_the_platform_outlives_its_process(ledger: Ledger, clock: ManualClock) -> None:
    ledger.reserve(call("a"), usd("0.60"))
    ledger.await_outcome("a", AnswerTerms("resp_1", "{}"), clock.now() + timedelta(hours=24))
    clock.advance(timedelta(hours=23))
    assert ledger.expire() == 0
    assert ledger.learn("a", usd("0.10"), USAGE, why="retrieved")
    assert (ledger.entry("a").state, ledger.entry("a").adjustments) == ("settled", ())
