"""The last calls, and the mark by which somebody who watches knows that something has changed."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from ppkit.clock import ManualClock
from ppkit.metering.meter import time_ordered_id
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger

PRICE = Money.usd("0.01")


def reserved(ledger: Ledger, clock: ManualClock) -> str:
    clock.advance(timedelta(seconds=1))
    call_id = time_ordered_id(clock.now())
    ledger.reserve(Call(call_id, "gpt-6-luna", "…WXYZ", "responses"), PRICE)
    return call_id


def test_the_last_calls_come_first_those_under_way_among_them(ledger: Ledger, clock: ManualClock) -> None:
    ids = [reserved(ledger, clock) for _ in range(4)]
    ledger.settle(ids[0], PRICE)
    ledger.settle(ids[3], PRICE)
    ledger.release(ids[1])
    ledger.resolve(ids[3], by="ada", why="the bill")  # a correction makes it no later call
    found = ledger.latest(3)
    assert [(one.call.id, one.state) for one in found] == [
        (ids[3], "settled"),
        (ids[2], "reserved"),
        (ids[1], "released"),
    ]
    assert [one.call.id for one in ledger.latest(9)] == ids[::-1]
    ledger.release(ids[2])


def test_the_mark_is_another_after_every_change_and_after_nothing_else(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    marks = [ledger.change_mark()]
    call_id = reserved(ledger, clock)
    marks.append(ledger.change_mark())
    ledger.settle(call_id, PRICE)
    marks.append(ledger.change_mark())
    budget.set(hard="1", tag="client=rossi", period="total")
    marks.append(ledger.change_mark())
    ledger.resolve(call_id, by="ada", why="the bill")
    marks.append(ledger.change_mark())
    assert all(one != other for one, other in pairwise(marks))
    ledger.report(by="day")
    assert ledger.change_mark() == marks[-1]
