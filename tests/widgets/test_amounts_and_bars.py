"""Amounts as people type them, and the numbers behind the small chart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.look import formats
from ppkit.money import ZERO, Money
from ppkit.widgets.amounts import typed_amount
from ppkit.widgets.bars import chart_of


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


@given(st.dictionaries(st.dates(date(2026, 11, 1), date(2026, 11, 30)), st.integers(0, 10**14).map(Money)))
def test_bars_stay_in_the_chart_and_what_costs_is_seen(costs: dict[date, Money]) -> None:
    chart = chart_of(costs, date(2026, 11, 1), date(2026, 11, 30))
    assert len(chart.bars) == 30
    for bar in chart.bars:
        assert bar.y >= 0
        assert bar.y + bar.height == chart.height
        assert bar.x + chart.bar_width <= chart.width
        assert (bar.height > 0) == (costs.get(bar.day, ZERO) != ZERO)


def test_the_highest_bar_is_the_costliest_day() -> None:
    costs = {date(2026, 11, 3): Money.usd("1"), date(2026, 11, 9): Money.usd("2")}
    highest = chart_of(costs, date(2026, 11, 1), date(2026, 11, 30)).highest
    assert (highest.day, highest.height, highest.cost.to_usd()) == (date(2026, 11, 9), 120, Decimal(2))
