"""A mark-up and a currency: exact, each rounded once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.agency import Currency, Markup
from ppkit.money import Money

AMOUNTS = st.integers(0, 2**63 - 1)


@given(pico_usd=AMOUNTS, parts=st.integers(0, 10_000_000))
def test_a_markup_is_the_exact_share_rounded_once_to_a_pico_dollar(pico_usd: int, parts: int) -> None:
    added = Markup(Decimal(parts).scaleb(-4)).on(Money(pico_usd))
    exact = Fraction(pico_usd * parts, 1_000_000)
    assert Fraction(-1, 2) < added.pico_usd - exact <= Fraction(1, 2)


def test_half_a_pico_dollar_counts_as_a_whole_one() -> None:
    assert Markup(Decimal(50)).on(Money(1)) == Money(1)
    assert Markup(Decimal("49.9999")).on(Money(1)) == Money(0)


@given(pico_usd=AMOUNTS, rate=st.decimals("0.0001", "99999", places=4))
def test_an_amount_in_another_currency_is_rounded_once_to_its_cent(pico_usd: int, rate: Decimal) -> None:
    amount = Currency("EUR", rate, date(2026, 11, 1)).of(Money(pico_usd))
    exact = Fraction(pico_usd, 10**12) * Fraction(rate)
    assert amount == amount.quantize(Decimal("0.01"))
    assert Fraction(-1, 200) < Fraction(amount) - exact <= Fraction(1, 200)


@pytest.mark.parametrize(("code", "shown"), [("EUR", "0.13"), ("JPY", "0"), ("KWD", "0.125")])
def test_each_currency_has_its_own_smallest_coin(code: str, shown: str) -> None:
    assert str(Currency(code, Decimal(1), date(2026, 11, 1)).of(Money.usd("0.125"))) == shown
