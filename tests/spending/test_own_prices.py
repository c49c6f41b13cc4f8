"""The user's own prices and discounts: read whole or refused with the place, exact, and never too low."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.keys import KeyInText
from ppkit.money import Money
from ppkit.spending.cost import cost_of
from ppkit.spending.own_prices import OwnPrices, OwnPricesFaulty, OwnPricesUnreadable, read_own_prices
from ppkit.spending.price_sources import PriceTooFine
from ppkit.spending.prices import PriceCatalogue, UnknownPrice
from ppkit.spending.token_rates import USERS_OWN
from ppkit.spending.usage import Usage

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
BEFORE = datetime(2026, 10, 31, 12, tzinfo=UTC)
PRICE = '[[price]]\nmodels = ["my-model", "gpt-6-luna"]\ninput = "0.50"\noutput = "2.00"\n'
EU = "eu.api.openai.com"


def own(tmp_path: Path, text: str) -> OwnPrices:
    path = tmp_path / "ppkit-prices.toml"
    path.write_text(text, encoding="utf-8")
    return read_own_prices(path)


def catalogue(tmp_path: Path, text: str) -> PriceCatalogue:
    return PriceCatalogue(own=own(tmp_path, text))


def test_a_model_the_list_lacks_gets_the_users_price(tmp_path: Path) -> None:
    price = catalogue(tmp_path, PRICE + 'note = "contract 2026"\n').price_of("my-model", NOON)
    assert (price.rates.input, price.rates.output) == (Money(500_000), Money(2_000_000))
    assert (price.rates.cached, price.source) == (Money(500_000), USERS_OWN)
    assert price.whose == "contract 2026 (ppkit-prices.toml)"
    assert "my-model" in catalogue(tmp_path, PRICE).known_models()


def test_the_users_price_wins_over_the_list_from_its_first_day_and_in_every_region(tmp_path: Path) -> None:
    found = catalogue(tmp_path, PRICE + "from = 2026-11-01\n")
    assert found.price_of("gpt-6-luna", NOON).rates.input == Money(500_000)
    assert found.price_of("gpt-6-luna-2026-09-01", NOON, host=EU).rates.input == Money(500_000)
    assert found.price_of("gpt-6-luna", BEFORE) == PriceCatalogue().price_of("gpt-6-luna", BEFORE)
    with pytest.raises(UnknownPrice):
        found.price_of("my-model", BEFORE)


def test_a_snapshot_with_a_price_of_its_own_in_the_list_keeps_it_unless_the_file_names_it(
    tmp_path: Path,
) -> None:
    ours = PRICE.replace("gpt-6-luna", "gpt-4o")
    dear, plain = "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"
    listed = PriceCatalogue()
    assert listed.price_of(dear, NOON).rates.input > listed.price_of("gpt-4o", NOON).rates.input
    found = catalogue(tmp_path, ours)
    assert found.price_of(dear, NOON) == listed.price_of(dear, NOON)
    assert found.price_of(dear, NOON, "priority") == listed.price_of(dear, NOON, "priority")
    assert found.price_of(plain, NOON).rates.input == Money(500_000)
    assert found.price_of("my-model-2026-01-01", NOON).rates.input == Money(500_000)
    named = catalogue(tmp_path, ours.replace("my-model", dear))
    assert named.price_of(dear, NOON).rates.input == Money(500_000)


def test_a_tier_has_its_factor_or_the_lists_own_price(tmp_path: Path) -> None:
    found = catalogue(tmp_path, PRICE + 'tiers = {flex = "0.5"}\n')
    assert found.price_of("gpt-6-luna", NOON, "flex").rates.input == Money(250_000)
    assert catalogue(tmp_path, PRICE).price_of("gpt-6-luna", NOON, "flex") == PriceCatalogue().price_of(
        "gpt-6-luna", NOON, "flex"
    )
    assert catalogue(tmp_path, PRICE).price_of("my-model", NOON, "flex").rates.input == Money(500_000)
    undiscounted = catalogue(tmp_path, PRICE + 'tiers = {flex = "1"}\n')
    assert undiscounted.price_of("gpt-6-luna", NOON, "flex").rates.input == Money(500_000)
    found = catalogue(tmp_path, PRICE + 'tiers = {flex = "0.5"}\n')
    usual = PriceCatalogue().price_of("gpt-6-luna", NOON, "priority")
    assert found.price_of("gpt-6-luna", NOON, "priority") == usual
    with pytest.raises(UnknownPrice):
        found.price_of("my-model", NOON, "priority")


def test_a_long_request_keeps_the_lists_surcharge_on_the_users_price(tmp_path: Path) -> None:
    text = PRICE.replace("gpt-6-luna", "gpt-6-sol") + 'cache_write = "1.00"\n'
    usual = PriceCatalogue().price_of("gpt-6-sol", NOON)
    price = catalogue(tmp_path, text).price_of("gpt-6-sol", NOON)
    assert usual.long_context_rates is not None
    assert price.long_context_rates is not None
    assert price.long_context_over == usual.long_context_over
    for kind in ("input", "cache_write", "output"):
        factor = (
            Decimal(getattr(usual.long_context_rates, kind).pico_usd) / getattr(usual.rates, kind).pico_usd
        )
        assert (
            getattr(price.long_context_rates, kind).pico_usd == getattr(price.rates, kind).pico_usd * factor
        )
    assert catalogue(tmp_path, text).price_of("my-model", NOON).long_context_over is None


def test_the_file_may_name_another_surcharge_or_none(tmp_path: Path) -> None:
    text = PRICE + 'long_context = {over = 1000, times_input = "3", times_output = "1"}\n'
    price = catalogue(tmp_path, text).price_of("gpt-6-luna", NOON)
    assert (price.long_context_over, price.long_context_rates and price.long_context_rates.input) == (
        1_000, Money(1_500_000)
    )  # fmt: skip


def test_a_discount_is_taken_from_the_list_within_its_days(tmp_path: Path) -> None:
    text = '[[discount]]\nmodels = ["gpt-6-*"]\npercent = "12.5"\nfrom = 2026-11-01\nuntil = 2026-11-29\n'
    found, usual = catalogue(tmp_path, text + 'note = "agency"\n'), PriceCatalogue()
    price = found.price_of("gpt-6-luna", NOON)
    assert price.rates.input == Money(87_500)
    assert price.whose == f"{usual.price_of('gpt-6-luna', NOON).source} -12.5% agency"
    for model, at in (("gpt-6-luna", BEFORE), ("gpt-6-luna", NOON.replace(day=30)), ("gpt-5-nano", NOON)):
        assert found.price_of(model, at) == usual.price_of(model, at)
    long, usual_long = (one.price_of("gpt-6-sol", NOON).long_context_rates for one in (found, usual))
    assert long is not None
    assert usual_long is not None
    assert long.output.pico_usd * 1_000 == usual_long.output.pico_usd * 875


def test_a_discount_on_a_model_is_one_on_its_snapshots_too(tmp_path: Path) -> None:
    found = catalogue(tmp_path, '[[discount]]\nmodels = ["gpt-6-luna"]\npercent = "50"\n')
    assert found.price_of("gpt-6-luna-2026-09-01", NOON).rates.input == Money(50_000)


def test_the_users_own_price_has_no_discount(tmp_path: Path) -> None:
    found = catalogue(tmp_path, PRICE + '[[discount]]\nmodels = ["*"]\npercent = "50"\n')
    assert found.price_of("my-model", NOON).rates.input == Money(500_000)


@given(
    percent=st.decimals("0.0001", "99.9999", places=4).map(lambda found: f"{found:f}"),
    tokens=st.integers(1, 10**6),
)
def test_a_discounted_cost_is_exact_or_less_than_a_pico_dollar_a_token_more(
    tmp_path_factory: pytest.TempPathFactory, percent: str, tokens: int
) -> None:
    text = f'[[discount]]\nmodels = ["*"]\npercent = "{percent}"\n'
    found = PriceCatalogue(own=own(tmp_path_factory.mktemp("own"), text))
    usage = Usage(input_tokens=tokens, output_tokens=tokens)
    less = cost_of(usage, found.price_of("gpt-5-nano", NOON)).total.pico_usd
    usual = cost_of(usage, PriceCatalogue().price_of("gpt-5-nano", NOON)).total.pico_usd
    exact = usual * (100 - Decimal(percent)) / 100
    assert exact <= less < exact + 2 * tokens


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[price", "TOML"),
        ('[[price]]\nmodels = ["m"]\n', "price 1, input"),
        ('[[price]]\nmodels = ["m"]\ninput = "1"\n', "price 1, output"),
        (PRICE + '[[price]]\nmodels = []\ninput = "1"\n', "price 2, models"),
        ('[[price]]\nmodels = ["m"]\ninput = 0.5\n', "price 1, input"),
        ('[[price]]\nmodels = ["m"]\ninput = "-1"\n', "price 1, input"),
        (PRICE + 'outpt = "1"\n', "price 1, outpt"),
        (PRICE + 'from = "soon"\n', "price 1, from"),
        (PRICE + 'tiers = {fast = "2"}\n', "price 1, tiers, fast, [key]"),
        (
            PRICE + 'long_context = {over = 0, times_input = "2", times_output = "1"}\n',
            "price 1, long_context, over",
        ),
        ('[[discount]]\nmodels = ["m"]\npercent = "100"\n', "discount 1, percent"),
        ('[[discount]]\nmodels = ["m"]\npercent = "-5"\n', "discount 1, percent"),
        ("[prices]\n", "prices"),
    ],
)
def test_a_mistake_is_named_by_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(OwnPricesFaulty) as refusal:
        own(tmp_path, text)
    assert refusal.value.facts["place"] == place


def test_a_price_finer_than_a_pico_dollar_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(PriceTooFine):
        own(tmp_path, '[[price]]\nmodels = ["m"]\ninput = "0.0000001"\noutput = "0"\n')
    with pytest.raises(PriceTooFine):
        own(tmp_path, '[[price]]\nmodels = ["m"]\ninput = "0.000001"\noutput = "0"\ntiers = {flex = "0.5"}\n')


def test_what_cannot_be_read_and_what_holds_a_key_is_refused(tmp_path: Path) -> None:
    secret = "sk-proj-" + "Ab3" * 16
    with pytest.raises(KeyInText):
        own(tmp_path, f'[[price]]\nmodels = ["m"]\ninput = "1"\nnote = "{secret}"\n')
    (tmp_path / "ppkit-prices.toml").write_bytes(b"a = \x81\xff")
    with pytest.raises(OwnPricesUnreadable):
        read_own_prices(tmp_path / "ppkit-prices.toml")
    (tmp_path / "ppkit-prices.toml").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(OwnPricesUnreadable):
        read_own_prices(tmp_path / "ppkit-prices.toml")


def test_no_file_is_no_price_of_ones_own(tmp_path: Path) -> None:
    assert read_own_prices(tmp_path / "none.toml") == OwnPrices()
