"""What-if: the answer before a batch is the verdict that its calls would get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget, WhatIf
from ppkit.spending.ledger import Blocked, Busy, InvalidTag, Ledger

from .examples import KEY, call

LIMIT = st.none() | st.integers(0, 60)


def test_without_limits_everything_fits(budget: Budget) -> None:
    assert budget.what_if(Money.usd("1000000")) == WhatIf(None, (), ())
    assert budget.what_if(Money(1)).fits


def test_the_narrowest_of_nested_limits_decides(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft=Money(40), hard=Money(100))
    budget.set(hard=Money(50), tag="client=a")
    budget.set(hard=Money(80), key=KEY)
    ledger.reserve(call("a", client="a"), Money(10))
    ledger.settle("a", Money(10))
    ledger.reserve(call("b", client="a"), Money(5))
    found = budget.what_if(Money(36), key=KEY, tags={"client": "a"})
    assert (found.left, found.blocked_by, found.notified_by) == (Money(35), ("tag:client=a",), ("all",))
    assert budget.what_if(Money(35), key=KEY, tags={"client": "a"}).fits
    assert budget.what_if(Money(66), key=KEY).blocked_by == (f"key:{KEY}",)
    assert budget.what_if(Money(85), tags={"client": "b"}).fits
    assert budget.what_if(Money(24)).notified_by == ()
    assert budget.what_if(Money(25)).notified_by == ("all",)


def test_what_is_over_a_limit_leaves_nothing_and_not_less(ledger: Ledger, budget: Budget) -> None:
    ledger.reserve(call("a"), Money(10))
    ledger.settle("a", Money(90))
    budget.set(hard=Money(50))
    assert budget.what_if(Money(0)) == WhatIf(Money(0), ("all",), ())


def test_a_new_month_has_its_whole_limit(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(hard=Money(50))
    ledger.reserve(call("a"), Money(50))
    ledger.settle("a", Money(50))
    assert not budget.what_if(Money(1)).fits
    clock.advance(timedelta(days=10))
    assert budget.what_if(Money(50)) == WhatIf(Money(50), (), ())


def test_a_limit_for_a_key_itself_counts_beside_that_of_all_that_end_so(
    ledger: Ledger, budget: Budget
) -> None:
    secret = "sk-" + "CANARY" * 8 + "WXYZ"
    budget.set(hard=Money(70), key=KEY)
    budget.set(hard=Money(30), key=secret)
    assert budget.what_if(Money(50), key=KEY).fits
    assert [scope[:9] for scope in budget.what_if(Money(50), key=secret).blocked_by] == ["key:…WXYZ"]
    assert budget.what_if(Money(30), key=secret).fits


def test_what_cannot_be_asked_is_refused(budget: Budget) -> None:
    with pytest.raises(ValueError, match="negative"):
        budget.what_if(Money(-1))
    with pytest.raises(InvalidTag):
        budget.what_if(Money(1), tags={"a b": "c"})


def test_the_answer_is_the_verdict_that_a_call_gets(ledger: Ledger, budget: Budget) -> None:
    numbers = iter(range(10**6))

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hard=st.tuples(LIMIT, LIMIT, LIMIT), spent=st.integers(0, 40), asked=st.integers(0, 70))
    def ask(hard: tuple[int | None, ...], spent: int, asked: int) -> None:
        number = next(numbers)
        tags = {"client": str(number)}  # a scope that only this example counts in
        places: list[dict[str, Any]] = [{}, {"key": KEY}, {"tag": f"client={number}"}]
        for limit, where in zip(hard, places, strict=True):
            budget.set(hard=None if limit is None else Money(limit), why="a trial", **where)
        before = call(f"before {number}", **tags)
        try:
            ledger.reserve(before, Money(spent))
        except (Blocked, Busy):
            spent = 0
        told = budget.what_if(Money(asked), key=KEY, tags=tags)
        try:
            ledger.reserve(call(f"c{number}", **tags), Money(asked))
            fits = True
        except (Blocked, Busy):
            fits = False
        assert told.fits == fits

    ask()
