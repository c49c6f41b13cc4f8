"""Which purse pays: a linked key first, unless plan credits were chosen, else a situation with a way on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol

from ppkit.ai_assistant.results import Purse
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.spending.plan_credits import CreditsUsedUp, TakenCredits

Kind = Literal["text", "image"]


class NeedsKey(PpkitError):
    """The plan's credits do not cover this and no key is linked. Facts: kind, credits, left."""

    code = "needs_key"


class Credits(Protocol):
    """What the purse needs of the plan's credits (ppkit.spending.plan_credits.PlanCredits)."""

    @property
    def tariff(self) -> Mapping[str, int]: ...

    def left(self) -> int: ...

    def take(self, kind: str) -> TakenCredits: ...

    def give_back(self, taken: TakenCredits) -> None: ...


class Linked(Protocol):
    """Knows the key that is linked now, if one is."""

    @property
    def linked_key(self) -> ApiKey | None: ...


class Purses:
    """The two purses of one learner: the plan's credits, and the linked key.

    Who linked a key wants it to pay: so it does in every new session too, until the learner says otherwise.
    """

    def __init__(self, plan_credits: Credits | None, linked: Linked) -> None:
        self._credits = plan_credits
        self._linked = linked
        self._look = threading.local()
        self.preferred = Purse.OWN_KEY  # what pays while both can; the learner may choose the other

    def price(self, kind: Kind) -> int:
        """Plan credits for one of this kind."""
        return self._credits.tariff[kind] if self._credits else 0

    def left(self) -> int:
        if self._credits is None:
            return 0
        seen: list[int] | None = getattr(self._look, "seen", None)
        if seen is None:
            return self._credits.left()
        if not seen:
            seen.append(self._credits.left())
        return seen[0]

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """In this thread, what is left is read once inside: for a page with many prices."""
        before = getattr(self._look, "seen", None)
        self._look.seen = [] if before is None else before
        try:
            yield
        finally:
            self._look.seen = before

    def choose(self, kind: Kind) -> Purse:
        """The purse that pays for one of this kind now. Raises NeedsKey."""
        has_key = self._linked.linked_key is not None
        if has_key and self.preferred is Purse.OWN_KEY:
            return Purse.OWN_KEY
        if self._credits and self.left() >= self._credits.tariff[kind]:
            return Purse.PLAN
        if has_key:
            return Purse.OWN_KEY
        raise NeedsKey(kind=kind, credits=self.price(kind), left=self.left())

    @contextmanager
    def pay(self, kind: Kind) -> Iterator[Purse]:
        """Choose and pay for what is done inside; credits come back when it fails. Raises NeedsKey."""
        taken = self._taken(kind)
        try:
            yield Purse.PLAN if taken else Purse.OWN_KEY
        except BaseException:
            if taken and self._credits:
                self._credits.give_back(taken)
            raise

    def _taken(self, kind: Kind) -> TakenCredits | None:
        """The credits taken, or None when the linked key pays. Raises NeedsKey."""
        if self.choose(kind) is Purse.OWN_KEY or self._credits is None:
            return None
        try:
            return self._credits.take(kind)
        except CreditsUsedUp:
            # Another window took the last ones between the look and the taking.
            if self._linked.linked_key is None:
                raise NeedsKey(kind=kind, credits=self.price(kind), left=self.left()) from None
            return None
