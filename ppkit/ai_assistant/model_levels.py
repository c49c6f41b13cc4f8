"""Models in words (economical, balanced, best), by the platform's live list, prices and announced ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from ppkit.checkup import LiveModel
from ppkit.money import Money

Purpose = Literal["text", "image"]
NOTICE = timedelta(days=60)
"""How long before its announced end a model is passed over, or told of where there is no other."""


class Level(StrEnum):
    """What a model is for; the texts are "assistant.level.<name>"."""

    ECONOMICAL = "economical"
    BALANCED = "balanced"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A level and the model that stands for it now.

    `cost` is the most that one post of usual length or one image in low quality takes, None where no price is
    known; `shutdown` the first day without the model, where one is announced; `ends_soon` that it is near.
    """

    level: Level
    model: str
    cost: Money | None
    shutdown: date | None = None
    ends_soon: bool = False


@cache
def model_levels(purpose: Purpose) -> Mapping[Level, tuple[str, ...]]:
    """Our wishes by level, the first wish first."""
    document = json.loads(files(__package__).joinpath("model_levels.json").read_text(encoding="utf-8"))
    return MappingProxyType({Level(level): tuple(names) for level, names in document[purpose].items()})


def model_named(wish: str | None, purpose: Purpose = "text") -> str:
    """The model for a level's name, by our wishes alone; any other name is a model's own."""
    levels = model_levels(purpose)
    return levels[Level(wish or Level.ECONOMICAL)][0] if not wish or wish in levels else wish


def choose_models(
    purpose: Purpose, live: Iterable[LiveModel], today: date, cost: Callable[[str], Money | None]
) -> tuple[ModelChoice, ...]:
    """For each level the first wish that is listed and has not ended; one without a near end goes before.

    A level without any is left out.
    """
    alive = {one.name: one for one in live if one.shutdown is None or one.shutdown > today}
    found = []
    for level, wishes in model_levels(purpose).items():
        listed = [alive[name] for name in wishes if name in alive]
        if listed:
            one = min(listed, key=lambda model: _ends_soon(model, today))  # the first of the best
            found.append(ModelChoice(level, one.name, cost(one.name), one.shutdown, _ends_soon(one, today)))
    return tuple(found)


def _ends_soon(model: LiveModel, today: date) -> bool:
    return model.shutdown is not None and model.shutdown - today <= NOTICE
