"""What one token costs: dated prices read from genai-prices, completed by a small overlay of our own.

A price that is not known is an error, never zero and never a neighbour's price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ppkit.errors import PpkitError
from ppkit.money import Money
from ppkit.spending import price_sources as sources
from ppkit.spending.model_limits import ModelLimits, limits_of, model_facts
from ppkit.spending.own_prices import OwnPrices
from ppkit.spending.price_list import price_list
from ppkit.spending.regions import price_at
from ppkit.spending.token_rates import USERS_OWN, Price, Rates

STANDARD_TIER = "default"

# "fast" and "priority" are one tier: the platform answers "priority" to both.
_TIERS = {"default": "default", "fast": "priority", "priority": "priority", "flex": "flex", "batch": "batch"}
_MAX_CACHED_PRICES = 10_000


class UnknownPrice(PpkitError):
    """No price is known for this model at this service tier. Facts: model, tier."""

    code = "unknown_price"


class UnknownTier(UnknownPrice):
    """The model has a price, this service tier of it has none that is known. Facts: model, tier."""

    code = "unknown_tier"


class PriceCatalogue:
    """Prices by model, service tier and day (UTC).

    `overlay` has the form of model_facts.json. `project_tier` is what "auto", and a request without a service
    tier, mean in the account's project: "default" unless an administrator changed it, which nothing in a
    request shows (PPKIT_PROJECT_TIER tells). A model without a price in that tier is taken at the usual one.
    The response names the tier really used, so a settled cost is right in any case. `own` are the user's
    prices and discounts, which win over the list.
    """

    def __init__(
        self,
        overlay: Mapping[str, Any] | None = None,
        project_tier: str = STANDARD_TIER,
        own: OwnPrices | None = None,
    ) -> None:
        self._overlay = model_facts() if overlay is None else overlay
        self._project_tier = project_tier
        self._own = own or OwnPrices()
        self._known: dict[tuple[str, str | None, str, date], Price] = {}
        self._user_prices: dict[str, Price] = {}

    def price_of(self, model: str, at: datetime, tier: str | None = None, host: str = "") -> Price:
        """The price of `model` at the moment `at`, for a request's (or response's) `service_tier`.

        `host` is the one that is called; some of OpenAI's own take more. Raises UnknownPrice for a model
        without a price, UnknownTier for a tier of it without one.
        """
        if at.tzinfo is not UTC:
            at = sources.as_utc(at)
        if not isinstance(model, str) or not (tier is None or isinstance(tier, str)):
            # A request's body can hold anything.
            raise UnknownPrice(model=str(model), tier=str(tier))
        key = (model, tier, host, at.date())
        price = self._known.get(key)
        if price is None:
            if len(self._known) >= _MAX_CACHED_PRICES:
                self._known.clear()
            price = self._known[key] = price_at(host, self._look_up(model, at, tier))
        return price

    def with_user_price(
        self,
        model: str,
        *,
        input: str,  # noqa: A002 - the field's own word, as everywhere in this package
        output: str,
        cached: str | None = None,
        limits: ModelLimits | None = None,
    ) -> PriceCatalogue:
        """A catalogue in which the user's own price for `model`, in USD per million tokens, wins.

        It holds for every tier and every day. Raises PriceTooFine when a token's price is no whole number
        of pico-dollars.
        """
        usd = {"input": input, "output": output} | ({} if cached is None else {"cached": cached})
        usual = {kind: sources.per_token(model, amount) for kind, amount in usd.items()}
        row = sources.PriceRow(model, usual, None, None, USERS_OWN, None)
        catalogue = PriceCatalogue(self._overlay, self._project_tier, self._own)
        # What tools take is the platform's, whatever a token costs; a user's price has no day, so the latest.
        fees = sources.tool_fees(self._overlay, model, date.max)
        catalogue._user_prices = self._user_prices | {model: _price(model, STANDARD_TIER, row, limits, fees)}
        return catalogue

    def known_models(self) -> list[str]:
        """Every model id with a price, sorted; dated snapshots are not listed one by one."""
        ids = {model for row in self._overlay["prices"] for model in row["models"]} | set(self._user_prices)
        listed = {model for model in price_list().ids() if self._has_price(model)}
        return sorted(ids | self._own.models() | listed)

    def _has_price(self, model: str) -> bool:
        return sources.listed_row(model, STANDARD_TIER, date.max) is not None

    def _look_up(self, model: str, at: datetime, asked_tier: str | None) -> Price:
        if model in self._user_prices:
            return self._user_prices[model]
        asked = [self._project_tier, STANDARD_TIER] if asked_tier in {None, "auto"} else [asked_tier]
        tier = asked_tier
        for name in asked:
            tier = _TIERS.get(str(name))
            own = None if tier is None else self._own_row(model, tier, at)
            if tier is not None and own is not None:
                own_row, note = own
                listed = self._row(model, tier, at) or self._row(model, STANDARD_TIER, at)
                own_row = own_row if listed is None else sources.surcharged(own_row, listed)
                fees = sources.tool_fees(self._overlay, own_row.family, at.date())
                return replace(_price(model, tier, own_row, None, fees), note=note)
            row = None if tier is None else self._row(model, tier, at)
            if tier is not None and row is not None:
                fees = sources.tool_fees(self._overlay, row.family, at.date())
                return self._own.discounted(_price(model, tier, row, None, fees), at.date())
        unknown = UnknownPrice if self._row(model, STANDARD_TIER, at) is None else UnknownTier
        raise unknown(model=model, tier=asked_tier or tier)

    def _own_row(self, model: str, tier: str, at: datetime) -> tuple[sources.PriceRow, str] | None:
        """The user's row and its note, where the list has nothing closer: of a snapshot, or of the tier."""
        own = self._own.row(model, tier, at.date())
        if own is None or (not own[0].is_of_its_tier and self._prices_tier(model, tier, at)):
            return None
        if own[0].family == model:
            return own
        snapshot, family = (self._row(name, STANDARD_TIER, at) for name in (model, own[0].family))
        if snapshot is None or (family is not None and sources.costs_the_same(snapshot, family)):
            return own
        return None

    def _prices_tier(self, model: str, tier: str, at: datetime) -> bool:
        """Whether the list has a price of this tier that is not the usual one."""
        usual, reduced = (self._row(model, name, at) for name in (STANDARD_TIER, tier))
        return usual is not None and reduced is not None and not sources.costs_the_same(usual, reduced)

    def _row(self, model: str, tier: str, at: datetime) -> sources.PriceRow | None:
        return sources.overlay_row(self._overlay, model, tier, at.date()) or sources.listed_row(
            model, tier, at.date()
        )


def _price(
    model: str, tier: str, row: sources.PriceRow, limits: ModelLimits | None, fees: Mapping[str, Money]
) -> Price:
    limits = limits or limits_of(row.family)
    return Price(
        model=model,
        family=row.family,
        tier=tier,
        rates=_rates(row.usual),
        long_context_rates=_rates(row.long_context) if row.long_context else None,
        long_context_over=row.long_context_over,
        context_window=limits.context_window,
        max_output_tokens=limits.max_output_tokens,
        image_tokens_at_most=limits.image_tokens_at_most,
        source=row.source,
        valid_from=row.valid_from,
        tool_fees=fees,
    )


def _rates(row: Mapping[str, int]) -> Rates:
    cache_write = sources.money_by_kind(row, "cache_write", "input")
    cached = sources.money_by_kind(row, "cached", "input")
    rates = Rates(
        input=Money(row["input"]),
        cached=cached,
        cache_write=cache_write,
        cache_write_12h=cache_write,
        output=Money(row.get("output", 0)),
        image_input=sources.money_by_kind(row, "image_input", "input"),
        cached_image=Money(row.get("cached_image", cached.pico_usd)),
        image_output=sources.money_by_kind(row, "image_output", "output"),
    )
    if "cache_write" not in row:
        return rates
    times = Decimal(model_facts()["cache_write_12h"]["times_input"])
    # Rounded up: the published prices are whole multiples, a user's own need not be.
    twelve_hours = Money(-int(-(rates.input.pico_usd * times) // 1))
    return replace(rates, cache_write_12h=max(twelve_hours, cache_write))
