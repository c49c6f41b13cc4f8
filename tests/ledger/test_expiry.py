"""Reservations that were never ended: counted in full, marked, not waited for once their process is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from ppkit.clock import ManualClock
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Blocked, Busy, Ledger, Totals
from ppkit.spending.ledger.owner import is_dead, this_process

from .examples import call, usd

DIES_WITH_A_RESERVATION = """
import os, signal, sys
from datetime import datetime, UTC
from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Call, open_ledger
ledger = open_ledger(sys.argv[1], ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC)))
ledger.reserve(Call("theirs", "gpt-5.2", "…WXYZ", "responses", {}), Money.usd("0.60"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_reservation_expires_at_its_time_and_not_before(ledger: Ledger, clock: ManualClock) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    clock.advance(timedelta(minutes=14, seconds=59))
    assert ledger.expire() == 0
    clock.advance(timedelta(seconds=1))
    assert ledger.expire() == 1
    assert ledger.totals() == Totals(Money(0), Money(0), 1, uncertain=usd("0.02"))
    assert (ledger.entry("a").state, ledger.entry("a").mark) == ("expired", "uncertain")


def test_the_caller_may_choose_the_time(ledger: Ledger, clock: ManualClock) -> None:
    ledger.reserve(call("a"), usd("0.02"), expires_at=clock.now() + timedelta(hours=2))
    clock.advance(timedelta(hours=1))
    assert ledger.expire() == 0
    clock.advance(timedelta(hours=1))
    assert ledger.expire() == 1


def test_an_expired_reservation_stays_in_its_month(ledger: Ledger, clock: ManualClock) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    clock.advance(timedelta(days=40))
    ledger.expire()
    assert ledger.totals("2026-11").uncertain == usd("0.02")
    assert ledger.totals("2027-01").uncertain == Money(0)


@pytest.mark.processes
def test_money_a_killed_process_held_is_counted_at_once(ledger: Ledger, ledger_url: str) -> None:
    die(ledger_url)
    assert ledger.totals().reserved == usd("0.60")
    assert ledger.expire() == 1
    assert ledger.totals() == Totals(Money(0), Money(0), 1, uncertain=usd("0.60"))


def test_what_nobody_ended_is_counted_though_no_limit_makes_anybody_look(
    ledger: Ledger, clock: ManualClock
) -> None:
    ledger.reserve(call("lost"), usd("0.02"))
    clock.advance(timedelta(minutes=15))
    ledger.reserve(call("next"), usd("0.01"))
    assert ledger.totals().uncertain == usd("0.02")


@pytest.mark.processes
def test_nobody_waits_for_the_reservations_of_a_killed_process(
    ledger: Ledger, ledger_url: str, budget: Budget
) -> None:
    budget.set(hard="1.00")
    die(ledger_url)
    with pytest.raises(Blocked):
        ledger.reserve(call("mine"), usd("0.50"))


def test_the_reservations_of_a_living_process_are_waited_for(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    ledger.reserve(call("theirs"), usd("0.60"))
    with pytest.raises(Busy):
        ledger.reserve(call("mine"), usd("0.50"))


def test_nobody_waits_for_what_was_given_up(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1.00")
    ledger.reserve(call("lost"), usd("0.60"))
    ledger.give_up("lost", "no_answer")
    assert ledger.totals() == Totals(Money(0), Money(0), 1, uncertain=usd("0.60"))
    with pytest.raises(Blocked):
        ledger.reserve(call("mine"), usd("0.50"))


def test_what_has_ended_cannot_be_given_up(ledger: Ledger) -> None:
    ledger.reserve(call("done"), usd("0.60"))
    ledger.settle("done", usd("0.10"))
    ledger.give_up("done", "no_answer")
    assert ledger.expire() == 0
    assert ledger.totals().spent == usd("0.10")


def test_a_process_that_cannot_be_judged_from_here_is_not_called_dead() -> None:
    assert not is_dead(this_process())
    assert not is_dead("another machine/1/1")
    assert not is_dead("/1/1")


def test_a_later_process_of_the_same_number_is_another_process() -> None:
    machine, pid, _started = this_process().rsplit("/", 2)
    assert is_dead(f"{machine}/{pid}/1")


def test_alone_whoever_else_held_something_is_gone() -> None:
    with standing_on(WEB_PAGE):
        this_process.cache_clear()
        before, machine = this_process(), this_process().split("/")[0]
        assert not is_dead(before)
        this_process.cache_clear()  # as when the page is loaded anew
        assert is_dead(before)
        assert is_dead(f"{machine}/1/1")
        assert not is_dead("another machine/1/1"), "written before it was alone here"
    this_process.cache_clear()


# Later Pythons warn of forking beside threads; this child does nothing but name itself.
@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_a_process_of_its_own() -> None:
    mine = this_process()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, this_process().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 1000).decode() != mine
    os.close(read_end)
    os.close(write_end)


def die(ledger_url: str) -> None:
    outcome = subprocess.run([sys.executable, "-c", DIES_WITH_A_RESERVATION, ledger_url], check=False)
    assert outcome.returncode == -9
