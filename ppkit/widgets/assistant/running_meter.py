"""The running meter of the Assistant's window: this session, this month, and what each limit leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ppkit.ai_assistant import PaidText, Picture, Post, Purse
from ppkit.money import ZERO, Money

if TYPE_CHECKING:
    from ppkit.sessions import Session

Kind = Literal["text", "image"]
KINDS: tuple[Kind, ...] = ("text", "image")


@dataclass
class Spent:
    """What the texts, or the images, of this session have taken."""

    calls: int = 0
    paid_calls: int = 0  # with the linked key
    cost: Money = ZERO
    credits: int = 0

    def add(self, made: Post | PaidText | Picture) -> None:
        self.calls += 1
        self.credits += made.credits
        if made.purse is Purse.OWN_KEY and made.receipt is not None:
            self.paid_calls += 1
            self.cost += made.receipt.cost


@dataclass(frozen=True, slots=True)
class Left:
    """What the month leaves: up to the alert, up to the limit (None: there is none), and in plan credits."""

    month: Money
    alert: Money | None
    limit: Money | None
    credits: int
    texts: int  # that the credits still buy
    images: int
    texts_beside: int  # beside so many images


class RunningMeter:
    """Counts what came back in this window; the month's figures are the ledger's."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.spent = {kind: Spent() for kind in KINDS}

    def note(self, result: object) -> None:
        """Whatever a paid call gave: one thing, or several."""
        if isinstance(result, Picture):
            self.spent["image"].add(result)
        elif isinstance(result, Post | PaidText):
            self.spent["text"].add(result)
        elif isinstance(result, Iterable) and not isinstance(result, str | bytes):
            for one in result:
                self.note(one)

    @property
    def texts_per_image(self) -> int | None:
        """How many texts one image costs; None until both were paid in the same way."""
        text, image = self.spent["text"], self.spent["image"]
        if text.paid_calls and image.paid_calls and text.cost:
            return (image.cost.pico_usd * text.paid_calls) // (text.cost.pico_usd * image.paid_calls)
        tariff = self._session.assistant.purses
        if text.credits and image.credits:
            return tariff.price("image") // max(1, tariff.price("text"))
        return None

    def left(self) -> Left:
        totals, limits = self._session.ledger.totals(), self._session.budget.get()
        purses = self._session.assistant.purses
        credits_left, text, image = purses.left(), purses.price("text"), purses.price("image")
        images = credits_left // image if image else 0
        return Left(
            totals.counted,
            _rest(limits.soft, totals.counted),
            _rest(limits.hard, totals.counted),
            credits_left,
            credits_left // text if text else 0,
            images,
            (credits_left - images * image) // text if text else 0,
        )


def _rest(limit: Money | None, counted: Money) -> Money | None:
    return None if limit is None else max(ZERO, limit - counted)
