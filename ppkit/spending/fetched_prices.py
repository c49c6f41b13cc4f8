"""The newest price list of genai-prices, fetched on request by the library's own means.

The price list in the package is read from the same project. Nothing is counted with what is fetched before
the user takes it over into a file of their own (`taken_prices`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ppkit.errors import PpkitError
from ppkit.extras import require
from ppkit.spending.price_comparison import FIELDS, PROVIDER, PriceMap
from ppkit.spending.price_sources import is_refused

KINDS = {
    "input_mtok": "input",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "output_mtok": "output",
}
BESIDE_TOKENS = frozenset(
    {"web_searches_kcount", "storage_searches_kcount"}
)  # tools have prices of their own
PER_MILLION = 10**6


class PriceListOutOfReach(PpkitError):
    """The list could not be fetched, or not be read; every price is as it was. Facts: reason."""

    code = "price_list_out_of_reach"


def fetch_prices() -> PriceMap:
    """OpenAI's text models at the standard tier, as the library's project has them now.

    Raises ExtraMissing, PriceListOutOfReach.
    """
    require("prices", "genai_prices")
    from genai_prices import UpdatePrices  # lazy: only who asks for newer prices needs it

    try:
        snapshot = UpdatePrices().fetch()
    except Exception as error:  # whatever the network does; and the library names no errors for a broken list
        raise PriceListOutOfReach(reason=type(error).__name__) from None
    providers = [] if snapshot is None else snapshot.providers
    models = [model for provider in providers if provider.id == PROVIDER for model in provider.models]
    found = {model.id: entry for model in models if _is_own_name(model) and (entry := _entry(model))}
    if not found:
        raise PriceListOutOfReach(reason=PROVIDER)
    return found


def _is_own_name(model: Any) -> bool:
    """Whether the model's id is a name that can be called; some stand for a group of models.

    Rules that match by a beginning or a part of a name are not trusted here (decision 2).
    """
    rules = getattr(model.match, "or_", [model.match])
    return not is_refused(model.id) and any(getattr(rule, "equals", None) == model.id for rule in rules)


def _entry(model: Any) -> dict[str, Any]:
    """The model as a price map has it; nothing where that has no form for what is billed."""
    amounts = vars(model.get_prices(datetime.now(UTC), {"service_tier": "default"}))
    priced = {kind: price for kind, price in amounts.items() if price is not None}
    if not {"input_mtok"} <= priced.keys() <= KINDS.keys() | BESIDE_TOKENS:
        return {}
    entry: dict[str, Any] = {
        "litellm_provider": PROVIDER,
        "mode": "chat" if "output_mtok" in priced else "embedding",
    }
    for kind, name in KINDS.items():
        if kind not in priced:
            continue
        price = priced[kind]
        steps = getattr(price, "tiers", ())
        if len(steps) > 1 or any(step.start % 1000 for step in steps):
            return {}
        entry[FIELDS[name]] = _usd(price.base if hasattr(price, "base") else price)
        for step in steps:
            entry[f"{FIELDS[name]}_above_{step.start // 1000}k_tokens"] = _usd(step.price)
    return entry


def _usd(per_million: Decimal) -> Decimal:
    return Decimal(per_million) / PER_MILLION
