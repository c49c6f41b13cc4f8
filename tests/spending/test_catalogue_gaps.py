"""No tier, region or tool of any model is cheaper than its price list: a walk over the whole catalogue."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest
from openai._data_residency import DataResidency

from ppkit.money import Money
from ppkit.spending.model_limits import model_facts
from ppkit.spending.price_sources import PriceRow, completed, tool_fees
from ppkit.spending.prices import PriceCatalogue, UnknownPrice, UnknownTier
from ppkit.spending.regions import price_at
from ppkit.spending.token_rates import Price, Rates

from .strategies import CATALOGUE, MODELS, NOW, librarys_models

TIERS = ["flex", "batch", "priority", "fast"]
DAYS = [NOW, datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)]


def kinds(rates: Rates) -> dict[str, int]:
    return {kind: getattr(rates, kind).pico_usd for kind in Rates.__slots__}


def gaps(usual: Price, tier: Price) -> list[str]:
    """What the usual tier charges more for and this one does not."""
    found = []
    if usual.long_context_over != tier.long_context_over:
        found.append(f"long from {tier.long_context_over} instead of {usual.long_context_over}")
    if usual.long_context_rates is not None:
        if tier.long_context_rates is None:
            return [*found, "no long rates"]
        usual_long, tier_long = kinds(usual.long_context_rates), kinds(tier.long_context_rates)
        for whole in ("input", "output"):
            here, there = getattr(tier.rates, whole).pico_usd, getattr(usual.rates, whole).pico_usd
            if tier_long[whole] * there < usual_long[whole] * here:
                found.append(f"a smaller surcharge on long {whole}")
        found += [
            f"long {kind} below the usual"
            for kind, rate in kinds(tier.rates).items()
            if tier_long[kind] < rate
        ]
    usual_kinds, tier_kinds = kinds(usual.rates), kinds(tier.rates)
    for kind in ("cache_write", "image_input", "image_output"):
        if tier_kinds[kind] * usual_kinds["input"] < usual_kinds[kind] * tier_kinds["input"]:
            found.append(f"{kind} below its surcharge")
    return found


def test_no_model_has_a_gap_at_any_tier_region_or_day() -> None:
    found, walked = {}, 0
    hosts = [f"{region}.api.openai.com" for region in get_args(DataResidency) if region != "global"]
    for day in DAYS:
        for model in MODELS:
            try:
                usual = CATALOGUE.price_of(model, day)
            except UnknownPrice:  # not yet released
                continue
            for tier in TIERS:
                try:
                    priced = CATALOGUE.price_of(model, day, tier)
                except UnknownTier:
                    continue
                for host in ("api.openai.com", *hosts):
                    walked += 1
                    if gap := gaps(price_at(host, usual), price_at(host, priced)):
                        found[model, tier, host, day] = gap
    assert found == {}
    assert walked > 1000


def test_a_tier_without_a_row_for_long_requests_takes_the_usual_tiers_factors() -> None:
    usual = PriceRow(
        "m",
        {"input": 10, "cached": 1, "output": 60},
        {"input": 20, "cached": 2, "output": 90},
        272_000,
        "s",
        None,
    )
    tier = PriceRow("m", {"input": 5, "output": 31}, None, None, "s", None)
    row = completed(tier, usual)
    assert row.usual == {"input": 5, "cached": 1, "output": 31}
    assert row.long_context == {"input": 10, "cached": 2, "output": 47}  # 46.5, rounded up
    assert row.long_context_over == 272_000


def test_a_tier_with_rows_of_its_own_keeps_them() -> None:
    usual = PriceRow("m", {"input": 10}, {"input": 20}, 272_000, "s", None)
    tier = PriceRow("m", {"input": 5}, {"input": 9}, 272_000, "s", None)
    assert completed(tier, usual) == tier


@pytest.mark.parametrize("tier", ["flex", "batch"])
def test_the_professional_model_is_dearer_above_its_threshold_at_every_tier(tier: str) -> None:
    price = CATALOGUE.price_of("gpt-5.5-pro", NOW, tier)
    assert price.rates_for(272_001).input == Money.usd("0.00003")
    assert price.rates_for(272_001).output == Money.usd("0.000135")


# ---------------------------------------------------------------- fees


def test_the_fees_of_tools_are_those_of_the_price_library_where_it_has_one() -> None:
    compared = 0
    for info in librarys_models():
        prices = vars(info.get_prices(NOW, {"service_tier": "default"}))
        fees = tool_fees(model_facts(), info.id, NOW.date())
        for kind, tool in (("web_searches_kcount", "web_search"), ("storage_searches_kcount", "file_search")):
            if prices.get(kind) is not None:
                compared += 1
                assert fees[tool] * 1000 == Money.usd(str(prices[kind]))
    assert compared > 40


def test_every_fee_has_its_first_day_and_its_source() -> None:
    for row in model_facts()["hosted_tools"]:
        assert date.fromisoformat(row["valid_from"]) <= date.fromisoformat(row["read_on"])
        assert row["source"]
        assert all(Money.usd(usd) > Money(0) for usd in row["usd_per_call"].values())


def test_a_fee_begins_on_its_first_day_and_is_that_of_the_model() -> None:
    rows = [
        {"usd_per_call": {"web_search": "1"}, "valid_from": "2026-01-01"},
        {"usd_per_call": {"web_search": "3"}, "valid_from": "2026-03-01"},
        {"usd_per_call": {"web_search": "2"}, "valid_from": "2026-02-01"},
        {"usd_per_call": {"web_search": "9"}, "valid_from": "2026-01-15", "models_beginning": ["old-"]},
    ]
    overlay = {"hosted_tools": rows}
    days = [(2025, 12, 31), (2026, 1, 1), (2026, 2, 15), (2026, 4, 1)]
    assert [tool_fees(overlay, "new-1", date(*day)).get("web_search") for day in days] == [
        None,
        Money.usd("1"),
        Money.usd("2"),
        Money.usd("3"),
    ]
    assert tool_fees(overlay, "old-1", date(2026, 4, 1))["web_search"] == Money.usd("9")


def test_a_preview_search_is_dearer_with_a_model_that_does_not_reason() -> None:
    fees = [CATALOGUE.price_of(model, NOW).tool_fees["web_search_preview"] for model in ("gpt-4o", "gpt-5")]
    assert fees == [Money.usd("0.025"), Money.usd("0.01")]


def test_a_price_of_the_users_own_keeps_the_platforms_fees() -> None:
    price = PriceCatalogue().with_user_price("mine", input="1", output="5").price_of("mine", NOW)
    assert price.tool_fees["web_search"] == Money.usd("0.01")


def test_a_dated_snapshot_of_a_model_of_our_own_table_has_its_price() -> None:
    dated, plain = (CATALOGUE.price_of(model, NOW) for model in ("gpt-6.2-sol-2026-11-17", "gpt-6.2-sol"))
    expected = (plain.rates, "gpt-6.2-sol", plain.context_window)
    assert (dated.rates, dated.family, dated.context_window) == expected
    for stranger in ("gpt-6.2-sol-pro", "gpt-6.2-sol-2026-11-17-pro", "gpt-6.2-sol-", "gpt-6.2-sol-2026"):
        with pytest.raises(UnknownPrice):
            CATALOGUE.price_of(stranger, NOW)
