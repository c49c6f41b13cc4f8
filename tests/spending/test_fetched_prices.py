"""The newest list is fetched on request, by the library's own means, and taken over from today on."""

from __future__ import annotations

import copy
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from genai_prices import UpdatePrices
from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelPrice

from ppkit.errors import PpkitError
from ppkit.extras import ExtraMissing
from ppkit.money import Money
from ppkit.spending.fetched_prices import PriceListOutOfReach, fetch_prices
from ppkit.spending.own_prices import read_own_prices
from ppkit.spending.price_comparison import PriceDifference, compare
from ppkit.spending.prices import PriceCatalogue
from ppkit.spending.taken_prices import take_prices

DAY = date(2026, 11, 29)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def fetched(monkeypatch: pytest.MonkeyPatch, **inputs: str) -> None:
    """A list as it is installed, in which some models cost otherwise."""
    told = copy.deepcopy([one for one in providers if one.id == "openai"])
    for model in told[0].models:
        if (amount := inputs.get(model.id.replace("-", "_").replace(".", "_"))) is not None:
            model.prices = ModelPrice(input_mtok=Decimal(amount), output_mtok=Decimal("2"))
            model.price_variants = None
    monkeypatch.setattr(UpdatePrices, "fetch", lambda _self: DataSnapshot(told, from_auto_update=True))


def test_the_list_as_it_is_installed_differs_in_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched(monkeypatch)
    theirs = fetch_prices()
    both = [one for one in compare(theirs, PriceCatalogue(), NOON) if one.theirs_pico_usd is not None]
    assert both == []
    assert len(theirs) > 50
    assert not any("image" in name or "audio" in name for name in theirs)


def test_a_changed_price_is_named_and_taken_over_from_today_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = PriceCatalogue().price_of("gpt-4.1", NOON)
    fetched(monkeypatch, gpt_4_1="1.5")
    theirs = fetch_prices()
    found = compare(theirs, PriceCatalogue(), NOON)
    assert (
        PriceDifference(
            "gpt-4.1", "default", "input", Decimal(before.rates.input.pico_usd), Decimal(1_500_000)
        )
        in found
    )
    path = tmp_path / "ppkit-prices.toml"
    take_prices(path, theirs, ["gpt-4.1"], DAY, "genai-prices")
    catalogue = PriceCatalogue(own=read_own_prices(path))
    assert catalogue.price_of("gpt-4.1", NOON).rates.input == Money(1_500_000)
    assert catalogue.price_of("gpt-4.1", NOON.replace(day=28)).rates == before.rates


@pytest.mark.parametrize(
    "failure", [httpx2.ConnectError("no address"), OSError("no network"), ValueError("half a list")]
)
def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def fails(_self: object) -> None:
        raise failure

    monkeypatch.setattr(UpdatePrices, "fetch", fails)
    with pytest.raises(PriceListOutOfReach) as told:
        fetch_prices()
    assert told.value.facts == {"reason": type(failure).__name__}


@pytest.mark.parametrize("snapshot", [None, DataSnapshot([], from_auto_update=True)])
def test_an_empty_list_takes_no_price_away(monkeypatch: pytest.MonkeyPatch, snapshot: Any) -> None:
    monkeypatch.setattr(UpdatePrices, "fetch", lambda _self: snapshot)
    with pytest.raises(PpkitError, match="price_list_out_of_reach"):
        fetch_prices()


def test_without_the_library_it_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    with pytest.raises(ExtraMissing) as missing:
        fetch_prices()
    assert missing.value.facts == {"extra": "prices", "package": "genai_prices"}
