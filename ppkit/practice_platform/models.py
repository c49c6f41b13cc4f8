"""The practice platform's own catalogue: which models there are and what a token of each costs.

Its price list is kept apart from the client side on purpose: a shared one would hide a shared mistake.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, Literal

from ppkit.money import Money
from ppkit.practice_platform.rows import Bill

PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION = 10**6
LONG_CONTEXT_TOKENS = 272_000
"""Above this input, long-context models cost twice the input and one and a half times the output."""
LONG_INPUT, LONG_OUTPUT = Fraction(2), Fraction(3, 2)
WEB_SEARCH_ITEM = "web search tool calls"
WEB_SEARCH = Money.usd("0.01")
SEARCH_CONTENT_TOKENS = 8000
"""Input tokens that each search of these models is billed for what it finds, whatever that is (published)."""
SEARCH_CONTENT_APART = ("gpt-4o-mini", "gpt-4.1-mini")
"""For each search, on top of the tokens: 10 USD for a thousand."""


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """Pico-USD per token, at the standard tier."""

    input: int
    cached_input: int
    cache_write: int | None
    output: int
    image_input: int = 0
    cached_image_input: int = 0
    image_output: int = 0


@dataclass(frozen=True, slots=True)
class PracticeModel:
    """One model. `shutdown_date` is the first day on which it no longer answers."""

    id: str
    snapshot: str
    kind: Literal["text", "image", "embedding", "moderation"]
    created: int
    shutdown_date: str | None
    reasoning: bool
    default_effort: str | None
    context_window: int
    max_output_tokens: int | None
    dimensions: int | None
    price: TokenPrice
    tiers: dict[str, Fraction]
    long_context: bool

    def is_gone(self, now: datetime) -> bool:
        return self.shutdown_date is not None and now.date() >= date.fromisoformat(self.shutdown_date)

    def to_wire(self, model_id: str) -> dict[str, object]:
        return {
            "id": model_id,
            "object": "model",
            "created": self.created,
            "owned_by": "practice-platform",
            "shutdown_date": self.shutdown_date,
        }


class ModelCatalogue:
    """Every model under its name and its dated snapshot."""

    def __init__(self, models: list[PracticeModel]) -> None:
        self._models = {model.id: model for model in models}
        self._by_name = self._models | {model.snapshot: model for model in models}

    def find(self, name: str, now: datetime) -> PracticeModel | None:
        """The model of this name, unless it is unknown or has been shut down."""
        model = self._by_name.get(name)
        return None if model is None or model.is_gone(now) else model

    def named(self, model_id: str) -> PracticeModel:
        """The model of exactly this id, gone or not. Raises KeyError."""
        return self._models[model_id]

    def names(self) -> list[str]:
        """Every model there ever was here, without the dated snapshots."""
        return list(self._models)

    def every_name(self) -> frozenset[str]:
        """The same, with the snapshots."""
        return frozenset(self._by_name)

    def available(self, now: datetime) -> list[tuple[str, PracticeModel]]:
        """(name, model) pairs, snapshots included, in the order of the catalogue."""
        return [(name, model) for name, model in self._by_name.items() if not model.is_gone(now)]


def bill_for(model: PracticeModel, bill: Bill) -> Bill:
    """The bill with its lines: each token is billed once, cached ones at the cached rate, and so on."""
    is_long = model.long_context and bill.input_tokens > LONG_CONTEXT_TOKENS
    rates = _rates(model.id, bill.service_tier, is_long)
    image_in = bill.image_input_tokens
    fresh = bill.input_tokens - bill.cached_tokens - bill.cache_write_tokens - image_in
    quantities = {
        "input_tokens": fresh,
        "cached_input_tokens": bill.cached_tokens,
        "cache_write_tokens": bill.cache_write_tokens,
        "image_input_tokens": image_in,
        "output_tokens": bill.output_tokens - bill.image_output_tokens,
        "image_output_tokens": bill.image_output_tokens,
    }
    lines = tuple(
        (f"{model.id}, {item}", quantity, Money(rates[item] * quantity))
        for item, quantity in quantities.items()
        if quantity
    )
    if bill.searches:
        lines += ((WEB_SEARCH_ITEM, bill.searches, Money(WEB_SEARCH.pico_usd * bill.searches)),)
        if model.id in SEARCH_CONTENT_APART:
            tokens = SEARCH_CONTENT_TOKENS * bill.searches
            lines += ((f"{model.id}, search content tokens", tokens, Money(rates["input_tokens"] * tokens)),)
    return replace(bill, lines=lines)


@cache
def _rates(model_id: str, service_tier: str, is_long: bool) -> dict[str, int]:
    """Pico-USD per token of each line item, at the call's tier and context length."""
    model = practice_models().named(model_id)
    price, tier = model.price, model.tiers.get(service_tier, Fraction(1))
    scale_in, scale_out = (tier * LONG_INPUT, tier * LONG_OUTPUT) if is_long else (tier, tier)
    return {
        "input_tokens": _scaled(price.input, scale_in),
        "cached_input_tokens": _scaled(price.cached_input, scale_in),
        "cache_write_tokens": _scaled(price.cache_write or price.input, scale_in),
        "image_input_tokens": _scaled(price.image_input or price.input, scale_in),
        "output_tokens": _scaled(price.output, scale_out),
        "image_output_tokens": _scaled(price.image_output, scale_out),
    }


def _scaled(pico_usd: int, factor: Fraction) -> int:
    """Exact, or an error: a price that needs rounding would make two honest bills differ."""
    scaled = pico_usd * factor
    if scaled.denominator != 1:
        raise ArithmeticError(f"{pico_usd} pico-USD times {factor} is not whole")
    return int(scaled)


@cache
def practice_models() -> ModelCatalogue:
    """The catalogue that travels with the package."""
    text = resources.files("ppkit.practice_platform").joinpath("data/models.json").read_text("utf-8")
    return ModelCatalogue([_model(entry) for entry in json.loads(text)["models"]])


def _model(entry: dict[str, Any]) -> PracticeModel:
    price: dict[str, Any] = {name: _pico(usd) for name, usd in entry["price"].items()}
    return PracticeModel(
        id=entry["id"],
        snapshot=entry["snapshot"],
        kind=entry["kind"],
        created=entry["created"],
        shutdown_date=entry["shutdown_date"],
        reasoning=entry["reasoning"],
        default_effort=entry["default_effort"],
        context_window=entry["context_window"],
        max_output_tokens=entry["max_output_tokens"],
        dimensions=entry.get("dimensions"),
        price=TokenPrice(**price),
        tiers={name: Fraction(factor) for name, factor in entry["tiers"].items()},
        long_context=entry["long_context"],
    )


def _pico(usd_per_million: str | None) -> int | None:
    if usd_per_million is None:
        return None
    return int(Fraction(usd_per_million) * PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION)
