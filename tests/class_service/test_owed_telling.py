"""What the ledger was not there for is told while nobody calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient

from ppkit.class_service import owed_telling
from ppkit.class_service.owed_telling import LONGEST_PAUSE_SECONDS, LOOK_SECONDS, keep_telling
from ppkit.metering import Meter
from ppkit.money import ZERO
from ppkit.spending.ledger.errors import LedgerUnreachable

from .conftest import ClassRoom
from .test_gateway import VEGA, asked, respond

Absence = list[bool]


@pytest.fixture
def away(room: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> Absence:
    """Whether the ledger takes no settlement; its length is how often it was asked in vain."""
    absent, settle = [True], room.ledger.settle

    def settled(*given: Any, **named: Any) -> None:
        if absent[0]:
            absent.append(True)
            raise LedgerUnreachable("postgresql://nowhere")
        settle(*given, **named)

    monkeypatch.setattr(room.ledger, "settle", settled)
    return absent


def told(meter: Meter, after: Callable[[int], object], pauses: int) -> list[float]:
    """The pauses of so many rounds; `after` is called with the number of each."""
    waited: list[float] = []

    class EnoughError(Exception):
        pass

    async def sleep(seconds: float) -> None:
        if len(waited) == pauses:
            raise EnoughError
        waited.append(seconds)
        after(len(waited))

    with pytest.raises(EnoughError):
        asyncio.run(keep_telling(meter, sleep))
    return waited


def test_an_idle_gateway_tells_the_ledger_what_it_was_not_there_for(room: ClassRoom, away: Absence) -> None:
    asked(room, respond)
    assert room.totals(VEGA).reserved > ZERO
    away[0] = False
    told(room.meter, lambda _number: None, pauses=1)
    totals = room.totals(VEGA)
    assert totals.reserved == ZERO
    assert totals.spent > ZERO


def test_a_ledger_that_stays_away_is_asked_ever_later(room: ClassRoom, away: Absence) -> None:
    asked(room, respond)

    def back_in_the_end(number: int) -> None:
        away[0] = number < 7

    pauses = told(room.meter, back_in_the_end, pauses=8)
    ever_later = [LOOK_SECONDS * 2**number for number in range(4)]
    assert pauses == [*ever_later, *[LONGEST_PAUSE_SECONDS] * 3, LOOK_SECONDS]
    assert len(away) == 1 + 1 + 6  # the call itself, then once in each pause until it was back


def test_whatever_goes_wrong_with_telling_the_lesson_goes_on(
    room: ClassRoom, away: Absence, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked(room, respond)
    caplog.clear()

    def broken() -> None:
        raise ValueError("sk-what-it-says")

    monkeypatch.setattr(room.meter, "flush", broken)
    assert len(told(room.meter, lambda _number: None, pauses=3)) == 3
    assert "ValueError" in caplog.text
    assert "what-it-says" not in caplog.text
    assert len(away) == 2


def test_telling_begins_and_ends_with_the_service(room: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def until_cancelled(_seconds: float) -> None:
        seen.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("ended")

    monkeypatch.setattr(
        "ppkit.class_service.class_app.keep_telling",
        partial(owed_telling.keep_telling, sleep=until_cancelled),
    )
    app = room.gateway()
    with TestClient(app) as browser:
        browser.get("/")
        assert seen == ["begun"]
    assert seen == ["begun", "ended"]
