"""Practice money and real money never share a ledger."""

from __future__ import annotations

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Call, LedgerOfOtherMode, open_ledger


def test_a_practice_ledger_is_refused_in_live_mode_and_stays_as_it_was(
    ledger_url: str, clock: ManualClock
) -> None:
    practice = open_ledger(ledger_url, clock, mode="practice")
    practice.reserve(Call("one", "gpt-6-luna", "…WXYZ", "responses", {}), Money.usd("0.02"))
    practice.settle("one", Money.usd("0.01"))
    with pytest.raises(LedgerOfOtherMode):
        open_ledger(ledger_url, clock, mode="live")
    assert practice.totals().spent == Money.usd("0.01")
    practice.close()


def test_books_open_again_in_their_own_mode_and_without_naming_one(
    ledger_url: str, clock: ManualClock
) -> None:
    for mode in ("live", "live", None):
        open_ledger(ledger_url, clock, mode=mode).close()
