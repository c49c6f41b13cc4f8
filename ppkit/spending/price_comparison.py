"""The prices held against another list: litellm's price map as its project publishes it, or one made so.

Form: a JSON object of models; amounts are USD per token, as numbers, under `input_cost_per_token` and the
like, with the service tier at the end of the name ("…_flex", "…_priority").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ppkit.errors import PpkitError
from ppkit.money import Money
from ppkit.spending.prices import PriceCatalogue, UnknownPrice

FIELDS: Mapping[str, str] = {
    "input": "input_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "output": "output_cost_per_token",
}
TIERS: Mapping[str, str] = {"default": "", "flex": "_flex", "priority": "_priority"}
PROVIDER = "openai"
COMPARED_MODES = frozenset({"chat", "responses", "embedding", "completion"})
PICO_PER_USD = 10**12
WITHOUT_OUTPUT = frozenset({"embedding"})
_ABOVE = re.compile(r"(?:input|output)_cost_per_token_above_(\d{1,6})k_tokens")


PriceMap = Mapping[str, Mapping[str, Any]]
"""OpenAI's text models by their names, each as litellm's map has it, amounts as decimals."""


class PriceMapNotUnderstood(PpkitError):
    """The file has no prices in litellm's form. No facts."""

    code = "price_map_not_understood"


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """One price of a token in pico-dollars, ours and theirs; None where a source has none.

    Where one does not know the model at all, there is one difference, of its input.
    """

    model: str
    tier: str
    kind: str
    ours_pico_usd: Decimal | None
    theirs_pico_usd: Decimal | None


def read_price_map(content: str) -> PriceMap:
    """What the file holds of OpenAI's text models. Raises PriceMapNotUnderstood, also where it holds none."""
    found = dict(_models_in(content))
    if not found:
        raise PriceMapNotUnderstood
    return found


def compare(theirs: PriceMap, catalogue: PriceCatalogue, at: datetime) -> list[PriceDifference]:
    """Every difference for OpenAI's text models, sorted."""
    found = [
        one for model, entry in sorted(theirs.items()) for one in _differences(model, entry, catalogue, at)
    ]
    for model in catalogue.known_models():
        if model not in theirs:
            ours = Decimal(catalogue.price_of(model, at).rates.input.pico_usd)
            found.append(PriceDifference(model, "default", "input", ours, None))
    return sorted(found, key=lambda one: (one.model, one.tier, one.kind))


def prices_in(theirs: PriceMap, model: str) -> dict[str, Decimal]:
    """What a token of each kind costs there at the standard tier, in pico-dollars.

    Nothing for a model that it does not know.
    """
    entry = theirs.get(model, {})
    found = {kind: _pico(entry.get(name)) for kind, name in FIELDS.items()}
    if found["output"] is None and entry.get("mode") in WITHOUT_OUTPUT:
        found["output"] = Decimal(0)
    return {kind: amount for kind, amount in found.items() if amount is not None}


def long_context_in(theirs: PriceMap, model: str) -> dict[str, Decimal] | None:
    """From how many input tokens on a request costs more there ("over"), and what a token costs then
    ("input", "output"), in pico-dollars; None where no or several such bounds are named.
    """
    entry = theirs.get(model, {})
    bounds = {found[1] for name in entry if (found := _ABOVE.fullmatch(name))}
    if len(bounds) != 1:
        return None
    bound = bounds.pop()
    amounts = {
        kind: _pico(entry.get(f"{FIELDS[kind]}_above_{bound}k_tokens")) for kind in ("input", "output")
    }
    known = {kind: amount for kind, amount in amounts.items() if amount is not None}
    return {"over": Decimal(int(bound) * 1_000)} | known if len(known) == len(amounts) else None


def _models_in(content: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        document = json.loads(content, parse_float=Decimal)
    except ValueError:
        raise PriceMapNotUnderstood from None
    if not isinstance(document, dict):
        raise PriceMapNotUnderstood
    for name, entry in document.items():
        if (
            isinstance(entry, dict)
            and entry.get("litellm_provider") == PROVIDER
            and str(entry.get("mode")) in COMPARED_MODES
            and "/" not in name
            and not name.startswith("ft:")
        ):
            yield name, entry


def _differences(
    model: str, entry: Mapping[str, Any], catalogue: PriceCatalogue, at: datetime
) -> Iterator[PriceDifference]:
    for tier, end in TIERS.items():
        theirs = {kind: _pico(entry.get(f"{name}{end}")) for kind, name in FIELDS.items()}
        if theirs["input"] is None:
            continue
        try:
            rates = catalogue.price_of(model, at, tier).rates
        except UnknownPrice:
            yield PriceDifference(model, tier, "input", None, theirs["input"])
            continue
        for kind, their_price in theirs.items():
            ours: Money = getattr(rates, kind)
            if their_price is not None and their_price != ours.pico_usd:
                yield PriceDifference(model, tier, kind, Decimal(ours.pico_usd), their_price)


def _pico(usd: object) -> Decimal | None:
    """None for what is no amount."""
    if isinstance(usd, bool) or not isinstance(usd, int | Decimal) or not 0 <= usd < 10**6:
        return None
    return (Decimal(usd) * PICO_PER_USD).normalize()
