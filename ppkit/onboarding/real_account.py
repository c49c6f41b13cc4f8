"""What an admin key does on the real account: shows and sets alert and limit, shows if an app uses a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from ppkit.checkup import (
    USAGE_DAYS,
    Administration,
    KeyClients,
    LimitsAtPlatform,
    LimitStep,
    NotedAccount,
    carry_out,
    lowest_controls,
    mirror_steps,
)
from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.onboarding.progress import Progress
from ppkit.spending.calls_paid import CallsPaid
from ppkit.spending.ledger.values import Limits

# Each of them is written anew whenever something here has used a key.
_USED_HERE = ("key.recognised", "link.used")


@dataclass(frozen=True, slots=True)
class UseHere:
    """How a key was used by ppkit: calls that were paid, and when it was checked or wrote last."""

    calls: int
    moments: tuple[datetime | None, ...]


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How a key was used so far, as the platform tells it, beside what was done here by then."""

    last_used_at: datetime | None
    calls: int
    here: UseHere

    def shows_another(self, before: KeyUse | None) -> bool:
        """Whether something else than ppkit has used the key: an app that it was pasted into.

        Either there are more calls than were made here, or the last use has moved on since `before` while
        nothing was done here. Both figures are the platform's own, so its clock need not agree with ours.
        """
        if self.calls > self.here.calls:
            return True
        has_moved = before is not None and self.last_used_at not in (None, before.last_used_at)
        return has_moved and before is not None and before.here == self.here


class RealAccount:
    """Works with an admin key and never with the key itself, which would be a use of it.

    Methods raise the SDK's errors; each has a client of its own, which is closed after it.
    """

    def __init__(
        self,
        clients: KeyClients,
        calls_paid: CallsPaid,
        progress: Progress,
        clock: Clock,
        account: NotedAccount,
    ) -> None:
        """`account` is the one written down; its project's alert and limit count too."""
        self._clients = clients
        self._calls_paid = calls_paid
        self._progress = progress
        self._clock = clock
        self._project = account.project

    def controls(self, admin_key: ApiKey) -> Mapping[str, object]:
        """The lowest alert and limit that count for the account's keys, as the check reports them."""
        with self._administration(admin_key) as admin:
            levels = [admin.organization_controls()]
            if self._project:
                levels.append(admin.project_controls(self._project))
        return lowest_controls(levels)

    def changes(self, admin_key: ApiKey, wanted: Limits, recipients: Sequence[str]) -> tuple[LimitStep, ...]:
        """What would bring alert and limit there to these amounts, to be agreed to; nothing is changed.

        They are those of the project written down, else of the organization. An amount of None stays as it
        is. Raises NoAlertRecipient, too.
        """
        there = LimitsAtPlatform(self._clients, admin_key, self._project)
        steps = mirror_steps(wanted, there.read(), recipients)
        return tuple(step for step in steps if step.action != "delete_alert")

    def change(self, admin_key: ApiKey, steps: Sequence[LimitStep]) -> Mapping[str, object]:
        """Carry out what was agreed to; returns what is read back, as `controls` does."""
        there = LimitsAtPlatform(self._clients, admin_key, self._project)
        for step in steps:
            carry_out(step, there)
        return self.controls(admin_key)

    def use_of(self, key: ApiKey, admin_key: ApiKey) -> KeyUse | None:
        """How this key was used; None when the account has no such key."""
        here = UseHere(
            self._calls_paid.from_here(key, USAGE_DAYS),
            tuple(fact.at if (fact := self._progress.facts.of(check)) else None for check in _USED_HERE),
        )
        with self._administration(admin_key) as admin:
            known = admin.find_key(key.last4, self._project)
            if known is None:
                return None
            return KeyUse(known.last_used_at, admin.calls_with(known.id, self._clock.now()), here)

    @contextmanager
    def _administration(self, admin_key: ApiKey) -> Iterator[Administration]:
        with self._clients.admin_client_for(admin_key) as client:
            yield Administration(client)
