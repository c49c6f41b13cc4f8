"""An ending that the ledger was not there for is told later: once, in its order, and by one thread."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ppkit.clock import ManualClock
from ppkit.metering import Meter
from ppkit.metering.owed_endings import OwedEndings
from ppkit.money import Money
from ppkit.spending.ledger import UnknownCall
from ppkit.spending.ledger.errors import (
    LedgerAccessDenied,
    LedgerFull,
    LedgerLocked,
    LedgerTextRefused,
    LedgerUnreachable,
)

from .callers import Caller
from .fake_platform import FakePlatform
from .test_later_knowledge import BACKGROUND, TRUE_COST, begun
from .test_later_knowledge import ended as answered_later
from .test_outcomes import ASK


def away() -> None:
    raise LedgerUnreachable("postgresql://nowhere")


@pytest.fixture
def absences(meter: Meter, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What the ledger answers to the endings to come, before it does what it is told."""
    errors = list[Exception]()

    def failing(tell: Callable[..., Any], *given: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop()
        return tell(*given, **named)

    for name in ("settle", "await_outcome"):
        monkeypatch.setattr(meter.ledger, name, partial(failing, getattr(meter.ledger, name)))
    return errors


def test_a_ledger_that_is_still_away_is_asked_once() -> None:
    owed, asked = OwedEndings(), list[int]()

    def asked_in_vain(number: int) -> None:
        asked.append(number)
        away()

    for number in range(3):
        owed.add(partial(asked_in_vain, number))
    owed.tell()
    assert asked == [0]
    assert len(owed) == 3


def test_while_one_thread_tells_the_others_go_on() -> None:
    owed, telling, go_on, told = OwedEndings(), threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        telling.set()
        assert go_on.wait(20)
        told.append("slow")

    owed.add(slow)
    owed.add(partial(told.append, "next"))
    teller = threading.Thread(target=owed.tell)
    teller.start()
    assert telling.wait(20)
    owed.tell()
    assert told == []
    go_on.set()
    teller.join(20)
    assert told == ["slow", "next"]
    assert not owed


def test_an_interrupt_loses_no_ending() -> None:
    owed, told, interrupts = OwedEndings(), list[str](), [KeyboardInterrupt()]

    def interrupted() -> None:
        if interrupts:
            raise interrupts.pop()
        told.append("first")

    owed.add(interrupted)
    owed.add(partial(told.append, "second"))
    with pytest.raises(KeyboardInterrupt):
        owed.tell()
    owed.tell()
    assert told == ["first", "second"]


@pytest.mark.parametrize(
    ("error", "said"),
    [(RuntimeError("a fault of ours"), "could not be told"), (UnknownCall(call_id="c7"), "lost call c7")],
)
def test_what_can_never_be_told_is_logged_and_stops_nobody(
    caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    owed, told = OwedEndings(), list[str]()

    def wrong() -> None:
        raise error

    owed.add(wrong)
    owed.add(partial(told.append, "next"))
    owed.tell()
    assert told == ["next"]
    assert not owed
    assert [(record.levelname, said in record.getMessage()) for record in caplog.records] == [("ERROR", True)]


@pytest.mark.parametrize("kind", [LedgerUnreachable, LedgerLocked, LedgerFull, LedgerAccessDenied])
def test_whatever_is_wrong_with_the_ledger_for_a_while_leaves_the_ending_owed(
    caller: Caller, meter: Meter, platform: FakePlatform, absences: list[Exception], kind: type[Exception]
) -> None:
    absences += [kind("a ledger"), kind("a ledger")]
    caller.call("responses.create", **ASK)
    meter.flush()
    assert len(meter.owed) == 1
    meter.flush()
    totals = meter.ledger.totals()
    assert (len(meter.owed), totals.reserved, totals.uncertain) == (0, Money(0), Money(0))
    assert totals.spent == Money(platform.billed_pico_usd)


def test_a_text_that_the_database_cannot_keep_is_not_told_again(
    caller: Caller, meter: Meter, absences: list[Exception]
) -> None:
    absences.append(LedgerTextRefused("a ledger"))
    caller.call("responses.create", **ASK)
    assert not meter.owed


def test_a_call_that_expired_while_the_ledger_was_away_is_corrected(
    caller: Caller, meter: Meter, platform: FakePlatform, absences: list[Exception], clock: ManualClock
) -> None:
    absences.append(LedgerUnreachable("a ledger"))
    caller.call("responses.create", **ASK)
    clock.sleep(timedelta(hours=3).total_seconds())
    assert meter.ledger.expire() == 1
    assert meter.ledger.totals().uncertain > Money(0)
    meter.flush()
    totals = meter.ledger.totals()
    assert (totals.spent, totals.uncertain) == (Money(platform.billed_pico_usd), Money(0))
    assert meter.ledger.audit() == []


def test_a_response_in_the_background_stays_open_though_the_ledger_was_away_when_it_began(
    caller: Caller, meter: Meter, platform: FakePlatform, absences: list[Exception]
) -> None:
    platform.answer_with(begun(), answered_later())
    absences.append(LedgerUnreachable("a ledger"))
    caller.call("responses.create", **BACKGROUND)
    meter.flush()
    found = meter.ledger.awaited("resp_1")
    assert found is not None
    assert found[0].state == "reserved"
    caller.call("responses.retrieve", response_id="resp_1")
    assert meter.ledger.totals().spent == TRUE_COST


# Later Pythons warn of forking beside threads; this child looks at what it owes and ends.
@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_neither_owes_nor_waits_as_its_parent_does(meter: Meter) -> None:
    meter.owed.add(away)
    reading, writing = os.pipe()
    with meter.waiting("of the parent"):
        child = os.fork()
        if child == 0:
            with meter.waiting("of the child") as waiters:
                os.write(writing, json.dumps([len(meter.owed), waiters]).encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        assert json.loads(said.read()) == [0, 1]
    assert len(meter.owed) == 1
