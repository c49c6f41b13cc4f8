"""The price list in the package is what the installed genai-prices has, and says what it has otherwise."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import prices
import pytest
from genai_prices.types import (
    ClauseAnd,
    ClauseEquals,
    ClauseRegex,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from ppkit.spending.price_list import PriceList, price_list
from ppkit.spending.price_sources import listed_row

from .strategies import librarys_models

LUNA = next(model for model in librarys_models() if model.id == "gpt-6-luna")
USUAL = ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(5))


def a_model(**changes: Any) -> ModelInfo:
    plain = ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=USUAL)
    return dataclasses.replace(plain, **changes)


def changed(change: Any) -> list[str]:
    """What is reported of a library in which one model is otherwise."""
    after = [change if model.id == change.id else model for model in librarys_models()]
    return prices.changes(prices.extracted(), prices.extracted(after))


def test_every_price_is_that_of_the_installed_library() -> None:
    assert "\n".join(prices.complaints()) == ""


def test_the_file_is_as_the_script_writes_it() -> None:
    content = prices.stored()
    assert prices.FILE.read_text(encoding="utf-8") == prices.as_text(content)
    assert date.fromisoformat(content["read_on"]) >= date(2026, 11, 29)
    assert content["source"] == "genai-prices"


def test_another_price_is_told_by_model_tier_day_and_kind() -> None:
    dearer = copy.deepcopy(LUNA)
    assert isinstance(dearer.prices, ModelPrice)
    vars(dearer.prices)["output_mtok"] = TieredPrices(Decimal("0.6"), [Tier(272000, Decimal("0.9"))])
    assert changed(dearer) == [
        "gpt-6-luna (default, from the beginning): long output 0.75 -> 0.9 USD per million tokens",
        "gpt-6-luna (default, from the beginning): usual output 0.5 -> 0.6 USD per million tokens",
    ]


def test_another_threshold_is_told() -> None:
    later = copy.deepcopy(LUNA)
    assert isinstance(later.prices, ModelPrice)
    for price in vars(later.prices).values():
        if isinstance(price, TieredPrices):
            price.tiers = [dataclasses.replace(tier, start=300_000) for tier in price.tiers]
    assert "gpt-6-luna (default, from the beginning): long requests have another threshold" in changed(later)


def test_another_day_is_told() -> None:
    assert LUNA.price_variants is not None
    variants = [
        dataclasses.replace(one, constraint=StartDateConstraint(date(2026, 9, 1)))
        if one.when == {"service_tier": "flex"}
        else one
        for one in LUNA.price_variants
    ]
    assert changed(dataclasses.replace(LUNA, price_variants=variants)) == [
        "gpt-6-luna (flex, from 2026-09-01): no row -> a row",
        "gpt-6-luna (flex, from 2026-10-12): a row -> no row",
    ]


def test_other_names_new_models_and_models_that_are_gone_are_told() -> None:
    renamed = dataclasses.replace(LUNA, match=ClauseEquals(equals="gpt-6-moon"))
    assert changed(renamed) == [
        "gpt-6-luna: dated ['gpt-6-luna'] -> []",
        "gpt-6-luna: names ['gpt-6-luna'] -> ['gpt-6-moon']",
    ]
    without = prices.extracted([model for model in librarys_models() if model.id != "gpt-6-luna"])
    assert prices.changes(prices.extracted(), without) == ["gpt-6-luna: gone"]
    assert prices.changes(without, prices.extracted()) == ["gpt-6-luna: new"]


def test_a_model_that_begins_to_be_billed_by_sound_is_left_out_and_told() -> None:
    loud = copy.deepcopy(LUNA)
    assert isinstance(loud.prices, ModelPrice)
    vars(loud.prices)["input_audio_mtok"] = Decimal(3)
    assert changed(loud) == [
        "gpt-6-luna: gone",
        "gpt-6-luna: left out because of None -> ['input_audio_mtok']",
    ]


@pytest.mark.parametrize(
    "strange",
    [
        a_model(match=ClauseRegex(regex="^m-.*$")),
        a_model(match=ClauseAnd(and_=[ClauseEquals(equals="m")])),
        a_model(price_variants=[PriceVariant(when={"service_tier": "ultrafast"}, prices=USUAL)]),
        a_model(
            price_variants=[
                PriceVariant(when={"service_tier": "priority"}, prices=USUAL),
                PriceVariant(when={"service_tier": "fast"}, prices=ModelPrice(input_mtok=Decimal(9))),
            ]
        ),
        a_model(
            prices=[
                ConditionalPrice(None, prices=USUAL),
                ConditionalPrice(TimeOfDateConstraint(time(1), time(2)), prices=USUAL),
            ]
        ),
        a_model(
            prices=ModelPrice(
                input_mtok=TieredPrices(base=Decimal(1), tiers=[Tier(10, Decimal(2))]),
                output_mtok=TieredPrices(base=Decimal(1), tiers=[Tier(20, Decimal(2))]),
            )
        ),
    ],
    ids=["pattern", "rule", "tier", "fast is not priority", "hour", "two thresholds"],
)
def test_what_the_file_has_no_form_for_is_an_error_and_not_dropped(strange: ModelInfo) -> None:
    with pytest.raises(prices.NoForm, match=r"^m: "):
        prices.extracted([strange])


def test_rows_are_the_librarys_own_answers_on_every_day_on_which_something_changes() -> None:
    compared = 0
    for model in librarys_models():
        listed = price_list().find(model.id)
        for day in (date(2024, 1, 1), *prices._first_days(model), date(2026, 11, 29)):
            for tier, context in prices.CONTEXTS.items():
                row = listed.row(tier, day) if listed else None
                if row is None:
                    continue
                moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
                own = vars(model.get_prices(moment, context))
                compared += 1
                assert {kind: Decimal(usd) for kind, usd in row.usd_per_million.items()} == {
                    prices.KINDS[kind]: getattr(price, "base", price)
                    for kind, price in own.items()
                    if kind in prices.KINDS and price is not None
                }
    assert compared > 300


def test_a_discount_that_is_not_in_the_list_is_not_granted_and_a_surcharge_is_refused() -> None:
    assert listed_row("gpt-6-luna", "flex", date(2026, 10, 1)) == listed_row(
        "gpt-6-luna", "default", date(2026, 10, 1)
    )
    assert listed_row("gpt-6-luna", "priority", date(2026, 10, 1)) is None


def test_a_name_of_its_own_comes_before_a_date_after_anothers() -> None:
    row = {"tier": "default", "usd_per_million": {"input": "1"}}
    models = [
        {"id": "a", "names": ["a"], "dated": ["a"], "rows": [row]},
        {"id": "b", "names": ["a-2026-01-01"], "dated": [], "rows": [row]},
    ]
    listed = PriceList({"source": "s", "version": "1", "read_on": "2026-11-29", "models": models})
    found = [listed.find(name) for name in ("a", "a-2026-01-01", "a-2026-01-02", "a-2026-01-02\n", "b")]
    assert [one.id if one else None for one in found] == ["a", "b", "a", None, None]


@pytest.mark.processes
def test_no_price_loads_the_library() -> None:
    code = (
        "import sys; from datetime import *; from ppkit.spending.prices import PriceCatalogue;"
        "PriceCatalogue().price_of('gpt-6-luna', datetime.now(UTC)); PriceCatalogue().known_models();"
        "print([name for name in sys.modules if name.startswith('genai')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
