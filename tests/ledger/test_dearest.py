"""The most expensive calls: by what is known of them last, in the days and for the filters asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ppkit.clock import ManualClock
from ppkit.metering.meter import time_ordered_id
from ppkit.money import Money
from ppkit.spending.ledger import Call, Ledger


def spend(
    ledger: Ledger, usd: str, model: str = "m", call_id: str = "", mark: str | None = None, **tags: str
) -> str:
    call = Call(call_id or time_ordered_id(ledger.clock.now()), model, "…AAAA", "responses", tags)
    ledger.reserve(call, Money.usd(usd))
    ledger.settle(call.id, Money.usd(usd), mark=mark)  # type: ignore[arg-type]
    return call.id


def costs(
    ledger: Ledger, first: str | None = None, last: str | None = None, count: int = 10, where: Any = None
) -> list[str]:
    found = ledger.dearest(first, last, where, count)
    return [f"{entry.cost.to_usd().normalize():f}" for entry in found if entry.cost is not None]


def test_they_come_the_dearest_first_and_no_more_than_asked(ledger: Ledger) -> None:
    for usd in ("1", "3", "2", "0"):
        spend(ledger, usd)
    assert costs(ledger, count=2) == ["3", "2"]
    assert costs(ledger) == ["3", "2", "1"]  # what cost nothing is not dear


def test_a_correction_counts_whether_it_raises_or_lowers_the_cost(ledger: Ledger) -> None:
    lowered, raised = spend(ledger, "9"), spend(ledger, "1")
    for number in range(20):
        spend(ledger, f"2.{number:02}")
    ledger.resolve(lowered, Money.usd("0.5"), by="anna", why="bill")
    ledger.resolve(raised, Money.usd("8"), by="anna", why="bill")
    assert costs(ledger, count=2) == ["8", "2.19"]
    assert costs(ledger, count=30)[-1] == "0.5"


def test_what_is_uncertain_or_under_way_is_no_money_spent(ledger: Ledger) -> None:
    for name in ("ppkit-1", "ppkit-2"):
        ledger.reserve(Call(name, "m", "…AAAA", "responses"), Money.usd("5"))
    ledger.give_up("ppkit-1")
    assert costs(ledger) == []


def test_days_and_filters_are_heeded_also_for_ids_of_another_form(ledger: Ledger, clock: ManualClock) -> None:
    spend(ledger, "1", client="a")
    spend(ledger, "2", call_id="zzz")
    spend(ledger, "3", call_id="1", model="n")
    corrected = spend(ledger, "4", model="n")
    ledger.resolve(corrected, Money.usd("5"), by="anna", why="bill")
    first = clock.now().date().isoformat()
    clock.advance(timedelta(days=3))
    spend(ledger, "7", client="a")
    second = clock.now().date().isoformat()
    assert costs(ledger, first, first) == ["5", "3", "2", "1"]
    assert costs(ledger, second) == ["7"]
    assert costs(ledger, where={"model": "m"}) == ["7", "2", "1"]
    assert costs(ledger, first, first, where={"model": "m"}) == ["2", "1"]
    assert costs(ledger, where={"tag:client": "a"}) == ["7", "1"]
    assert costs(ledger, where={"tag:client": "b"}) == []


def test_however_many_corrections_lowered_what_looked_dear_the_dearest_is_found(ledger: Ledger) -> None:
    for number in range(30):
        call_id = spend(ledger, f"9.{number:02}")
        ledger.resolve(call_id, Money.usd("0.1"), by="anna", why="bill")
    spend(ledger, "2")
    assert costs(ledger, count=1) == ["2"]


def test_a_correction_near_the_days_asked_for_brings_no_call_of_another_day(
    ledger: Ledger, clock: ManualClock
) -> None:
    ledger.resolve(spend(ledger, "9"), Money.usd("8"), by="anna", why="bill")
    ledger.resolve(spend(ledger, "7", model="n"), Money.usd("6"), by="anna", why="bill")
    clock.advance(timedelta(days=1))
    spend(ledger, "1")
    day = clock.now().date().isoformat()
    assert costs(ledger, day, day) == ["1"]
    assert costs(ledger, where={"model": "n"}) == ["6"]


@pytest.mark.parametrize("kind", ["expire", "release"])
def test_a_call_that_never_cost_anything_is_none(ledger: Ledger, clock: ManualClock, kind: str) -> None:
    ledger.reserve(Call("ppkit-1", "m", "…AAAA", "responses"), Money.usd("5"))
    if kind == "release":
        ledger.release("ppkit-1")
    else:
        clock.advance(timedelta(hours=3))
        ledger.expire()
    assert costs(ledger) == []
