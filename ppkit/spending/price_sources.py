"""Where price rows come from: the price list read from genai-prices, and the package's own overlay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ppkit.errors import PpkitError
from ppkit.money import PICO_DIGITS, Money
from ppkit.spending.model_limits import model_facts
from ppkit.spending.price_list import DATED, ListedModel, ListedRow, price_list

TOKENS_PER_PRICE = 10**6
_SNAPSHOT = re.compile(r"(.+)-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|v\d+)")


class PriceTooFine(PpkitError):
    """A price is no whole number of pico-dollars per token. Facts: model, usd_per_million."""

    code = "price_too_fine"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Prices of one model at one tier on one day, in pico-USD per token by kind ("input", "cached", …).

    `long_context` replaces `usual` for the whole request above `long_context_over` input tokens.
    """

    family: str  # the model's own id, when a dated snapshot was asked for
    usual: Mapping[str, int]
    long_context: Mapping[str, int] | None
    long_context_over: int | None
    source: str
    valid_from: date | None
    is_of_its_tier: bool = True  # else the usual price stands in for one that is not known


def per_token(model: str, usd_per_million: str | float | Decimal) -> int:
    """Pico-USD per token. Raises PriceTooFine instead of rounding."""
    # A float goes through its shortest text, so that 0.1 means one tenth and not its binary neighbour.
    exact = Decimal(str(usd_per_million)) * 10**PICO_DIGITS / TOKENS_PER_PRICE
    if not exact.is_finite() or exact != int(exact) or exact < 0:
        raise PriceTooFine(model=model, usd_per_million=str(usd_per_million))
    return int(exact)


# ---------------------------------------------------------------- overlay


def overlay_row(overlay: Mapping[str, Any], model: str, tier: str, day: date) -> PriceRow | None:
    """The newest overlay price that has begun by `day`, for a model or a dated snapshot of it.

    None for a model or tier the overlay lacks.
    """
    family = model
    begun = _begun(overlay, family, day)
    if not begun and (dated := DATED.fullmatch(model)):
        family = dated[1]
        begun = _begun(overlay, family, day)
    if not begun:
        return None
    row = max(begun, key=lambda candidate: str(candidate["valid_from"]))
    factor = "1" if tier == "default" else row.get("tiers", {}).get(tier)
    if (
        factor is None and tier != "flex"
    ):  # an unknown discount is simply not granted; an unknown surcharge is refused
        return None
    usual = _scaled(model, row["usd_per_million"], factor or "1", factor or "1")
    longer = row.get("long_context")
    return PriceRow(
        family=family,
        usual=usual,
        long_context=_scaled_further(model, row["usd_per_million"], longer, factor or "1")
        if longer
        else None,
        long_context_over=longer["over"] if longer else None,
        source=f"{row['source']} ({row['read_on']})",
        valid_from=date.fromisoformat(row["valid_from"]),
        is_of_its_tier=factor is not None,
    )


def _begun(overlay: Mapping[str, Any], model: str, day: date) -> list[Mapping[str, Any]]:
    return [
        row
        for row in overlay["prices"]
        if model in row["models"] and date.fromisoformat(row["valid_from"]) <= day
    ]


def _scaled_further(
    model: str, prices: Mapping[str, str], longer: Mapping[str, Any], factor: str
) -> dict[str, int]:
    tier = Decimal(factor)
    return _scaled(
        model, prices, tier * Decimal(longer["times_input"]), tier * Decimal(longer["times_output"])
    )


def _scaled(
    model: str, prices: Mapping[str, str], input_factor: str | Decimal, output_factor: str | Decimal
) -> dict[str, int]:
    def factor(kind: str) -> Decimal:
        return Decimal(output_factor if _whole(kind) == "output" else input_factor)

    return {kind: per_token(model, Decimal(usd) * factor(kind)) for kind, usd in prices.items()}


def tool_fees(overlay: Mapping[str, Any], family: str, day: date) -> dict[str, Money]:
    """What one call of each hosted tool takes beside its tokens, by the names that model_facts.json gives.

    Of several rows for a tool the newest that has begun counts, but one that names the model first.
    """
    fees: dict[str, tuple[tuple[bool, str], Money]] = {}
    for row in overlay.get("hosted_tools", ()):
        beginnings = row.get("models_beginning")
        if date.fromisoformat(row["valid_from"]) > day:
            continue
        if beginnings is not None and not family.startswith(tuple(beginnings)):
            continue
        order = (beginnings is not None, str(row["valid_from"]))
        for tool, usd in row["usd_per_call"].items():
            if tool not in fees or fees[tool][0] < order:
                fees[tool] = order, Money.usd(usd)
    return {tool: fee for tool, (_, fee) in fees.items()}


# ---------------------------------------------------------------- price list

_DISCOUNTS = frozenset({"flex", "batch"})


def listed_row(model: str, tier: str, day: date) -> PriceRow | None:
    """The row of the price list, or None when it has none that surely is this model's, at this tier."""
    listed = price_list().find(model)
    if listed is None or is_refused(model) or is_refused(listed.id):
        return None
    usual = listed.row("default", day)
    own = listed.row(tier, day)
    if usual is None or (own is None and tier not in _DISCOUNTS):
        return None  # a surcharge that is not in the table must not be billed at the usual price
    usual_row = _row(listed, usual)
    if own is None or own is usual:
        return usual_row
    return completed(replace(_row(listed, own), valid_from=usual.first_day), usual_row)


def completed(row: PriceRow, usual: PriceRow) -> PriceRow:
    """A tier's row with what only the usual tier's row tells, by the same factors.

    These are kinds of token with a price of their own, and the surcharge on long requests. What does not
    divide is rounded up to whole pico-dollars.
    """
    missing = usual.usual.keys() - row.usual.keys()
    here = dict(row.usual) | {
        kind: _ratio(usual.usual[kind], row.usual["input"], usual.usual["input"]) for kind in missing
    }
    if row.long_context is not None or usual.long_context is None:
        return replace(row, usual=here)
    longer = {
        kind: _ratio(rate, usual.long_context[kind], usual.usual[kind]) if kind in usual.usual else rate
        for kind, rate in here.items()
    }
    return replace(row, usual=here, long_context=longer, long_context_over=usual.long_context_over)


def surcharged(row: PriceRow, listed: PriceRow) -> PriceRow:
    """A user's own row with the list's surcharge on long requests, where it says nothing of one.

    Each price is raised by the list's factor, that of the input or output where the list does not name the
    kind; what does not divide is rounded up to whole pico-dollars.
    """
    if row.long_context is not None or listed.long_context is None:
        return row
    longer: dict[str, int] = {}
    for kind, rate in row.usual.items():
        named = kind if kind in listed.usual and kind in listed.long_context else _whole(kind)
        longer[kind] = _ratio(rate, listed.long_context.get(named, 1), listed.usual.get(named, 1))
    return replace(row, long_context=longer, long_context_over=listed.long_context_over)


def costs_the_same(one: PriceRow, other: PriceRow) -> bool:
    """Whether a request would cost the same by either row, however long it is."""
    prices = [(row.usual, row.long_context, row.long_context_over) for row in (one, other)]
    return prices[0] == prices[1]


def _whole(kind: str) -> str:
    return "output" if kind in {"output", "image_output"} else "input"


def _ratio(rate: int, numerator: int, denominator: int) -> int:
    """`rate` times the fraction, rounded up; a kind that is free has no factor and stays free."""
    return -(-rate * numerator // denominator) if denominator else rate


def _row(listed: ListedModel, row: ListedRow) -> PriceRow:
    longer = row.long_context
    return PriceRow(
        family=listed.id,
        usual=_per_token(listed.id, row.usd_per_million),
        long_context=_per_token(listed.id, longer["usd_per_million"]) if longer else None,
        long_context_over=longer["over"] if longer else None,
        source=price_list().source,
        valid_from=row.first_day,
    )


def _per_token(model: str, usd_per_million: Mapping[str, str]) -> dict[str, int]:
    return {kind: per_token(model, usd) for kind, usd in usd_per_million.items()}


def is_snapshot(model: str, of: str) -> bool:
    """Whether a name is another one with a date or version, as platforms name what stands behind it."""
    dated = _SNAPSHOT.fullmatch(model) if model.startswith(of) else None
    return dated is not None and dated[1] == of


def is_refused(model: str) -> bool:
    refused = model_facts()["refused"]
    words = re.split(r"[-.:]", model)
    return model in refused["models"] or any(word in words for word in refused["words"])


def money_by_kind(row: Mapping[str, int], kind: str, otherwise: str) -> Money:
    """The price of a kind of token, or of the whole it is a part of when it has none of its own."""
    return Money(row[kind] if kind in row else row.get(otherwise, 0))


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC, whose calendar day decides the price. Naive moments are refused."""
    if moment.tzinfo is None:
        raise ValueError("a price needs an aware moment")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
