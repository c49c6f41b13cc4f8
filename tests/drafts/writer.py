"""An Assistant played by hand: a batch meets credits, limits, failures and death when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx2
import openai

from ppkit.ai_assistant import Brief, Estimate, NothingWritten, Picture, Post, Purse, Purses
from ppkit.clock import ManualClock, next_month
from ppkit.keys import ApiKey
from ppkit.metering import HardLimitReached
from ppkit.metering.receipts import COLLECTORS
from ppkit.metering.tags import current_tags
from ppkit.money import Money
from ppkit.spending.plan_credits import TakenCredits

from .conftest import PNG, picture, post, receipt

KEY = ApiKey("sk-practice-" + "CANARY" * 8)
REQUEST = httpx2.Request("POST", "http://platform.example/v1/images/generations")
AT_MOST = Money.usd("0.002")
IMAGE_AT_MOST = Money.usd("0.01")
COST = Money.usd("0.0001")


class PlanPurse:
    """Plan credits in memory."""

    tariff: Mapping[str, int] = {"text": 1, "image": 10}

    def __init__(self) -> None:
        self.amount = 0

    def left(self) -> int:
        return self.amount

    def take(self, kind: str) -> TakenCredits:
        self.amount -= self.tariff[kind]
        return TakenCredits(kind, self.tariff[kind], "2026-11")

    def give_back(self, taken: TakenCredits) -> None:
        self.amount += taken.credits


class Writer:
    """Writes "Post: <topic>"; with a `failing` topic it raises, after a receipt where it `was_paid`."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.plan = PlanPurse()
        self.linked_key: ApiKey | None = KEY
        self.purses = Purses(self.plan, self)
        self.failing: dict[str, BaseException] = {}
        self.failing_images: dict[str, BaseException] = {}
        self.drawn: list[str] = []
        self.before_image: Callable[[], None] = lambda: None
        self.was_paid = False
        self.written: list[str] = []
        self.tags: list[dict[str, str]] = []
        self.limit_after: int | None = None
        self.before: Callable[[], None] = lambda: None
        self.change: Callable[[Post], Post] = lambda found: found

    def estimate_post(self, brief: Brief) -> Estimate:
        purse = self.purses.choose("text")
        return Estimate(
            purse, brief.model or "gpt-6-luna", int(purse is Purse.PLAN), self.plan.left(), AT_MOST
        )

    def write_post(self, brief: Brief) -> Post:
        self.before()
        self.clock.sleep(1.5)
        with self.purses.pay("text") as purse:
            if self.limit_after is not None and len(self.written) >= self.limit_after:
                raise hard_limit(self.clock)
            if brief.topic in self.failing:
                if self.was_paid:
                    self._receipt()
                raise self.failing[brief.topic]
            self.written.append(brief.topic)
            self.tags.append(dict(current_tags()))
            self._receipt()
        own = purse is Purse.OWN_KEY
        found = post(
            f"Post: {brief.topic}",
            brief.network,
            purse=purse,
            credits=0 if own else 1,
            model=brief.model or "gpt-6-luna",
        )
        return self.change(found)

    def estimate_image(self, brief: Brief, size: str | None = None, quality: str = "low") -> Estimate:
        purse = self.purses.choose("image")
        asked = 10 if purse is Purse.PLAN else 0
        return Estimate(purse, "gpt-image-2", asked, self.plan.left(), IMAGE_AT_MOST)

    def draw(self, brief: Brief, size: str | None = None, quality: str = "low") -> Picture:
        """A picture of its own for each topic; `failing_images` is for these alone."""
        self.before_image()
        with self.purses.pay("image") as purse:
            if brief.topic in self.failing_images:
                if self.was_paid:
                    self._receipt()
                raise self.failing_images[brief.topic]
            self.drawn.append(f"{brief.topic} {quality}")
            self._receipt()
        own = purse is Purse.OWN_KEY
        found = receipt() if own else None
        paid = replace(found, cost=COST) if found else None
        return picture(PNG + brief.topic.encode(), purse=purse, credits=0 if own else 10, receipt=paid)

    def _receipt(self) -> None:
        for receipts in COLLECTORS.get():
            receipts.append(replace(receipt(), cost=COST))


def hard_limit(clock: ManualClock) -> HardLimitReached:
    request = httpx2.Request("POST", "http://platform.example/v1/responses")
    amount = Money.usd("0.01")
    return HardLimitReached(
        request,
        scope="all",
        limit=amount,
        spent=amount,
        reserved=Money(0),
        asked=AT_MOST,
        resets_at=next_month(clock.now()),
    )


def nothing() -> NothingWritten:
    return NothingWritten(reason="refusal")


def no_such_model() -> openai.NotFoundError:
    error = {
        "message": "The model `gpt-7` does not exist",
        "code": "model_not_found",
        "type": "invalid_request_error",
    }
    response = httpx2.Response(
        404, json={"error": error}, request=httpx2.Request("POST", "http://platform.example")
    )
    return openai.NotFoundError("no such model", response=response, body=error)


def too_many(seconds: int) -> openai.RateLimitError:
    error = {"message": f"Rate limit reached. Please try again in {seconds}s.", "code": "rate_limit_exceeded"}
    request = httpx2.Request("POST", "http://platform.example")
    return openai.RateLimitError(
        error["message"], response=httpx2.Response(429, json={"error": error}, request=request), body=error
    )
