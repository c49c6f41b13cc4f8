"""The four steps of the help page, and the checks that make each of them up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ppkit.mode import Mode


class StepName(StrEnum):
    """The texts are "setup.<name>.title" and so on."""

    ACCOUNT = "account"
    CREDIT = "credit"
    KEY = "key"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to be shown. An optional one is drawn but does not hold the step back.

    `declarable` says whether the user's own word is taken at all; `of_key`, whether what was shown holds
    for one key alone. With a `mode`, it is asked for in that mode only.
    """

    name: str
    step: StepName
    optional: bool = False
    declarable: bool = True
    of_key: bool = False
    mode: Mode | None = None


CHECKS: tuple[Check, ...] = (
    Check("account.signed_up", StepName.ACCOUNT),
    Check("account.separate_from_chatgpt", StepName.ACCOUNT, optional=True),
    Check("credit.company_data", StepName.CREDIT, optional=True, mode="live"),
    Check("credit.payment_method", StepName.CREDIT),
    Check("credit.bought", StepName.CREDIT),
    Check("credit.auto_recharge_chosen", StepName.CREDIT, optional=True),
    Check("credit.platform_alert", StepName.CREDIT, optional=True, mode="live"),
    Check("credit.platform_limit", StepName.CREDIT, optional=True, mode="live"),
    Check("key.created", StepName.KEY),
    Check("key.pasted", StepName.KEY, declarable=False, of_key=True),
    Check("key.recognised", StepName.KEY, declarable=False, of_key=True),
    Check("key.pays", StepName.KEY, declarable=False, of_key=True),
    Check("link.linked", StepName.LINK, declarable=False, of_key=True),
    Check("link.used", StepName.LINK, declarable=False, of_key=True, mode="practice"),
    # Live, the app is PostPickr itself: the key is pasted there, and only an admin key shows its use.
    Check("link.in_postpickr", StepName.LINK, of_key=True, mode="live"),
    Check("link.used_by_postpickr", StepName.LINK, of_key=True, mode="live"),
)

BY_NAME = {check.name: check for check in CHECKS}


def checks_of(step: StepName, mode: Mode) -> tuple[Check, ...]:
    """The checks of one step in this mode, in the order in which they are met."""
    return tuple(check for check in CHECKS if check.step is step and check.mode in (None, mode))


def belongs_to_a_key(check: str) -> bool:
    """Whether what is shown of this check holds for one key alone, as every stage of a replacement does."""
    return check.startswith("replacement.") or (check in BY_NAME and BY_NAME[check].of_key)
