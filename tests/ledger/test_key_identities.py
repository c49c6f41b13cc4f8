"""Two keys with the same last four characters: one name to show, two purses to count."""

from __future__ import annotations

from contextlib import closing

import pytest

from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.spending.budget import Budget
from ppkit.spending.calls_paid import CallsPaid
from ppkit.spending.ledger import Blocked, Call, Ledger, Limits, open_ledger
from ppkit.spending.ledger.moving import move_ledger

from .conftest import NewLedgerUrl
from .examples import USAGE, call, usd

ADA, BOB = (ApiKey("sk-proj-" + letters * 8 + "WXYZ") for letters in ("CANARY", "SPARRO"))


def spend(ledger: Ledger, call_id: str, key: ApiKey | None, amount: str) -> None:
    """A call paid with a key; None: one of an earlier version, which knew no more than the end."""
    fingerprint = "" if key is None else ledger.fingerprint_of(key.get_secret_value())
    ledger.reserve(Call(call_id, "gpt-5.2", "…WXYZ", "responses", {}, fingerprint), usd(amount))
    ledger.settle(call_id, usd(amount), USAGE)


def test_a_limit_of_one_key_does_not_stop_another_that_ends_the_same(budget: Budget, ledger: Ledger) -> None:
    budget.set(hard="1", key=ADA)
    spend(ledger, "a", ADA, "1")
    with pytest.raises(Blocked) as refused:
        spend(ledger, "b", ADA, "0.01")
    spend(ledger, "c", BOB, "5")
    assert budget.get(refused.value.scope) == budget.get(key=ADA) == Limits(hard=usd("1"))
    assert (budget.get(key=BOB), budget.get(key="…WXYZ")) == (Limits(), Limits())


def test_a_limit_by_the_end_holds_for_all_keys_that_end_so(budget: Budget, ledger: Ledger) -> None:
    budget.set(hard="3", key="…WXYZ")
    spend(ledger, "old", None, "1")
    spend(ledger, "a", ADA, "1")
    spend(ledger, "b", BOB, "1")
    for key in (None, ADA, BOB):
        with pytest.raises(Blocked):
            spend(ledger, "more", key, "0.01")
    assert budget.get(key=ADA) == budget.get(key=BOB) == Limits(hard=usd("3"))


def test_a_report_shows_the_end_of_a_key_alone(ledger: Ledger) -> None:
    spend(ledger, "old", None, "1")
    spend(ledger, "a", ADA, "2")
    (row,) = ledger.report("key")
    assert (row["key"], row["calls"], row["cost_pico_usd"]) == ("…WXYZ", 2, usd("3").pico_usd)
    assert ledger.entry("a").call.key == "…WXYZ"


def test_a_report_tells_two_keys_with_one_end_apart_and_takes_what_it_shows(ledger: Ledger) -> None:
    spend(ledger, "old", None, "1")
    spend(ledger, "a", ADA, "2")
    spend(ledger, "b", BOB, "4")
    costs = {str(row["key"]): row["cost_pico_usd"] for row in ledger.report("key")}
    assert sorted(costs.values(), key=str) == [usd(amount).pico_usd for amount in ("1", "2", "4")]
    names = set(costs) - {"…WXYZ"}
    assert {name[:6] for name in names} == {"…WXYZ#"}
    for name in names:
        (row,) = ledger.report(where={"key": name})
        assert row["cost_pico_usd"] == costs[name]
    (row,) = ledger.report(where={"key": "…WXYZ"})
    assert row["cost_pico_usd"] == usd("7").pico_usd


def test_what_a_key_has_paid_is_asked_of_this_key_alone(ledger: Ledger, clock: ManualClock) -> None:
    spend(ledger, "a", ADA, "1")
    paid = CallsPaid(ledger, clock)
    assert (paid.output_tokens(ADA), paid.output_tokens(BOB)) == (USAGE.output_tokens, 0)


def test_calls_of_an_earlier_version_are_those_of_the_only_key_that_ends_so(
    ledger: Ledger, clock: ManualClock
) -> None:
    paid, once = CallsPaid(ledger, clock), USAGE.output_tokens
    spend(ledger, "old", None, "1")
    assert (paid.output_tokens(ADA), paid.output_tokens(BOB)) == (once, once)
    spend(ledger, "a", ADA, "1")
    assert (paid.output_tokens(ADA), paid.output_tokens(BOB)) == (2 * once, 0)
    spend(ledger, "b", BOB, "1")
    assert (paid.output_tokens(ADA), paid.output_tokens(BOB)) == (once, once)


def test_what_is_no_fingerprint_is_refused() -> None:
    for text in ("01ab", "Z" * 12, "0123456789ab "):
        with pytest.raises(ValueError, match="fingerprint"):
            Call("a", "gpt-5.2", "…WXYZ", "responses", {}, text)


def test_a_key_has_another_fingerprint_in_another_ledger(
    ledger: Ledger, new_ledger_url: NewLedgerUrl, clock: ManualClock
) -> None:
    secret = ADA.get_secret_value()
    with new_ledger_url() as url, closing(open_ledger(url, clock)) as other:
        assert other.fingerprint_of(secret) != ledger.fingerprint_of(secret)
        assert other.fingerprint_of(secret) == other.fingerprint_of(secret)


def test_a_key_is_recognised_after_its_books_have_moved(
    ledger: Ledger, ledger_url: str, new_ledger_url: NewLedgerUrl, clock: ManualClock
) -> None:
    Budget(ledger).set(hard="1", key=ADA)
    spend(ledger, "a", ADA, "1")
    with new_ledger_url() as url:
        move_ledger(ledger_url, url, clock)
        with closing(open_ledger(url, clock)) as moved:
            with pytest.raises(Blocked):
                spend(moved, "b", ADA, "0.01")
            spend(moved, "c", BOB, "1")
            assert moved.audit() == []


def test_a_call_without_a_fingerprint_counts_where_it_always_did(ledger: Ledger) -> None:
    ledger.reserve(call("old"), usd("1"))
    assert ledger.totals(scope="key:…WXYZ").reserved == usd("1")
