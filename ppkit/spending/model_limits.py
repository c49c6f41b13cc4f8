"""How much a model can read and write at most, and the other facts kept beside genai-prices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# Beside this file; importlib.resources would add 13 ms to every start of the package.
_FACTS_FILE = Path(__file__).with_name("model_facts.json")


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Upper bounds of one model: tokens read, tokens written, tokens of one input picture (None: unknown)."""

    context_window: int
    max_output_tokens: int
    image_tokens_at_most: int | None = None


@cache
def model_facts() -> dict[str, Any]:
    """The package's own table, with the source and the day of each entry."""
    facts: dict[str, Any] = json.loads(_FACTS_FILE.read_text("utf-8"))
    return facts


@cache
def limits_by_model() -> dict[str, ModelLimits]:
    """Limits by the model's own id (not a dated snapshot's)."""
    return {model: _limits(row) for row in model_facts()["limits"] for model in row["models"]}


def limits_of(model: str) -> ModelLimits:
    """The limits of a model, or bounds wide enough for any model when it is not in the table."""
    return limits_by_model().get(model) or _limits(model_facts()["fallback_limits"])


def _limits(row: dict[str, Any]) -> ModelLimits:
    return ModelLimits(row["context_window"], row["max_output_tokens"], row.get("image_tokens_at_most"))
