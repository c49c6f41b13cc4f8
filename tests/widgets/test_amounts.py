"""Amounts as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.look import formats
from ppkit.money import Money
from ppkit.widgets.amounts import typed_amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("5,00", "5.00"),
        ("5.00", "5.00"),
        ("5", "5"),
        (" 5,00 USD ", "5.00"),
        ("$5.00", "5.00"),
        ("0,001", "0.001"),
        ("1.000,50", "1000.50"),
        ("1,000.50", "1000.50"),
        ("", None),
        ("  ", None),
    ],
)
def test_an_amount_is_read_in_either_way_of_writing(typed: str, amount: str | None) -> None:
    assert typed_amount(typed) == amount


@pytest.mark.parametrize("typed", ["five", "-", "5 or 6", "1,2,3"])
def test_what_is_no_amount_is_left_for_the_budget_to_refuse(typed: str) -> None:
    with pytest.raises(ValueError, match="USD"):
        Money.usd(typed_amount(typed) or "")


@given(st.integers(0, 10**18), st.sampled_from(["it", "en"]))
def test_what_ppkit_writes_it_also_reads(pico_usd: int, language: str) -> None:
    amount = Money(pico_usd)
    written = formats.money(amount, language, places="exact")
    assert Money.usd(typed_amount(written) or "") == amount
