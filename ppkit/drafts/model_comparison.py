"""One brief on several models, side by side: what each wrote, at what cost, in what time, at what length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppkit.ai_assistant import Brief, Estimate, Post, Purse
from ppkit.checkup import Diagnosis, diagnose
from ppkit.clock import Clock
from ppkit.drafts.batch_values import PostWriter
from ppkit.extras import require
from ppkit.keys import presentable
from ppkit.metering.receipts import Receipt, collect_receipts
from ppkit.money import ZERO, Money

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "model",
    "answered_by",
    "text",
    "characters",
    "fits",
    "seconds",
    "cost_pico_usd",
    "credits",
    "problem",
]


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """What one model made of the brief. Without a `post`, `problem` says why; it may have cost something.

    `cost` is the linked key's money, `credits` are the plan's, where that has paid.
    """

    model: str
    seconds: float
    cost: Money
    credits: int
    post: Post | None
    problem: Diagnosis | None


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """The trials, in the order in which the models were named."""

    brief: Brief
    trials: tuple[ModelTrial, ...]

    def __iter__(self) -> Iterator[ModelTrial]:
        return iter(self.trials)

    def to_frame(self) -> pd.DataFrame:
        """A row for each model. Raises ExtraMissing."""
        require("lab", "pandas")
        import pandas as pd  # heavy, and only needed by who asks for a table

        return pd.DataFrame([_row(trial) for trial in self.trials], columns=COLUMNS)


def estimates_of(writer: PostWriter, brief: Brief, models: Sequence[str]) -> dict[str, Estimate]:
    """What each model would take, before anything is sent. Raises NeedsKey, KeyInText."""
    return {model: writer.estimate_post(replace(brief, model=model)) for model in models}


def compared(writer: PostWriter, brief: Brief, models: Sequence[str], clock: Clock) -> ModelComparison:
    """Ask one model after the other, so that none waits for another's answer. Raises KeyInText."""
    briefs = [
        replace(brief, model=model) for model in dict.fromkeys(models)
    ]  # all are judged before one is sent
    return ModelComparison(brief, tuple(_trial(writer, asked, clock) for asked in briefs))


def _trial(writer: PostWriter, brief: Brief, clock: Clock) -> ModelTrial:
    started, post, problem = clock.monotonic(), None, None
    with collect_receipts() as receipts:
        try:
            post = writer.write_post(brief)
        except Exception as error:
            problem = diagnose(error)
    seconds = clock.monotonic() - started
    shown = replace(post, text=presentable(post.text)) if post else None
    return ModelTrial(
        model=brief.model or "",
        seconds=seconds,
        cost=_cost(post, receipts),
        credits=post.credits if post else 0,
        post=shown,
        problem=problem,
    )


def _cost(post: Post | None, receipts: Sequence[Receipt]) -> Money:
    """Of the linked key: a call on the plan's credits was the app's own."""
    if post is not None and post.purse is Purse.PLAN:
        return ZERO
    return sum((receipt.cost for receipt in receipts), ZERO)


def _row(trial: ModelTrial) -> dict[str, object]:
    post = trial.post
    return {
        "model": trial.model,
        "answered_by": post.model if post else None,
        "text": post.text if post else None,
        "characters": len(post.text) if post else None,
        "fits": post.fits if post else None,
        "seconds": trial.seconds,
        "cost_pico_usd": trial.cost.pico_usd,
        "credits": trial.credits,
        "problem": trial.problem.code if trial.problem else None,
    }
