"""Drills: an account of their own, brought by name into a state in which calls fail, and mended from there.

The learner's own account is another one, with another database and another clock: a drill can neither use up
its credit nor leave it broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ppkit.money import Money
from ppkit.practice_platform.billing import SLOW_CREDIT_SECONDS
from ppkit.practice_platform.errors import UnknownPracticeThing
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import Bill, Permissions, Project
from ppkit.practice_platform.verification import OPENING_SECONDS

GOOD_CARD, HELD_CARD, REVIEWED_CARD = "4242424242424242", "5200828282828210", "4000000000009235"
FIVE = Money.usd(5)
ALERT_CENTS, LIMIT_CENTS, RAISED_CENTS = 50, 100, 1_000
SPENT = Money.usd("1.02")
KEY_NAME = "PostPickr-AI"


@dataclass(frozen=True, slots=True)
class DrillNames:
    """What the account, and the project of a client in it, are called in the learner's language."""

    organization: str
    project: str


@dataclass(frozen=True, slots=True)
class AppAccess:
    """What the app holds: a key's secret, and the project that it names with every call, if any."""

    secret: str = field(repr=False)
    project_id: str = ""


@dataclass(frozen=True, slots=True)
class DrillState:
    """How one drill is brought about in a new account, and what ends it there."""

    prepare: Callable[[Platform, DrillNames], AppAccess]
    mend: Callable[[Platform, AppAccess], AppAccess]


def begin(platform: Platform, name: str, names: DrillNames) -> AppAccess:
    """Forget the drill before and bring this one about. Raises UnknownPracticeThing."""
    state = DRILLS.get(name)
    if state is None:
        raise UnknownPracticeThing(what="drill", id=name[:40])
    platform.reset()
    with platform.database.write():
        platform.sign_up("Practice learner", "learner@practice.example", names.organization)
        # It would mend what is to be mended by hand.
        platform.billing.set_auto_recharge(replace(platform.billing.auto_recharge(), on=False))
        return state.prepare(platform, names)


def mended(platform: Platform, name: str, names: DrillNames) -> AppAccess:
    """The drill brought about anew and mended, whatever was done in its account. Raises
    UnknownPracticeThing.
    """
    access = begin(platform, name, names)
    return DRILLS[name].mend(platform, access)


# --- how they come about


def _without_credit(platform: Platform, _names: DrillNames) -> AppAccess:
    return _new_key(platform)


def _card_with_hold(platform: Platform, _names: DrillNames) -> AppAccess:
    _add_card(platform, HELD_CARD)
    return _new_key(platform)


def _credit_under_review(platform: Platform, _names: DrillNames) -> AppAccess:
    _buy(platform, REVIEWED_CARD)
    return _new_key(platform)


def _expired_credit(platform: Platform, _names: DrillNames) -> AppAccess:
    access = _funded(platform)
    platform.advance(timedelta(days=366))
    return access


def _key_of_another_project(platform: Platform, names: DrillNames) -> AppAccess:
    project = platform.projects.create(names.project)
    return AppAccess(_funded(platform).secret, project.id)


def _whole(platform: Platform, _names: DrillNames) -> AppAccess:
    """Nothing is wrong with the account: the damage is done on the way to the app."""
    return _funded(platform)


def _revoked_key(platform: Platform, _names: DrillNames) -> AppAccess:
    access = _funded(platform)
    platform.revoke_key(platform.list_keys()[0].id)
    return access


def _read_only_key(platform: Platform, _names: DrillNames) -> AppAccess:
    _buy(platform, GOOD_CARD)
    return _new_key(platform, permissions="read_only")


def _not_verified(platform: Platform, _names: DrillNames) -> AppAccess:
    platform.faults.switch("not_verified", on=True)
    return _funded(platform)


def _limit_reached(platform: Platform, _names: DrillNames) -> AppAccess:
    access = _funded(platform)
    account = platform.accounts.required()
    platform.limits.create_alert(ALERT_CENTS, [account.email])
    platform.limits.set_limit(LIMIT_CENTS)
    lines = (("gpt-6-luna, output", 1, SPENT),)
    platform.usage.bill(
        platform.list_keys()[0], account.user_id, Bill("completions", "gpt-6-luna", lines=lines)
    )
    return access


# --- how they end


def _buy_credit(platform: Platform, access: AppAccess) -> AppAccess:
    if not platform.payment_methods():
        _add_card(platform, GOOD_CARD)
    platform.buy_credits(FIVE)
    return access


def _wait_for_credit(platform: Platform, access: AppAccess) -> AppAccess:
    platform.advance(timedelta(seconds=SLOW_CREDIT_SECONDS))
    return access


def _make_another_key(platform: Platform, access: AppAccess) -> AppAccess:
    project = platform.projects.project(access.project_id) if access.project_id else None
    return _new_key(platform, project=project)


def _leave_as_it_is(_platform: Platform, access: AppAccess) -> AppAccess:
    return access


def _verify(platform: Platform, access: AppAccess) -> AppAccess:
    platform.accounts.verify_organization()
    platform.advance(timedelta(seconds=OPENING_SECONDS))
    return access


def _raise_limit(platform: Platform, access: AppAccess) -> AppAccess:
    platform.limits.set_limit(RAISED_CENTS)
    return access


# --- and of what both are made


def _add_card(platform: Platform, number: str) -> None:
    # Good beyond the year that one of the drills lets go by.
    platform.add_payment_method(
        number, f"12/{platform.clock.now().year % 100 + 5}", "123", "Practice learner"
    )


def _buy(platform: Platform, card: str) -> None:
    _add_card(platform, card)
    platform.buy_credits(FIVE)


def _new_key(
    platform: Platform, *, permissions: Permissions = "all", project: Project | None = None
) -> AppAccess:
    project_id = project.id if project else ""
    _row, secret = platform.create_key(KEY_NAME, project_id or None, permissions=permissions)
    return AppAccess(secret, project_id)


def _funded(platform: Platform) -> AppAccess:
    _buy(platform, GOOD_CARD)
    return _new_key(platform)


DRILLS: dict[str, DrillState] = {
    "chatgpt_only": DrillState(_without_credit, _buy_credit),
    "hold_only": DrillState(_card_with_hold, _buy_credit),
    "other_project": DrillState(_key_of_another_project, _make_another_key),
    "late_credit": DrillState(_credit_under_review, _wait_for_credit),
    "damaged_paste": DrillState(_whole, _leave_as_it_is),
    "revoked_key": DrillState(_revoked_key, _make_another_key),
    "read_only_key": DrillState(_read_only_key, _make_another_key),
    "not_verified": DrillState(_not_verified, _verify),
    "limit_reached": DrillState(_limit_reached, _raise_limit),
    "expired_credit": DrillState(_expired_credit, _buy_credit),
}
"""Every drill, by its name. What people read about them is on the side of the course."""
