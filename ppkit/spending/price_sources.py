"""Where price rows come from: genai-prices, read strictly, and the package's own overlay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ppkit.errors import PpkitError
from ppkit.money import PICO_DIGITS, Money
from ppkit.spending.model_limits import model_facts

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

TOKENS_PER_PRICE = 10**6


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


def per_token(model: str, usd_per_million: str | float | Decimal) -> int:
    """Pico-USD per token. Raises PriceTooFine instead of rounding."""
    # A float goes through its shortest text, so that 0.1 means one tenth and not its binary neighbour.
    exact = Decimal(str(usd_per_million)) * 10**PICO_DIGITS / TOKENS_PER_PRICE
    if not exact.is_finite() or exact != int(exact) or exact < 0:
        raise PriceTooFine(model=model, usd_per_million=str(usd_per_million))
    return int(exact)


# ---------------------------------------------------------------- overlay


def overlay_row(overlay: Mapping[str, Any], model: str, tier: str, day: date) -> PriceRow | None:
    """The newest overlay price that has begun by `day`; None for a model or tier the overlay lacks."""
    begun = [
        row
        for row in overlay["prices"]
        if model in row["models"] and date.fromisoformat(row["valid_from"]) <= day
    ]
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
        family=model,
        usual=usual,
        long_context=_scaled_further(model, row["usd_per_million"], longer, factor or "1")
        if longer
        else None,
        long_context_over=longer["over"] if longer else None,
        source=f"{row['source']} ({row['read_on']})",
        valid_from=date.fromisoformat(row["valid_from"]),
    )


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
        return Decimal(output_factor if kind in {"output", "image_output"} else input_factor)

    return {kind: per_token(model, Decimal(usd) * factor(kind)) for kind, usd in prices.items()}


# ---------------------------------------------------------------- genai-prices

_KINDS = {
    "input_mtok": "input",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "output_mtok": "output",
    "input_image_mtok": "image_input",
    "cache_image_read_mtok": "cached_image",
    "output_image_mtok": "image_output",
}
_BILLED_APART = frozenset(
    {"web_searches_kcount", "storage_searches_kcount"}
)  # hosted tools, refused in a ceiling
_DISCOUNTS = frozenset({"flex", "batch"})


def library_row(model: str, tier: str, moment: datetime) -> PriceRow | None:
    """The row of genai-prices, or None when it has none that surely is this model's, at this tier."""
    info = find_exactly(model)
    if info is None or is_refused(model) or is_refused(info.id):
        return None
    context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier}
    if tier != "default" and tier not in _DISCOUNTS and not _has_variant(info, context, moment):
        return None  # a surcharge that is not in the table must not be billed at the usual price
    prices = {
        key: value for key, value in vars(info.get_prices(moment, context)).items() if value is not None
    }
    if "input_mtok" not in prices or prices.keys() - _KINDS.keys() - _BILLED_APART:
        return None  # billed by the hour, the character, or by kinds of token that Usage cannot count
    return _row(model, info, prices, moment)


def _row(model: str, info: ModelInfo, prices: Mapping[str, Any], moment: datetime) -> PriceRow:
    from genai_prices import __version__  # lazy: 0.2 s

    tokens = {_KINDS[key]: value for key, value in prices.items() if key in _KINDS}
    usual = {kind: per_token(model, getattr(price, "base", price)) for kind, price in tokens.items()}
    starts = {tier.start for price in tokens.values() for tier in getattr(price, "tiers", ())}
    if len(starts) > 1:
        raise PriceTooFine(model=model, usd_per_million="more than one long-context threshold")
    longer = {kind: per_token(model, _above(price)) for kind, price in tokens.items()} if starts else None
    return PriceRow(
        family=info.id,
        usual=usual,
        long_context=longer,
        long_context_over=starts.pop() if starts else None,
        source=f"genai-prices {__version__}",
        valid_from=_valid_from(info, moment),
    )


def _above(price: Any) -> Any:
    tiers = getattr(price, "tiers", None)
    return tiers[-1].price if tiers else getattr(price, "base", price)


def _valid_from(info: ModelInfo, moment: datetime) -> date | None:
    if not isinstance(info.prices, list):
        return None
    starts = [getattr(row.constraint, "start_date", None) for row in info.prices]
    return max((start for start in starts if start and start <= moment.date()), default=None)


def _has_variant(info: ModelInfo, context: Mapping[str, str], moment: datetime) -> bool:
    return any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(moment))
        for variant in info.price_variants or ()
    )


def find_exactly(model: str) -> ModelInfo | None:
    """The genai-prices entry whose rule names this very id, or a dated snapshot of it.

    Rules that match by a beginning or a part of the name are not trusted: they would give
    "gpt-5-nano-pro" the price of gpt-5-nano. They count only when a date is all that follows.
    """
    for info in openai_models():
        if _names(info.match, model):
            return info
    return None


_DATED_RULE = re.compile(r"^\^[\w.\\-]+-\\d\{4\}-\\d\{2\}-\\d\{2\}\$$")
_DATE = re.compile(r"-?\d{4}-\d{2}-\d{2}")


def _names(rule: Any, model: str) -> bool:
    if (alternatives := getattr(rule, "or_", None)) is not None:
        return any(_names(alternative, model) for alternative in alternatives)
    if (exact := getattr(rule, "equals", None)) is not None:
        return bool(exact == model)
    if (pattern := getattr(rule, "regex", None)) is not None:
        return bool(_DATED_RULE.match(str(pattern)) and re.match(pattern, model))
    beginning = getattr(rule, "starts_with", None)
    return (
        beginning is not None
        and model.startswith(beginning)
        and bool(_DATE.fullmatch(model[len(beginning) :]))
    )


def openai_models() -> Iterator[ModelInfo]:
    """Every OpenAI model bundled with genai-prices (never a downloaded or replaced snapshot)."""
    from genai_prices.data import providers  # lazy: 0.2 s

    return iter(next(provider for provider in providers if provider.id == "openai").models)


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
