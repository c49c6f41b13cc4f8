"""Money: exact to the pico-dollar, whatever its size."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.look.formats import money
from ppkit.money import Money
from ppkit.spending.ledger import LimitNegative

AMOUNTS = st.integers(-(10**30), 10**30).map(Money)


@given(AMOUNTS)
def test_an_amount_survives_the_way_through_dollars(amount: Money) -> None:
    assert Money.usd(amount.to_usd()) == amount
    assert Money.usd(str(amount.to_usd())) == amount


@given(AMOUNTS, AMOUNTS)
def test_sums_and_products_are_exact(one: Money, other: Money) -> None:
    assert (one + other) - other == one
    assert one * 3 == one + one + one


@pytest.mark.parametrize(
    ("pico_usd", "text"),
    [
        (0, "0.00 USD"),
        (-(10**12), "-1.00 USD"),
        (5_250_000_000_000, "5.25 USD"),
        (-1, "-0.000000000001 USD"),
        (1234567890123456789123456789012, "1234567890123456789.123456789012 USD"),
    ],
)
def test_an_exception_that_quotes_an_amount_can_be_read(pico_usd: int, text: str) -> None:
    assert str(LimitNegative(limit=Money(pico_usd))) == f"limit_negative: limit={text}"


@given(AMOUNTS)
def test_every_amount_can_be_shown(amount: Money) -> None:
    assert "USD" in money(amount, "it")
    assert "$" in money(amount, "en", "exact")


@pytest.mark.parametrize(
    "text", ["five", "", "1_0", "NaN", "inf", "-Infinity", "1e400", "1e999999999", "1" * 20]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        Money.usd(text)


@pytest.mark.parametrize("text", ["0.0000000000001", "1e-999999", "1234567890123456789.1234567890123"])
def test_what_is_finer_than_a_pico_dollar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="finer than a pico-dollar"):
        Money.usd(text)


def test_the_largest_amounts_keep_every_digit() -> None:
    text = "1234567890123456789.123456789012"
    assert Money.usd(text).pico_usd == 1234567890123456789123456789012
    assert Money.usd(text).to_usd() == Decimal(text)


@pytest.mark.parametrize("given", ["sk-" + "Ab3Cd4Ef5Gh6" * 4, 1.5, b"1", None])
def test_money_is_made_of_whole_numbers_only_and_quotes_nothing_else(given: object) -> None:
    with pytest.raises(TypeError) as refused:
        Money(given)  # type: ignore[arg-type]
    assert "Ab3C" not in str(refused.value)
