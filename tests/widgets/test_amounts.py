"""Amounts as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.look import formats
from ppkit.money import Money
from ppkit.widgets.base.amounts import AmbiguousAmount, typed_amount


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
        ("1.000.000", "1000000"),
        ("1,000,000", "1000000"),
        ("1000", "1000"),
        ("1.0000", "1.0000"),
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
def test_what_ppkit_writes_into_a_field_it_also_reads(pico_usd: int, language: str) -> None:
    amount = Money(pico_usd)
    assert Money.usd(typed_amount(formats.digits(amount, language)) or "") == amount


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"))
def test_what_may_be_a_thousand_or_one_is_never_guessed(whole: int, rest: int, mark: str) -> None:
    with pytest.raises(AmbiguousAmount):
        typed_amount(f"{whole}{mark}{rest:03} USD")


@pytest.mark.parametrize(("amount", "written"), [("1000", "1000.00"), ("1.234", "1.2340"), ("5", "5.00")])
def test_a_field_sets_no_thousands_apart(amount: str, written: str) -> None:
    assert formats.digits(Money.usd(amount), "en") == written
    assert formats.digits(Money.usd(amount), "it") == written.replace(".", ",")
