"""The clock, what waits on it, and starting over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ppkit.money import Money
from ppkit.practice_platform.console.upcoming_events import coming
from ppkit.practice_platform.models import practice_models
from ppkit.practice_platform.platform import Platform

from .person import Person, words


def test_the_clock_moves_forward_and_the_band_says_so(person: Person, platform: Platform) -> None:
    before = platform.clock.now()
    person.send("clock", "advance", step="next_month")
    assert platform.clock.now() > before
    assert "Practice clock: Dec 1, 2026" in person.read("billing").text


def test_starting_over_needs_the_tick_and_keeps_the_language(person: Person, platform: Platform) -> None:
    person.read("?language=it")
    assert person.send("clock", "start_over").status_code == 422
    assert platform.account() is not None
    assert person.send("clock", "start_over", sure="on").headers["location"] == "sign-up?done=started_over"
    assert platform.account() is None
    assert '<html lang="it">' in person.read("sign-up").text


def test_a_form_from_before_starting_over_is_refused(person: Person, platform: Platform) -> None:
    person.send("clock", "start_over", sure="on")
    answer = person.send("sign-up", "sign_up", name="A", email="a@example.com", organization_name="O")
    assert answer.status_code == 403
    assert platform.account() is None


# --- what is coming


def test_the_clock_page_lists_what_is_coming_in_order_and_goes_there(
    buyer: Person, platform: Platform
) -> None:
    platform.faults.switch("slow_credit", on=True)
    platform.buy_credits(Money.usd(5))
    platform.create_key("PostPickr-AI", expires_in=timedelta(days=30))
    platform.verification.start("identity_card")
    listed = coming(platform)
    assert [event.kind for event in listed[:2]] == ["credit_arrives", "check_answers"]
    assert {"month", "key_expires", "models_gone"} < {event.kind for event in listed}
    assert listed == sorted(listed)
    assert "Credit arrives: $5.00" in words(buyer.read("clock"))

    buyer.send("clock", "advance", step=listed[0].address)
    assert platform.balance() == Money.usd(5)
    kinds = [event.kind for event in coming(platform)]
    assert kinds[0] == "check_answers"
    assert "credit_expires" in kinds


def test_what_is_over_is_not_coming(person: Person, platform: Platform) -> None:
    platform.wallet.add("5200828282828210", "12/29", "123", "Anna")
    platform.create_key("short", expires_in=timedelta(days=7))
    gone = {"hold_ends", "key_expires"}
    assert gone < {event.kind for event in coming(platform)}
    platform.advance(timedelta(days=7))
    assert not gone & {event.kind for event in coming(platform)}


@pytest.mark.parametrize("step", ["", "month-0", "yesterday", "credit_arrives-99999999999"])
def test_a_step_that_leads_nowhere_moves_nothing(person: Person, platform: Platform, step: str) -> None:
    before = platform.clock.now()
    assert person.send("clock", "advance", step=step).status_code == 303
    assert platform.clock.now() == before


def test_a_model_that_is_retired_is_gone_when_the_clock_gets_there(
    person: Person, platform: Platform
) -> None:
    event = next(event for event in coming(platform) if event.kind == "models_gone")
    name = str(event.about).partition(",")[0]
    assert practice_models().find(name, platform.clock.now()) is not None
    person.send("clock", "advance", step=event.address)
    assert practice_models().find(name, platform.clock.now()) is None
