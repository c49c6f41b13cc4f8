"""OpenAI's prices in the package, read from genai-prices: `write` makes ppkit/spending/prices.json, `check`
reports what the installed genai-prices has otherwise.

The library resolves its own rules, day by day and tier by tier; the file holds what comes out. Whatever it
holds that the file has no form for is an error here, so that nothing is dropped unseen.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import genai_prices
from genai_prices.data import providers
from genai_prices.types import (
    ClauseContains,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ModelInfo,
    StartDateConstraint,
    TieredPrices,
)

FILE = Path(__file__).resolve().parent.parent / "ppkit/spending/prices.json"
ABOUT = """\
Made by `python scripts/prices.py write`; do not edit. USD per million tokens as text: nothing is rounded. \
`names`, and `dated` with a date after them, are whose price it is; a row without `from` has always held."""

KINDS = {
    "input_mtok": "input",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "output_mtok": "output",
    "input_image_mtok": "image_input",
    "cache_image_read_mtok": "cached_image",
    "output_image_mtok": "image_output",
}
BILLED_APART = frozenset({"web_searches_kcount", "storage_searches_kcount"})
"""The fees of hosted tools, which stand in model_facts.json; a test compares the two."""

CONTEXTS: dict[str, dict[str, str]] = {
    "default": {"service_tier": "default"},
    "flex": {"service_tier": "flex"},
    "batch": {"processing": "batch"},
    "priority": {"service_tier": "priority"},
}
SAME_AS_PRIORITY = {"service_tier": "fast"}

_DATED_RULE = re.compile(r"\^([\w.\\-]+)-\\d\{4\}-\\d\{2\}-\\d\{2\}\$")

Row = dict[str, Any]


class NoForm(Exception):
    """The library holds something that the file has no form for."""


def extracted(models: list[ModelInfo] | None = None) -> dict[str, Any]:
    """`models` and `left_out`, as the file holds them; of the installed library, if no others are given."""
    if models is None:
        models = next(provider for provider in providers if provider.id == "openai").models
    listed, left_out = [], {}
    for model in models:
        uncounted = sorted(_kinds_of(model) - KINDS.keys() - BILLED_APART)
        if uncounted or not _always_has_input(model):
            left_out[model.id] = uncounted or ["no price for input"]
        else:
            names, dated = _names_of(model)
            listed.append({"id": model.id, "names": names, "dated": dated, "rows": list(_rows_of(model))})
    return {"models": listed, "left_out": left_out}


def _price_sets(model: ModelInfo) -> list[Any]:
    return [row.prices for row in model.prices] if isinstance(model.prices, list) else [model.prices]


def _kinds_of(model: ModelInfo) -> set[str]:
    sets = [*_price_sets(model), *(variant.prices for variant in model.price_variants or ())]
    return {kind for prices in sets for kind, price in vars(prices).items() if price is not None}


def _always_has_input(model: ModelInfo) -> bool:
    return all(vars(prices).get("input_mtok") is not None for prices in _price_sets(model))


def _names_of(model: ModelInfo) -> tuple[list[str], list[str]]:
    """Names that are the model's own, and names that are when a date follows.

    Rules that match by a beginning or a part of the name are not trusted: they would give "gpt-5-nano-pro"
    the price of gpt-5-nano. They count only when a date is all that follows.
    """
    names, dated = [], []
    for rule in model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]:
        match rule:
            case ClauseEquals(equals=name):
                names.append(name)
            case ClauseStartsWith(starts_with=beginning):
                dated.append(beginning.removesuffix("-"))
            case ClauseRegex(regex=pattern):
                pattern = getattr(pattern, "pattern", pattern)
                if (one := _DATED_RULE.fullmatch(pattern)) is None:
                    raise NoForm(f"{model.id}: the rule {pattern}")
                dated.append(re.sub(r"\\(.)", r"\1", one[1]))
            case ClauseContains():
                pass
            case _:
                raise NoForm(f"{model.id}: the rule {rule}")
    return names, dated


def _rows_of(model: ModelInfo) -> Iterator[Row]:
    """For each tier with its own prices, a row for each day on which they change."""
    for variant in model.price_variants or ():
        if variant.when not in (*CONTEXTS.values(), SAME_AS_PRIORITY):
            raise NoForm(f"{model.id}: a price for {variant.when}")
    days = [None, *sorted(_first_days(model))]
    for tier, context in CONTEXTS.items():
        before: Row = {}
        for day in days:
            if tier != "default" and not _has_variant(model, context, day):
                continue
            row = _row(model, context, day)
            if tier == "priority" and row != _row(model, SAME_AS_PRIORITY, day):
                raise NoForm(f"{model.id}: fast and priority have two prices")
            if row != before:
                yield {"tier": tier} | ({"from": day.isoformat()} if day else {}) | row
            before = row


def _first_days(model: ModelInfo) -> set[date]:
    dated = model.prices if isinstance(model.prices, list) else []
    constraints = [row.constraint for row in [*dated, *(model.price_variants or ())]]
    for constraint in constraints:
        if not (constraint is None or isinstance(constraint, StartDateConstraint)):
            raise NoForm(f"{model.id}: a price by {constraint}")
    return {
        constraint.start_date for constraint in constraints if isinstance(constraint, StartDateConstraint)
    }


def _has_variant(model: ModelInfo, context: Mapping[str, str], day: date | None) -> bool:
    return any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(_moment(day)))
        for variant in model.price_variants or ()
    )


def _row(model: ModelInfo, context: Mapping[str, str], day: date | None) -> Row:
    prices = vars(model.get_prices(_moment(day), dict(context)))
    tokens = {KINDS[kind]: price for kind, price in prices.items() if kind in KINDS and price is not None}
    tiers = [tier for price in tokens.values() if isinstance(price, TieredPrices) for tier in price.tiers]
    starts = {tier.start for tier in tiers}
    if len(starts) > 1:
        raise NoForm(f"{model.id}: long requests from {sorted(starts)} on")
    row: Row = {"usd_per_million": {kind: _text(price) for kind, price in tokens.items()}}
    if starts:
        longer = {kind: _text(price, longer=True) for kind, price in tokens.items()}
        row["long_context"] = {"over": starts.pop(), "usd_per_million": longer}
    return row


def _moment(day: date | None) -> datetime:
    """The first moment of a day; None is a day before all others."""
    day = day or date.min
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _text(price: Decimal | TieredPrices, *, longer: bool = False) -> str:
    if isinstance(price, TieredPrices):
        price = price.tiers[-1].price if longer and price.tiers else price.base
    return f"{price.normalize():f}"


# ---------------------------------------------------------------- comparison


def stored() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What the second has otherwise than the first, a line each; empty when every price is the same."""
    before, after = ({model["id"]: model for model in content["models"]} for content in (old, new))
    lines = [f"{model}: gone" for model in before if model not in after]
    lines += [f"{model}: new" for model in after if model not in before]
    for model in before.keys() & after.keys():
        lines += [
            f"{model}: {field} {before[model][field]} -> {after[model][field]}"
            for field in ("names", "dated")
            if before[model][field] != after[model][field]
        ]
        lines += _changed_rows(model, before[model]["rows"], after[model]["rows"])
    for model in sorted(old["left_out"].keys() | new["left_out"].keys()):
        was, is_now = old["left_out"].get(model), new["left_out"].get(model)
        if was != is_now:
            lines.append(f"{model}: left out because of {was} -> {is_now}")
    return sorted(lines)


def _changed_rows(model: str, before: list[Row], after: list[Row]) -> Iterator[str]:
    old, new = (
        {(row["tier"], row.get("from", "the beginning")): row for row in rows} for rows in (before, after)
    )
    for tier, day in old.keys() | new.keys():
        place = f"{model} ({tier}, from {day})"
        was, is_now = old.get((tier, day)), new.get((tier, day))
        if was is None or is_now is None:
            yield f"{place}: no row -> a row" if was is None else f"{place}: a row -> no row"
            continue
        if was.get("long_context", {}).get("over") != is_now.get("long_context", {}).get("over"):
            yield f"{place}: long requests have another threshold"
        for length in ("usual", "long"):
            one, other = (_usd(row, length) for row in (was, is_now))
            for kind in one.keys() | other.keys():
                if one.get(kind) != other.get(kind):
                    figures = f"{one.get(kind)} -> {other.get(kind)} USD per million tokens"
                    yield f"{place}: {length} {kind} {figures}"


def _usd(row: Row, length: str) -> Mapping[str, str]:
    holder = row if length == "usual" else row.get("long_context", {})
    usd: Mapping[str, str] = holder.get("usd_per_million", {})
    return usd


def write() -> None:
    head = {
        "about": ABOUT,
        "source": "genai-prices",
        "version": genai_prices.__version__,
        "read_on": datetime.now(UTC).date().isoformat(),
    }
    content = extracted()
    told = changes(stored(), content) if FILE.exists() else []
    FILE.write_text(as_text(head | content), encoding="utf-8")
    print("\n".join(told) or "no price has changed")
    print(f"{FILE.name}: {len(content['models'])} models of genai-prices {genai_prices.__version__}")


def as_text(content: Mapping[str, Any]) -> str:
    """JSON with one model's names, or one row, on a line: what changes is a line of the difference."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(content[name])}"
        for name in ("about", "source", "version", "read_on")
    ]
    models = []
    for model in content["models"]:
        head = ", ".join(
            f"{json.dumps(name)}: {json.dumps(model[name])}" for name in ("id", "names", "dated")
        )
        rows = ",\n".join(f"      {json.dumps(row)}" for row in model["rows"])
        models.append(f'    {{{head}, "rows": [\n{rows}\n    ]}}')
    left_out = ",\n".join(
        f"    {json.dumps(one)}: {json.dumps(why)}" for one, why in content["left_out"].items()
    )
    parts = [*(f"  {line}" for line in lines), '  "models": [\n' + ",\n".join(models) + "\n  ]"]
    parts.append(f'  "left_out": {{\n{left_out}\n  }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def complaints() -> list[str]:
    """What the installed genai-prices has otherwise than the file; empty when nothing."""
    old = stored()
    found = changes(old, extracted())
    versions = f"genai-prices {old['version']} -> {genai_prices.__version__}"
    return [f"{versions}: {line}" for line in found]


def main() -> int:
    if sys.argv[1:] == ["write"]:
        write()
        return 0
    found = complaints()
    print("\n".join(found) or "prices are those of the installed genai-prices")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
