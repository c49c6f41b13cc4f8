"""What calls have in common has a number, which a process remembers, but not beyond what was undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import AnswerTerms, Ledger, open_ledger, transitions
from ppkit.spending.ledger.timestamps import micros_of, text_of, text_of_micros
from ppkit.spending.ledger.transaction import Transaction

from .examples import USAGE, call


class Undone(Exception):
    pass


def test_the_number_of_a_series_that_was_undone_is_not_remembered(ledger: Ledger) -> None:
    for name in ("a", "b"):
        ledger.reserve(call(name, model=name), Money(10))

    def settle_and_fail(tx: Transaction) -> None:
        transitions.end(tx, transitions.CallOutcome("a", "settle", text_of(ledger.clock.now()), 5))
        raise Undone

    with pytest.raises(Undone):
        ledger.store.write(settle_and_fail)
    ledger.settle("b", Money(2), USAGE)  # takes the number that "a" had for a moment
    ledger.settle("a", Money(3), USAGE)
    assert [(row["model"], row["cost_pico_usd"]) for row in ledger.report("model")] == [("a", 3), ("b", 2)]
    assert ledger.entry("a").call.model == "a"


def test_two_processes_number_the_same_series_alike(
    ledger: Ledger, ledger_url: str, clock: ManualClock
) -> None:
    other = open_ledger(ledger_url, clock)
    for number, (one, model) in enumerate([(ledger, "a"), (other, "b"), (other, "a"), (ledger, "b")]):
        one.reserve(call(f"c{number}", model=model), Money(10))
        one.settle(f"c{number}", Money(number), USAGE)
    other.close()
    assert [(row["model"], row["cost_pico_usd"]) for row in ledger.report("model")] == [("a", 2), ("b", 4)]
    assert len(ledger.store.read(lambda tx: tx.series())) == 2


def test_an_entry_of_no_series_is_a_discrepancy(ledger_url: str, clock: ManualClock) -> None:
    ledger = open_ledger(ledger_url, clock)
    ledger.reserve(call("a"), Money(10))
    ledger.release("a")
    assert ledger.audit() == []
    ledger.store.write(lambda tx: tx.execute("DELETE FROM series"))
    assert ("entry", "a") in [(one.table, one.row) for one in ledger.audit()]
    ledger.close()


def test_moments_are_kept_to_the_microsecond_and_read_back_in_utc(ledger: Ledger, clock: ManualClock) -> None:
    moment = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert text_of_micros(micros_of(text_of(moment))) == text_of(moment)
    elsewhere = moment.astimezone(timezone(timedelta(hours=14)))
    assert micros_of(text_of(elsewhere)) == int(moment.timestamp()) * 10**6 + 999_999
    ledger.clock = ManualClock(moment)
    ledger.reserve(call("a"), Money(1))
    ledger.give_up("a", "failed", AnswerTerms("resp", "{}"))
    entry = ledger.entry("a")
    assert (entry.reserved_at, entry.ended_at) == (moment, moment)
