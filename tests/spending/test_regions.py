"""The surcharge of the regional addresses: where, on what, how much."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import get_args

import openai
import pytest
from openai._data_residency import DataResidency

from ppkit.money import Money
from ppkit.spending.model_limits import model_facts
from ppkit.spending.prices import PriceCatalogue, UnknownPrice
from ppkit.spending.regions import price_at
from ppkit.spending.token_rates import Price, Rates

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EU = "eu.api.openai.com"


def pico_of(rates: Rates | None) -> dict[str, int]:
    return {} if rates is None else {kind.name: getattr(rates, kind.name).pico_usd for kind in fields(rates)}


def all_prices(tier: str) -> list[Price]:
    catalogue, found = PriceCatalogue(), []
    for model in catalogue.known_models():
        try:
            found.append(catalogue.price_of(model, NOON, tier))
        except UnknownPrice:
            continue
    return found


@pytest.mark.parametrize("region", get_args(DataResidency))
def test_every_region_that_the_sdk_knows_is_dearer_and_the_global_address_is_not(
    region: DataResidency,
) -> None:
    price = PriceCatalogue().price_of("gpt-6-luna", NOON)
    host = openai.OpenAI(api_key="none", data_residency=region).base_url.host
    assert (price_at(host, price) == price) == (region == "global")


@pytest.mark.parametrize("tier", ["default", "priority", "flex"])
def test_the_surcharge_is_ten_per_cent_to_the_pico_dollar_on_every_kind_of_token(tier: str) -> None:
    older = model_facts()["regional_surcharge"]["released_before"]
    for price in all_prices(tier):
        regional = price_at(EU, price)
        if price.family in older:
            assert regional == price
            continue
        for here, there in (
            (price.rates, regional.rates),
            (price.long_context_rates, regional.long_context_rates),
        ):
            assert pico_of(there) == {kind: -(-pico * 11 // 10) for kind, pico in pico_of(here).items()}


def test_a_price_that_does_not_divide_is_rounded_up() -> None:
    price = PriceCatalogue().price_of("gpt-6-luna", NOON)
    rates = Rates(*[Money(1)] * 8)
    odd = Price(**{kind.name: getattr(price, kind.name) for kind in fields(price)} | {"rates": rates})
    assert price_at(EU, odd).rates.input == Money(2)


def test_the_models_named_as_older_are_models_with_a_price() -> None:
    older = model_facts()["regional_surcharge"]["released_before"]
    assert set(older) <= set(PriceCatalogue().known_models())
    assert len(older) == len(set(older))


@pytest.mark.parametrize("host", ["127.0.0.1", "proxy.example", "api.openai.com", "mtls.api.openai.com", ""])
def test_any_other_address_has_the_usual_price(host: str) -> None:
    price = PriceCatalogue().price_of("gpt-6-luna", NOON)
    assert price_at(host, price) is price


def test_a_users_own_price_holds_everywhere() -> None:
    price = PriceCatalogue().with_user_price("mine", input="1", output="5").price_of("mine", NOON)
    assert price_at(EU, price) is price
