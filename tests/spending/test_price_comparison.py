"""Our prices beside a second, independent source, and what is taken over from it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.keys import KeyInText
from ppkit.money import Money
from ppkit.spending.own_prices import OwnPricesFaulty, read_own_prices
from ppkit.spending.price_comparison import (
    PriceDifference,
    PriceMap,
    PriceMapNotUnderstood,
    compare,
    prices_in,
    read_price_map,
)
from ppkit.spending.price_sources import PriceTooFine
from ppkit.spending.prices import PriceCatalogue
from ppkit.spending.taken_prices import PriceNotThere, take_prices

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = date(2026, 11, 29)
LUNA = {
    "litellm_provider": "openai",
    "mode": "chat",
    "input_cost_per_token": 1e-07,
    "output_cost_per_token": 5e-07,
    "cache_read_input_token_cost": 1e-08,
    "cache_creation_input_token_cost": 1.25e-07,
    "input_cost_per_token_flex": 5e-08,
    "output_cost_per_token_flex": 2.5e-07,
}
NEW = {
    "litellm_provider": "openai",
    "mode": "responses",
    "input_cost_per_token": 3e-06,
    "output_cost_per_token": 9e-06,
}


def as_json(**models: Any) -> str:
    return json.dumps({name.replace("_", "-"): entry for name, entry in models.items()})


def as_map(**models: Any) -> PriceMap:
    return read_price_map(as_json(**models))


def differences(theirs: PriceMap) -> list[PriceDifference]:
    return [one for one in compare(theirs, PriceCatalogue(), NOON) if one.theirs_pico_usd is not None]


def test_the_same_prices_are_no_difference() -> None:
    assert differences(as_map(gpt_6_luna=LUNA)) == []


def test_each_kind_and_tier_that_differs_is_named_with_both_prices() -> None:
    other = LUNA | {"output_cost_per_token": 4e-07, "input_cost_per_token_flex": 6e-08}
    assert differences(as_map(gpt_6_luna=other)) == [
        PriceDifference("gpt-6-luna", "default", "output", Decimal(500_000), Decimal(400_000)),
        PriceDifference("gpt-6-luna", "flex", "input", Decimal(50_000), Decimal(60_000)),
    ]


def test_models_that_only_one_of_them_knows_are_named() -> None:
    found = compare(as_map(gpt_6_luna=LUNA, gpt_9=NEW), PriceCatalogue(), NOON)
    assert PriceDifference("gpt-9", "default", "input", None, Decimal(3_000_000)) in found
    assert any(one.model == "gpt-6-sol" and one.theirs_pico_usd is None for one in found)
    assert not any(one.model == "gpt-6-luna" for one in found)


def test_other_vendors_and_kinds_of_model_are_passed_over() -> None:
    with pytest.raises(PriceMapNotUnderstood):
        as_map(a=NEW | {"litellm_provider": "azure"}, b=NEW | {"mode": "image_generation"})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*LUNA, "gpt-9"]), inner, max_size=5)
        ),
        max_leaves=10,
    )
)
def test_whatever_the_other_list_holds_it_is_compared_or_refused(document: object) -> None:
    for content in (json.dumps(document), as_json(gpt_9=document), as_json(gpt_9=LUNA | {"mode": document})):
        with suppress(PriceMapNotUnderstood):
            theirs = read_price_map(content)
            compare(theirs, PriceCatalogue(), NOON)
            prices_in(theirs, "gpt-9")


def test_a_price_taken_over_holds_from_that_day_on_and_is_added_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ppkit-prices.toml"
    path.write_text('# mine\n[[price]]\nmodels = ["my-model"]\ninput = "1"\noutput = "1"\n')
    assert take_prices(path, as_map(gpt_9=NEW), ["gpt-9", "gpt-9"], DAY, "litellm.json") == ("gpt-9",)
    catalogue = PriceCatalogue(own=read_own_prices(path))
    price = catalogue.price_of("gpt-9", NOON)
    assert (price.rates.input, price.rates.output) == (Money(3_000_000), Money(9_000_000))
    assert price.whose == "litellm.json, 2026-11-29 (ppkit-prices.toml)"
    assert catalogue.price_of("my-model", NOON).rates.input == Money(1_000_000)
    assert path.read_text().startswith("# mine\n")
    assert path.read_text().count("gpt-9") == 1
    with pytest.raises(Exception, match="unknown_price"):
        catalogue.price_of("gpt-9", NOON.replace(day=28))


LONG = {"input_cost_per_token_above_272k_tokens": 6e-06, "output_cost_per_token_above_272k_tokens": 1.35e-05}


def test_a_price_taken_over_keeps_the_surcharge_on_long_requests(tmp_path: Path) -> None:
    path = tmp_path / "ppkit-prices.toml"
    take_prices(path, as_map(gpt_6_sol=NEW, gpt_9=NEW | LONG), ["gpt-6-sol", "gpt-9"], DAY, "x")
    catalogue = PriceCatalogue(own=read_own_prices(path))
    listed = PriceCatalogue().price_of("gpt-6-sol", NOON)
    assert catalogue.price_of("gpt-6-sol", NOON).long_context_over == listed.long_context_over
    price = catalogue.price_of("gpt-9", NOON)
    assert price.long_context_over == 272_000
    assert price.long_context_rates is not None
    assert (price.long_context_rates.input, price.long_context_rates.output) == (
        Money(6_000_000), Money(13_500_000)
    )  # fmt: skip


def test_embeddings_have_no_output_and_everything_else_needs_its_price(tmp_path: Path) -> None:
    path = tmp_path / "ppkit-prices.toml"
    half = {name: value for name, value in NEW.items() if name != "output_cost_per_token"}
    with pytest.raises(PriceNotThere):
        take_prices(path, as_map(gpt_9=half), ["gpt-9"], DAY, "x")
    take_prices(path, as_map(vectors=half | {"mode": "embedding"}), ["vectors"], DAY, "x")
    assert PriceCatalogue(own=read_own_prices(path)).price_of("vectors", NOON).rates.output == Money(0)


def test_what_cannot_be_taken_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ppkit-prices.toml"
    secret = "sk-proj-" + "Ab3" * 16
    too_fine = NEW | {"input_cost_per_token": 1.23456e-13}
    for content, models, kind in (
        (as_map(gpt_9=NEW), ["gpt-10"], PriceNotThere),
        (as_map(gpt_9=too_fine), ["gpt-9"], PriceTooFine),
        (as_map(gpt_9=NEW), [secret], KeyInText),
    ):
        with pytest.raises(kind):
            take_prices(path, content, models, DAY, "x")
        assert list(tmp_path.iterdir()) == []
    path.write_text("[[price")
    with pytest.raises(OwnPricesFaulty) as refusal:
        take_prices(path, as_map(gpt_9=NEW), ["gpt-9"], DAY, "x")
    assert refusal.value.facts["path"] == str(path)
    assert path.read_text() == "[[price"


def test_a_hostile_name_cannot_write_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ppkit-prices.toml"
    name = 'x"]\ninput = "0"\n[[discount]]\nmodels=["*"]\npercent="99"\n#'
    take_prices(path, read_price_map(json.dumps({name: NEW})), [name], DAY, "l.json")
    found = read_own_prices(path)
    assert (found.discounts, found.models()) == ((), {name.strip()})
