"""The four steps of the help page, and the checks that make each of them up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    for one key alone.
    """

    name: str
    step: StepName
    optional: bool = False
    declarable: bool = True
    of_key: bool = False


CHECKS: tuple[Check, ...] = (
    Check("account.signed_up", StepName.ACCOUNT),
    Check("account.separate_from_chatgpt", StepName.ACCOUNT, optional=True),
    Check("credit.payment_method", StepName.CREDIT),
    Check("credit.bought", StepName.CREDIT),
    Check("credit.auto_recharge_chosen", StepName.CREDIT, optional=True),
    Check("key.created", StepName.KEY),
    Check("key.pasted", StepName.KEY, declarable=False, of_key=True),
    Check("key.recognised", StepName.KEY, declarable=False, of_key=True),
    Check("key.pays", StepName.KEY, declarable=False, of_key=True),
    Check("link.linked", StepName.LINK, declarable=False, of_key=True),
    Check("link.used", StepName.LINK, declarable=False, of_key=True),
)

BY_NAME = {check.name: check for check in CHECKS}


def checks_of(step: StepName) -> tuple[Check, ...]:
    """The checks of one step, in the order in which they are met."""
    return tuple(check for check in CHECKS if check.step is step)


def belongs_to_a_key(check: str) -> bool:
    """Whether what is shown of this check holds for one key alone, as every stage of a replacement does."""
    return check.startswith("replacement.") or (check in BY_NAME and BY_NAME[check].of_key)
