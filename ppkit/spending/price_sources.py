"""Where price rows come from: genai-prices, read strictly, and the package's own overlay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ppkit.errors import PpkitError
from ppkit.money import PICO_DIGITS, Money
from ppkit.spending.model_limits import model_facts

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

TOKENS_PER_PRICE = 10**6
_DATED = re.compile(r"(.+)-\d{4}-\d{2}-\d{2}")
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
    if not begun and (dated := _DATED.fullmatch(model)):
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
        return Decimal(output_factor if kind in {"output", "image_output"} else input_factor)

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
)  # hosted tools, whose fees stand in the overlay (see `tool_fees`); a test compares the two
_DISCOUNTS = frozenset({"flex", "batch"})


def library_row(model: str, tier: str, moment: datetime) -> PriceRow | None:
    """The row of genai-prices, or None when it has none that surely is this model's, at this tier."""
    info = find_exactly(model)
    if info is None or is_refused(model) or is_refused(info.id):
        return None
    context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier}
    if tier != "default" and tier not in _DISCOUNTS and not _has_variant(info, context, moment):
        return None  # a surcharge that is not in the table must not be billed at the usual price
    prices = _prices(info, context, moment)
    if "input_mtok" not in prices or prices.keys() - _KINDS.keys() - _BILLED_APART:
        return None  # billed by the hour, the character, or by kinds of token that Usage cannot count
    row = _row(model, info, prices, moment)
    if tier == "default":
        return row
    usual = _row(model, info, _prices(info, {"service_tier": "default"}, moment), moment)
    return completed(row, usual)


def _prices(info: ModelInfo, context: Mapping[str, str], moment: datetime) -> dict[str, Any]:
    return {key: value for key, value in vars(info.get_prices(moment, context)).items() if value is not None}


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


def _ratio(rate: int, numerator: int, denominator: int) -> int:
    """`rate` times the fraction, rounded up; a kind that is free has no factor and stays free."""
    return -(-rate * numerator // denominator) if denominator else rate


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
