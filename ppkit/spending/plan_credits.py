"""The plan's own AI credits: so many a month (UTC), a text costs few, an image more. Not money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType

from ppkit.clock import month_of, next_month
from ppkit.errors import PpkitError
from ppkit.keys.key_refusal import refuse_keys
from ppkit.spending.ledger.ledger import Ledger
from ppkit.spending.ledger.transaction import Transaction

DEFAULT_QUOTA = 100
DEFAULT_TARIFF: Mapping[str, int] = MappingProxyType({"text": 1, "image": 10})


class CreditsUsedUp(PpkitError):
    """The month's credits do not cover this; none was taken. Facts: kind, credits, left, quota, resets_at."""

    code = "credits_used_up"


@dataclass(frozen=True, slots=True)
class TakenCredits:
    """Credits taken from a month's quota."""

    kind: str
    credits: int
    month: str


class PlanCredits:
    """The credits of one ledger's owner, shared by every process that opens the same file."""

    def __init__(
        self, ledger: Ledger, quota: int = DEFAULT_QUOTA, tariff: Mapping[str, int] = DEFAULT_TARIFF
    ) -> None:
        self._store = ledger.store
        self._clock = ledger.clock
        self.quota = quota
        self.tariff = tariff

    @property
    def resets_at(self) -> datetime:
        """The first moment of the next month (UTC), when the whole quota is there again."""
        return next_month(self._clock.now())

    def left(self) -> int:
        """Credits left this month, never below zero (a quota may have been lowered)."""
        month = month_of(self._clock.now())
        used = self._store.read(lambda tx: tx.credits_used(month))
        return max(0, self.quota - used)

    def take(self, kind: str) -> TakenCredits:
        """Take the credits for one text or image. Raises CreditsUsedUp, LookupError for an unknown kind."""
        needed, now = self._credits_for(kind), self._clock.now()
        left = self._store.write(partial(_take, month=month_of(now), needed=needed, quota=self.quota))
        if left is not None:
            raise CreditsUsedUp(
                kind=kind, credits=needed, left=left, quota=self.quota, resets_at=next_month(now)
            )
        return TakenCredits(kind, needed, month_of(now))

    def _credits_for(self, kind: str) -> int:
        """Raises LookupError, KeyInText for a secret, which that would quote."""
        refuse_keys("kind", kind)
        return self.tariff[kind]

    def give_back(self, taken: TakenCredits | str) -> None:
        """Return credits for what failed: the result of `take`, or a kind for the current month."""
        if isinstance(taken, str):
            taken = TakenCredits(taken, self._credits_for(taken), month_of(self._clock.now()))
        self._store.write(lambda tx: tx.give_back_credits(taken.month, taken.credits))


def _take(tx: Transaction, month: str, needed: int, quota: int) -> int | None:
    """None when taken, else what is left."""
    left = quota - tx.credits_used(month)
    if left < needed:
        return max(0, left)
    tx.take_credits(month, needed)
    return None
