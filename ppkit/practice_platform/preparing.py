"""A practice account brought as far as a class needs it: what a learner would do click by click."""

from __future__ import annotations

from dataclasses import dataclass

from ppkit.money import ZERO, Money
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import STAGES, Project, Stage

CARD = "4242424242424242"
LEARNER = ("Practice learner", "learner@practice.example", "Practice organization")


@dataclass(frozen=True, slots=True)
class Prepared:
    """How far it is; `secret` is the new key, where one was asked for."""

    card: str | None
    balance: Money
    project: str
    secret: str | None


def prepare(platform: Platform, until: Stage, credit: Money, project: str | None, key_name: str) -> Prepared:
    """Do what is missing up to this stage: done twice, nothing is bought twice. A key is always a new one.

    Raises InvalidField, InvalidAmount, CardDeclined, TooMany: then nothing is changed.
    """
    with platform.database.write():
        sign_up_if_new(platform)
        found = _project(platform, project)
        if STAGES.index(until) >= STAGES.index("card"):
            _add_card(platform)
        if STAGES.index(until) >= STAGES.index("credit") and platform.balance() == ZERO:
            platform.buy_credits(credit)
        secret = platform.create_key(key_name, found.id)[1] if until == "key" else None
        ready = _ready_cards(platform)
        return Prepared(ready[0] if ready else None, platform.balance(), found.name, secret)


def sign_up_if_new(platform: Platform) -> None:
    if platform.account() is None:
        platform.sign_up(*LEARNER)


def _project(platform: Platform, name: str | None) -> Project:
    """The default one, or the one of this name, which is made where there is none."""
    if name is None:
        return platform.projects.default()
    known = [project for project in platform.projects.projects() if project.name == name]
    return known[0] if known else platform.projects.create(name)


def _add_card(platform: Platform) -> None:
    if not _ready_cards(platform):
        next_year = platform.clock.now().year + 1
        platform.add_payment_method(CARD, f"12/{next_year % 100:02d}", "123", LEARNER[0])


def _ready_cards(platform: Platform) -> list[str]:
    return [f"{one.brand} {one.last4}" for one in platform.payment_methods() if one.status == "ready"]
