"""Where the limits here and on the platform drift apart, and what would bring the platform's in line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ppkit.checkup.platform_limits import (
    PICO_USD_PER_CENT,
    SMALLEST_LIMIT_CENTS,
    LimitsAtPlatform,
    NoAlertRecipient,
    PlatformControls,
    ReportedSpendAlert,
    cents_of,
)
from ppkit.money import Money
from ppkit.spending.ledger.values import Limits

LimitKind = Literal["soft", "hard"]
DriftState = Literal["none_set", "agree", "only_here", "only_there", "lower_there", "higher_there"]
LimitAction = Literal["set_limit", "remove_limit", "create_alert", "change_alert", "delete_alert"]


@dataclass(frozen=True, slots=True)
class LimitDrift:
    """One of our limits a month beside the platform's; None where there is none.

    `theirs` is the platform's amount; of several alerts the one that agrees, else ppkit's own, else the
    lowest.
    """

    kind: LimitKind
    ours: Money | None
    theirs: Money | None

    @property
    def state(self) -> DriftState:
        if self.ours is None or self.theirs is None:
            if self.ours is None:
                return "none_set" if self.theirs is None else "only_there"
            return "only_here"
        here = in_whole_cents(self.ours, self.kind)
        if here == self.theirs:
            return "agree"
        return "lower_there" if self.theirs < here else "higher_there"


@dataclass(frozen=True, slots=True)
class LimitStep:
    """One change on the platform, to be agreed to: the amount it would have, and the one it has now.

    None where there is none; `alert_id` is that of the alert to change or delete. Without recipients those of
    a changed alert stay.
    """

    action: LimitAction
    amount: Money | None
    before: Money | None = None
    alert_id: str | None = None
    recipients: tuple[str, ...] = ()


def in_whole_cents(amount: Money, kind: LimitKind) -> Money:
    """The amount as the platform can hold it: rounded up, and a limit that blocks is a cent at least."""
    smallest = SMALLEST_LIMIT_CENTS if kind == "hard" else 0
    return Money(max(cents_of(amount), smallest) * PICO_USD_PER_CENT)


def drift_of(ours: Limits, theirs: PlatformControls) -> tuple[LimitDrift, LimitDrift]:
    """The soft limit beside the alerts, and the hard limit beside the limit."""
    alert = _counterpart(ours.soft, theirs.alerts)
    return (
        LimitDrift("soft", ours.soft, alert.amount if alert else None),
        LimitDrift("hard", ours.hard, theirs.limit.amount if theirs.limit else None),
    )


def mirror_steps(ours: Limits, theirs: PlatformControls, recipients: Sequence[str]) -> list[LimitStep]:
    """What would bring the platform's in line with ours; nothing where it is.

    Only ppkit's own alerts are changed or deleted. A limit of the platform is never removed: one that was set
    there and not here may be the only stop there is. Raises NoAlertRecipient.
    """
    soft, hard = drift_of(ours, theirs)
    steps = []
    if ours.hard is not None and hard.state != "agree":
        steps.append(LimitStep("set_limit", in_whole_cents(ours.hard, "hard"), hard.theirs))
    own = next((alert for alert in theirs.alerts if alert.is_ours), None)
    if ours.soft is None:
        if own:
            steps.append(LimitStep("delete_alert", None, own.amount, own.id))
    elif soft.state != "agree":
        amount = in_whole_cents(ours.soft, "soft")
        if own:
            steps.append(LimitStep("change_alert", amount, own.amount, own.id))
        else:
            steps.append(new_alert(amount, recipients))
    return steps


def new_alert(amount: Money, recipients: Sequence[str]) -> LimitStep:
    """Raises NoAlertRecipient, before anything is changed."""
    if not any(recipient.strip() for recipient in recipients):
        raise NoAlertRecipient
    return LimitStep("create_alert", amount, recipients=tuple(recipients))


def carry_out(step: LimitStep, limits: LimitsAtPlatform) -> None:
    """Make one change that was agreed to. Raises what `LimitsAtPlatform` raises."""
    match step:
        case LimitStep("set_limit", Money() as amount):
            limits.set_limit(amount)
        case LimitStep("remove_limit"):
            limits.remove_limit()
        case LimitStep("create_alert", Money() as amount):
            limits.create_alert(amount, step.recipients)
        case LimitStep("change_alert", amount, _, str() as alert_id):
            limits.change_alert(alert_id, amount, step.recipients or None)
        case LimitStep("delete_alert", _, _, str() as alert_id):
            limits.delete_alert(alert_id)
        case _:
            raise ValueError(f"{step.action} lacks an amount or an alert")


def _counterpart(amount: Money | None, alerts: Sequence[ReportedSpendAlert]) -> ReportedSpendAlert | None:
    if amount is not None:
        wanted = in_whole_cents(amount, "soft")
        for alert in alerts:
            if alert.amount == wanted:
                return alert
    own = (alert for alert in alerts if alert.is_ours)
    return next(own, alerts[0] if alerts else None)
