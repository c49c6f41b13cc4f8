"""Plan credits: a monthly quota that two windows cannot spend twice."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta

import pytest

from ppkit.clock import ManualClock
from ppkit.spending.ledger import Ledger
from ppkit.spending.plan_credits import CreditsUsedUp, PlanCredits


@pytest.fixture
def plan(ledger: Ledger) -> PlanCredits:
    return PlanCredits(ledger, quota=25)


def test_texts_and_images_take_what_the_tariff_says(plan: PlanCredits) -> None:
    assert plan.left() == 25
    plan.take("text")
    plan.take("image")
    assert plan.left() == 14


def test_what_is_not_covered_takes_nothing(plan: PlanCredits) -> None:
    plan.take("image")
    plan.take("image")
    with pytest.raises(CreditsUsedUp) as refusal:
        plan.take("image")
    assert refusal.value.facts == {
        "kind": "image",
        "credits": 10,
        "left": 5,
        "quota": 25,
        "resets_at": datetime(2026, 12, 1, tzinfo=UTC),
    }
    for _ in range(5):
        plan.take("text")
    assert plan.left() == 0


def test_a_new_month_brings_the_whole_quota(plan: PlanCredits, clock: ManualClock) -> None:
    plan.take("image")
    clock.advance(timedelta(days=8))
    assert plan.left() == 25


def test_credits_come_back_for_what_failed(plan: PlanCredits) -> None:
    plan.give_back(plan.take("image"))
    plan.take("text")
    plan.give_back("text")
    assert plan.left() == 25
    plan.give_back("text")
    assert plan.left() == 25


def test_credits_come_back_to_the_month_they_were_taken_from(plan: PlanCredits, clock: ManualClock) -> None:
    taken = plan.take("image")
    clock.advance(timedelta(days=8))
    plan.take("text")
    plan.give_back(taken)
    assert plan.left() == 24


def test_a_lowered_quota_leaves_nothing_and_owes_nothing(ledger: Ledger, plan: PlanCredits) -> None:
    plan.take("image")
    assert PlanCredits(ledger, quota=5).left() == 0


def test_an_unknown_kind_is_a_mistake(plan: PlanCredits) -> None:
    with pytest.raises(LookupError):
        plan.take("video")


def test_many_at_once_never_take_more_than_there_is(plan: PlanCredits) -> None:
    taken = list[str]()

    def take() -> None:
        with contextlib.suppress(CreditsUsedUp):
            taken.append(plan.take("text").kind)

    crowd = [threading.Thread(target=take) for _ in range(40)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert len(taken) == 25
    assert plan.left() == 0
