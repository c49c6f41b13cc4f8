"""Prices: exact, dated, strict about names."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from openai.types import EmbeddingModel, ImageModel
from openai.types.shared import ResponsesModel
from sweeps import sweep

from ppkit.money import Money
from ppkit.practice_platform.models import practice_models
from ppkit.spending import price_sources
from ppkit.spending.model_limits import ModelLimits, model_facts
from ppkit.spending.price_list import price_list
from ppkit.spending.price_sources import PriceTooFine, per_token
from ppkit.spending.prices import PriceCatalogue, UnknownPrice, UnknownTier

from .strategies import CATALOGUE, IMAGE_MODELS, MODELS, NOW, librarys_models


def per_million(usd: str) -> Money:
    return Money(per_token("any", usd))


def test_a_price_is_for_one_token() -> None:
    rates = CATALOGUE.price_of("gpt-6-luna", NOW).rates
    assert (rates.input, rates.output) == (Money.usd("0.0000001"), Money.usd("0.0000005"))
    assert (rates.cached, rates.cache_write) == (Money.usd("0.00000001"), Money.usd("0.000000125"))


@pytest.mark.parametrize(
    ("model", "input_usd", "output_usd"),
    [
        ("gpt-6-astra", "10", "50"),
        ("gpt-6.1-sol", "2", "10"),
        ("gpt-6.1-terra", "1", "5"),
        ("gpt-6.2-astra", "8", "40"),
        ("gpt-6.2-sol", "2", "10"),
        ("gpt-5.6-luna", "0.20", "1.20"),
        ("gpt-5.4-nano", "0.20", "1.25"),
        ("gpt-4o-mini", "0.15", "0.60"),
        ("text-embedding-3-small", "0.02", "0"),
    ],
)
def test_prices_are_those_of_the_published_table(model: str, input_usd: str, output_usd: str) -> None:
    rates = CATALOGUE.price_of(model, NOW).rates
    assert (rates.input, rates.output) == (per_million(input_usd), per_million(output_usd))


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst"])
def test_pictures_have_prices_of_their_own(model: str) -> None:
    rates = CATALOGUE.price_of(model, NOW).rates
    assert (rates.input, rates.cached) == (per_million("5"), per_million("1.25"))
    assert (rates.image_input, rates.cached_image) == (per_million("8"), per_million("2"))
    assert rates.image_output == per_million("30")


def test_long_requests_have_dearer_rates_for_everything() -> None:
    price = CATALOGUE.price_of("gpt-6-luna", NOW)
    assert price.rates_for(272_000) is price.rates
    assert price.rates_for(272_001).input == per_million("0.20")
    assert price.rates_for(272_001).output == per_million("0.75")


def test_long_rates_are_never_below_the_usual() -> None:
    prices = {model: CATALOGUE.price_of(model, NOW) for model in MODELS}
    long = {model: price for model, price in prices.items() if price.long_context_rates is not None}
    assert {"gpt-5.4", "gpt-5.6-luna", "gpt-6-luna", "gpt-6.1-sol", "gpt-6.2-astra"} <= set(long)
    below = [
        (model, kind)
        for model, price in long.items()
        for kind in price.rates.__slots__
        if getattr(price.long_context_rates, kind) < getattr(price.rates, kind)
    ]
    assert below == []


@pytest.mark.parametrize(
    ("tier", "input_usd", "output_usd"),
    [
        (None, "2", "10"),
        ("auto", "2", "10"),
        ("default", "2", "10"),
        ("flex", "1", "5"),
        ("priority", "4", "20"),
        ("fast", "4", "20"),
        ("batch", "1", "5"),
    ],
)
def test_service_tiers_change_the_price(tier: str | None, input_usd: str, output_usd: str) -> None:
    rates = CATALOGUE.price_of("gpt-6.1-sol", NOW, tier).rates
    assert (rates.input, rates.output) == (per_million(input_usd), per_million(output_usd))


def test_an_administrators_project_tier_is_what_auto_means() -> None:
    catalogue = PriceCatalogue(project_tier="priority")
    assert catalogue.price_of("gpt-6.1-sol", NOW).rates.input == per_million("4")
    assert catalogue.price_of("gpt-6.1-sol", NOW, "auto").rates.input == per_million("4")
    assert catalogue.price_of("gpt-6.1-sol", NOW, "default").rates.input == per_million("2")


def test_a_model_without_the_projects_tier_is_taken_at_the_usual_one() -> None:
    catalogue = PriceCatalogue(project_tier="priority")
    assert catalogue.price_of("gpt-5-nano", NOW) == CATALOGUE.price_of("gpt-5-nano", NOW)
    with pytest.raises(UnknownPrice):
        catalogue.price_of("gpt-5-nano", NOW, "priority")


@pytest.mark.parametrize(
    ("model", "tier"),
    [
        ("gpt-5.6-sol", "ultrafast"),
        ("gpt-6-luna", "scale"),
        ("gpt-5-nano", "priority"),
        ("gpt-image-2.6-flare", "batch"),
    ],
)
def test_a_tier_without_a_price_is_refused_and_not_billed_as_usual(model: str, tier: str) -> None:
    with pytest.raises(UnknownTier) as refusal:
        CATALOGUE.price_of(model, NOW, tier)
    assert refusal.value.facts == {"model": model, "tier": tier}


def test_of_a_model_without_any_price_the_tier_is_not_blamed() -> None:
    with pytest.raises(UnknownPrice) as refusal:
        CATALOGUE.price_of("gpt-none", NOW, "ultrafast")
    assert type(refusal.value) is UnknownPrice


def test_a_surcharge_is_refused_on_days_before_it_is_recorded() -> None:
    with pytest.raises(UnknownPrice):
        CATALOGUE.price_of("gpt-6-luna", datetime(2026, 10, 1, tzinfo=UTC), "priority")


@pytest.mark.parametrize(
    ("snapshot", "model"),
    [
        ("gpt-6-luna-2026-09-01", "gpt-6-luna"),
        ("gpt-5-nano-2025-08-07", "gpt-5-nano"),
        ("gpt-5.4-mini-2026-03-17", "gpt-5.4-mini"),
        ("gpt-image-2-2026-04-21", "gpt-image-2"),
    ],
)
def test_a_dated_snapshot_has_its_models_price_and_limits(snapshot: str, model: str) -> None:
    dated, plain = CATALOGUE.price_of(snapshot, NOW), CATALOGUE.price_of(model, NOW)
    assert (dated.rates, dated.context_window, dated.family) == (plain.rates, plain.context_window, model)


@sweep(
    "stranger",
    [
        "gpt-6-luna-pro",
        "gpt-6-luna-2026-09-01-pro",
        "gpt-6-luna-2026",
        "gpt-6.2-luna",
        "gpt-5-nano-pro",
        "gpt-5-nano-",
        "gpt-image-2.6-orbit",
        "gpt-image-2.5",
        "gpt-7-sol",
        "GPT-6-LUNA",
        " gpt-6-luna",
        "",
        "openai/gpt-6-luna",
        "ft:gpt-4o-2024-08-06:acme::1",
        "ft:gpt-4-0613:acme::1",
        "computer-use-preview",
        "gpt-audio",
        "gpt-4o-audio-preview",
        "gpt-realtime",
        "gpt-live-1",
        "whisper-1",
        "tts-1",
        "omni-moderation-latest",
        "gpt-5-image",
    ],
)
def test_another_models_price_is_never_lent(stranger: str) -> None:
    with pytest.raises(UnknownPrice):
        CATALOGUE.price_of(stranger, NOW)


WITHOUT_A_PRICE = {
    "billed by sound": {
        "gpt-4o-audio-preview",
        "gpt-4o-audio-preview-2024-10-01",
        "gpt-4o-audio-preview-2024-12-17",
        "gpt-4o-audio-preview-2025-06-03",
        "gpt-4o-mini-audio-preview",
        "gpt-4o-mini-audio-preview-2024-12-17",
        "gpt-audio-mini",
        "gpt-audio-mini-2025-12-15",
    },
    "billed by the picture": {"dall-e-2", "dall-e-3"},
    "no price published": {
        "computer-use-preview",
        "computer-use-preview-2025-03-11",
        "gpt-6.2-astra-law",
        "gpt-daybreak-blue-latest",
        "gpt-daybreak-red-latest",
    },
}


def unpriced(models: Iterable[str]) -> set[str]:
    found = set()
    for model in models:
        with suppress(UnknownPrice):
            CATALOGUE.price_of(model, NOW)
            continue
        found.add(model)
    return found


def words_of(kind: Any) -> set[str]:
    """Every word of a union of literals."""
    return set().union(
        *({part} if isinstance(part, str) else words_of(part) for part in get_args(kind)), set()
    )


def test_every_model_that_the_sdk_names_has_a_price_but_those_said_to_have_none() -> None:
    named = words_of(ResponsesModel | EmbeddingModel | ImageModel)
    assert len(named) > 100
    assert unpriced(named) == set().union(*WITHOUT_A_PRICE.values())


def test_every_model_of_the_practice_platform_that_costs_something_has_a_price() -> None:
    models = practice_models()
    free = {name for name in models.names() if models.named(name).price.input == 0}
    assert free == {name for name in models.names() if models.named(name).kind == "moderation"}
    assert unpriced(set(models.names()) - free) == set()


@sweep("model", MODELS)
def test_a_price_has_a_source_and_a_bound(model: str) -> None:
    price = CATALOGUE.price_of(model, NOW)
    assert price.rates.input > Money(0)
    assert price.context_window > 0
    assert price.source


def test_a_price_begins_on_its_first_day_in_utc() -> None:
    first = datetime(2026, 7, 30, tzinfo=UTC)
    before, after = (CATALOGUE.price_of("gpt-5.6-luna", day) for day in (first - timedelta(seconds=1), first))
    assert (before.rates.input, after.rates.input) == (per_million("1"), per_million("0.20"))
    assert (before.valid_from, after.valid_from) == (None, date(2026, 7, 30))
    in_rome = datetime(2026, 7, 30, 1, 59, tzinfo=timezone(timedelta(hours=2)))
    assert CATALOGUE.price_of("gpt-5.6-luna", in_rome).rates == before.rates


def test_an_overlay_price_is_unknown_before_its_first_day() -> None:
    with pytest.raises(UnknownPrice):
        CATALOGUE.price_of("gpt-6.2-sol", datetime(2026, 11, 16, 23, 59, tzinfo=UTC))
    assert CATALOGUE.price_of("gpt-6.2-sol", NOW).valid_from == date(2026, 11, 17)


def test_the_newest_overlay_row_that_has_begun_wins() -> None:
    rows = [
        {"models": ["m"], "valid_from": day, "read_on": day, "source": "s", "usd_per_million": {"input": usd}}
        for day, usd in [("2026-03-01", "3"), ("2026-01-01", "1"), ("2026-02-01", "2")]
    ]
    catalogue = PriceCatalogue(overlay={"prices": rows})
    price = catalogue.price_of("m", datetime(2026, 2, 15, tzinfo=UTC))
    assert price.rates.input == per_million("2")


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        CATALOGUE.price_of("gpt-6-luna", datetime(2026, 11, 23))  # noqa: DTZ001


@pytest.mark.parametrize(("model", "tier"), [(None, None), (["gpt-6-luna"], None), ("gpt-6-luna", ["flex"])])
def test_what_is_no_name_has_no_price(model: Any, tier: Any) -> None:
    with pytest.raises(UnknownPrice):
        CATALOGUE.price_of(model, NOW, tier)


def test_a_cached_price_is_not_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = PriceCatalogue()
    first = catalogue.price_of("gpt-6-luna", NOW)
    monkeypatch.setattr(price_sources, "listed_row", None)
    assert catalogue.price_of("gpt-6-luna", NOW + timedelta(hours=1)) is first


@pytest.mark.parametrize("usd", ["0.0000001", "0.18000000000000002", "-1", "NaN", "Infinity"])
def test_a_price_finer_than_a_pico_dollar_is_refused_and_not_rounded(usd: str) -> None:
    with pytest.raises(PriceTooFine):
        per_token("gpt-x", usd)


def test_a_float_means_its_shortest_text() -> None:
    assert per_token("gpt-x", 0.1) == per_token("gpt-x", "0.1") == 100_000


def test_the_users_own_price_makes_an_unknown_model_known() -> None:
    catalogue = CATALOGUE.with_user_price(
        "gpt-7-sol",
        input="3",
        output="12.5",
        limits=ModelLimits(context_window=500_000, max_output_tokens=64_000),
    )
    price = catalogue.price_of("gpt-7-sol", NOW)
    assert (price.rates.input, price.rates.cached) == (per_million("3"), per_million("3"))
    assert (price.rates.output, price.context_window) == (per_million("12.5"), 500_000)
    assert (price.source, "gpt-7-sol" in catalogue.known_models()) == ("user", True)
    with pytest.raises(UnknownPrice):
        CATALOGUE.price_of("gpt-7-sol", NOW)


def test_the_users_own_price_wins_over_the_librarys() -> None:
    catalogue = CATALOGUE.with_user_price("gpt-6-luna", input="1", output="2", cached="0.5")
    rates = catalogue.price_of("gpt-6-luna", NOW, "priority").rates
    expected = (per_million("1"), per_million("0.5"), per_million("2"))
    assert (rates.input, rates.cached, rates.output) == expected


def test_limits_of_a_model_outside_the_table_are_wider_than_any_in_it() -> None:
    unknown = CATALOGUE.with_user_price("gpt-9", input="1", output="1").price_of("gpt-9", NOW)
    assert unknown.context_window > max(row["context_window"] for row in model_facts()["limits"])
    assert unknown.max_output_tokens > max(row["max_output_tokens"] for row in model_facts()["limits"])


def test_no_limit_in_the_table_is_below_the_librarys() -> None:
    for info in librarys_models():
        if info.context_window and info.id in MODELS and "embedding" not in info.id:
            assert CATALOGUE.price_of(info.id, NOW).context_window >= info.context_window


def test_twelve_hours_in_the_cache_cost_two_and_a_half_times_the_input() -> None:
    assert CATALOGUE.price_of("gpt-6.2-sol", NOW).rates.cache_write_12h == per_million("5")
    assert CATALOGUE.price_of("gpt-6.1-terra", NOW).rates.cache_write_12h == per_million("2.5")


def test_an_overlay_price_gives_way_when_the_library_learns_the_model() -> None:
    """A model in both places would hide the library's newer figures; the overlay's row must then go."""
    in_both = [
        model
        for row in model_facts()["prices"]
        for model in row["models"]
        if price_list().find(model) is not None
    ]
    assert in_both == []


def test_every_overlay_entry_names_source_and_day() -> None:
    facts: dict[str, Any] = model_facts()
    for row in facts["prices"]:
        assert row["source"]
        assert date.fromisoformat(row["valid_from"]) <= date.fromisoformat(row["read_on"])
    assert all(row["source"] for row in facts["limits"])


def test_image_models_are_known() -> None:
    assert {"gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-flare", "gpt-image-1.5"} <= set(IMAGE_MODELS)
