"""Which model to use when the user chose none: a dated list of wishes, judged by the platform's live list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from ppkit.money import Money

Purpose = Literal["text", "image"]


@dataclass(frozen=True, slots=True)
class LiveModel:
    """A model that the platform lists now; `shutdown` is the announced last day, None when none is."""

    name: str
    shutdown: date | None = None


@cache
def preferred_models(purpose: Purpose) -> tuple[str, ...]:
    """Our wishes, the best first."""
    document = json.loads(files(__package__).joinpath("preferred_models.json").read_text(encoding="utf-8"))
    return tuple(document[purpose])


def pick_model(
    purpose: Purpose,
    live: Iterable[LiveModel] | None,
    today: date,
    cost: Callable[[str], Money | None] | None = None,
) -> LiveModel | None:
    """The best wish that is listed and not shut down; None when none is.

    Where no wish is listed, `cost` (of the same small request; None: unknown) lets the cheapest of the listed
    models step in. Without a list (the key may not read it) the best wish is taken on trust: the request
    will show.
    """
    wishes = preferred_models(purpose)
    if live is None:
        return LiveModel(wishes[0])
    alive = {model.name: model for model in live if model.shutdown is None or model.shutdown > today}
    wished = next((alive[wish] for wish in wishes if wish in alive), None)
    return wished or (_cheapest(alive.values(), cost) if cost else None)


def _cheapest(models: Iterable[LiveModel], cost: Callable[[str], Money | None]) -> LiveModel | None:
    priced = [(price, model.name, model) for model in models if (price := cost(model.name))]
    return min(priced)[2] if priced else None


def day_or_none(text: object) -> date | None:
    """A "YYYY-MM-DD" of the platform as a date; None when absent or written otherwise."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
