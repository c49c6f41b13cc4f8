"""What will happen by itself, next first: the clock page lists it, so that no learner has to guess."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ppkit.clock import next_month
from ppkit.practice_platform.models import practice_models
from ppkit.practice_platform.platform import Platform

MOST_SHOWN = 8


@dataclass(frozen=True, slots=True, order=True)
class UpcomingEvent:
    """Something at a moment (UTC). `kind` finds its sentence, `about` fills it (a name, an amount, or "")."""

    at: datetime
    kind: str
    about: object = field(default="", compare=False)

    @property
    def address(self) -> str:
        """Names this event in a form: it may have happened by the time the form arrives."""
        return f"{self.kind}-{int(self.at.timestamp())}"


def coming(platform: Platform) -> list[UpcomingEvent]:
    """The next few events, in order."""
    now = platform.clock.now()
    return sorted(event for event in _events(platform, now) if event.at > now)[:MOST_SHOWN]


def _events(platform: Platform, now: datetime) -> Iterator[UpcomingEvent]:
    yield UpcomingEvent(next_month(now), "month")
    for purchase in platform.purchases():
        if purchase.status == "pending":
            yield UpcomingEvent(purchase.available_at, "credit_arrives", purchase.amount)
        elif purchase.status == "credited" and purchase.remaining:
            yield UpcomingEvent(purchase.expires_at, "credit_expires", purchase.remaining)
    for key in platform.list_keys():
        if key.expires_at:
            yield UpcomingEvent(key.expires_at, "key_expires", key.name)
    for method in platform.payment_methods():
        if method.hold_until:
            yield UpcomingEvent(method.hold_until, "hold_ends", method.last4)
    ends = {model.id: model.shutdown_date for _, model in practice_models().available(now)}
    first = min(filter(None, ends.values()), default=None)
    if first:
        names = ", ".join(name for name, end in ends.items() if end == first)
        yield UpcomingEvent(datetime.fromisoformat(first).replace(tzinfo=UTC), "models_gone", names)
    check = platform.verification.state()
    if check.until:
        yield UpcomingEvent(check.until, "check_answers" if check.stage == "in_review" else "models_open")
