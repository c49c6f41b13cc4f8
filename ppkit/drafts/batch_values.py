"""What a batch is asked for, agrees to, and tells: consent, estimate, progress, outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from ppkit.agency import Agency
from ppkit.ai_assistant import Brief, Estimate, Picture, Post, Purses
from ppkit.ai_assistant.drawing import Quality
from ppkit.checkup import Diagnosis
from ppkit.drafts.batch_rows import BatchStatus
from ppkit.drafts.draft import Draft
from ppkit.keys import ApiKey
from ppkit.money import Money
from ppkit.spending.budget import WhatIf
from ppkit.spending.ledger.scopes import SecretKey

Kind = Literal["text", "image"]


class PostWriter(Protocol):
    """What a batch needs of the Assistant."""

    purses: Purses

    def estimate_post(self, brief: Brief) -> Estimate: ...

    def write_post(self, brief: Brief) -> Post: ...

    def estimate_image(self, brief: Brief, size: str | None = None, quality: Quality = "low") -> Estimate: ...

    def draw(self, brief: Brief, size: str | None = None, quality: Quality = "low") -> Picture: ...


class KnownLimits(Protocol):
    """Knows what the limits leave (ppkit.spending.budget.Budget)."""

    def what_if(
        self, cost: Money, *, key: str | SecretKey | None = None, tags: Mapping[str, str] | None = None
    ) -> WhatIf: ...


class Books(Protocol):
    """Knows the agency's clients, and the limits (ppkit.accounting.Accounting)."""

    @property
    def agency(self) -> Agency: ...

    @property
    def budget(self) -> KnownLimits: ...


class LinkedKey(Protocol):
    """Knows the key that is linked now, if one is (ppkit.connection.Connection)."""

    @property
    def linked_key(self) -> ApiKey | None: ...


class Ending(StrEnum):
    """Why a run ended; the texts are "drafts.ending.<name>"."""

    FINISHED = "finished"
    STOPPED = "stopped"
    LIMIT = "limit"
    CONSENT = "consent"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class BatchConsent:
    """What a person has agreed to: so many posts of one batch, at most for this."""

    batch_id: int
    posts: int
    credits: int
    highest_cost: Money


@dataclass(frozen=True, slots=True)
class ShortLimit:
    """A hard limit without room for `cost`, which is the part of a batch that counts towards its scope."""

    scope: str  # as in LimitStatus
    cost: Money
    left: Money


@dataclass(frozen=True, slots=True)
class BatchEstimate:
    """What the posts that are left would take, together: plan credits, and money of the linked key at most.

    `posts` are those that lack their text or their image; `by_plan`, `by_key` and `unpaid` count texts, the
    last those for which there are neither credits nor a key. `images` are to be drawn, `unpaid_images` of
    them with nothing to pay. `unpriced` calls, whose model's price is not known, are not in `highest_cost`.
    `what_if` says what the limits would make of `highest_cost` now; None where no money is to be spent,
    nobody knows of limits, or a run has ended (`BatchOutcome.left`). `short` are the limits in the way, each
    with what of the cost is asked of it. Nothing is reserved: each call is still judged by itself.
    """

    batch_id: int
    posts: int
    by_plan: int
    by_key: int
    unpaid: int
    unpriced: int
    credits: int
    highest_cost: Money
    images: int = 0
    unpaid_images: int = 0
    what_if: WhatIf | None = None
    short: tuple[ShortLimit, ...] = ()

    @property
    def shortest(self) -> ShortLimit | None:
        """The limit that lacks most; None where none is in the way."""
        return max(self.short, key=lambda one: one.cost - one.left, default=None)

    def agreed(self) -> BatchConsent:
        """The consent to exactly this, for `Batch.run`."""
        return BatchConsent(self.batch_id, self.posts, self.credits, self.highest_cost)


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """After each post: the batch as it is now, what this run has cost, and the draft, if one was written."""

    status: BatchStatus
    cost: Money
    credits: int
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of a run. `left` is what is still to be written, and what it would take.

    `problem` says what ended it, where something did. `unsaved` or `unsaved_image` was made and paid for, and
    could not be kept (a full disk): it is here and nowhere else.
    """

    ending: Ending
    status: BatchStatus
    left: BatchEstimate
    cost: Money
    credits: int
    problem: Diagnosis | None = None
    unsaved: Post | None = None
    unsaved_image: Picture | None = None
