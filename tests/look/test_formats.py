"""Amounts, numbers, dates and durations in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.look import formats
from ppkit.look.texts import LANGUAGES
from ppkit.money import Money

MONEY = st.integers(-(10**18), 10**18).map(Money)
LANGUAGE = st.sampled_from(LANGUAGES)


def read_back(text: str, language: str) -> Decimal:
    """The amount a person would read."""
    bare = text.replace(" USD", "").replace("$", "")
    return Decimal(bare.replace(".", "").replace(",", ".") if language == "it" else bare.replace(",", ""))


@pytest.mark.parametrize(
    ("usd", "italian", "english"),
    [
        ("5", "5,00 USD", "$5.00"),
        ("0", "0,00 USD", "$0.00"),
        ("1234.5", "1.234,50 USD", "$1,234.50"),
        ("-2.5", "-2,50 USD", "-$2.50"),
        ("0.0149", "0,015 USD", "$0.015"),
        ("0.000195", "0,0002 USD", "$0.0002"),
        ("0.000000025", "0,000000025 USD", "$0.000000025"),
    ],
)
def test_amounts_are_written_as_each_language_writes_them(usd: str, italian: str, english: str) -> None:
    assert formats.money(Money.usd(usd), "it") == italian
    assert formats.money(Money.usd(usd), "en") == english


@given(MONEY, LANGUAGE)
def test_an_exact_amount_reads_back_to_the_pico_dollar(amount: Money, language: str) -> None:
    assert read_back(formats.money(amount, language, "exact"), language) == amount.to_usd()


@given(MONEY.filter(bool), LANGUAGE)
def test_what_costs_something_is_never_shown_as_nothing(amount: Money, language: str) -> None:
    assert read_back(formats.money(amount, language), language) != 0


@given(MONEY, LANGUAGE, st.integers(0, 6))
def test_a_shown_amount_is_near_the_true_one(amount: Money, language: str, places: int) -> None:
    shown = read_back(formats.money(amount, language, places), language)
    assert abs(shown - amount.to_usd()) <= Decimal(1).scaleb(-places)


@given(st.integers(0, 10**18).map(Money), LANGUAGE)
def test_at_most_never_understates(amount: Money, language: str) -> None:
    assert read_back(formats.money(amount, language, rounding="up"), language) >= amount.to_usd()


@given(st.integers(0, 10**6), LANGUAGE)
def test_a_figure_for_a_field_can_be_typed_back(cents: int, language: str) -> None:
    amount = Money(cents * 10**10)
    assert read_back(formats.digits(amount, language), language) == amount.to_usd()


def test_numbers_are_grouped() -> None:
    assert formats.number(1284, "it") == "1.284"
    assert formats.number(1284, "en") == "1,284"


def test_a_share_reaches_a_hundred_percent_only_when_whole() -> None:
    assert formats.percent(999, 1000, "en") == "99%"
    assert formats.percent(1, 1, "en") == "100%"
    assert formats.percent(1, 0, "en") == "0%"


def test_dates_are_written_as_each_language_writes_them() -> None:
    day = date(2026, 11, 23)
    assert formats.date(day, "it") == "23 nov 2026"
    assert formats.date(day, "en") == "Nov 23, 2026"
    assert formats.date(day, "it", "short") == "23/11"
    assert formats.date(day, "en", "long") == "November 23, 2026"


def test_a_time_is_shown_in_the_zone_it_carries() -> None:
    assert formats.time(datetime(2026, 11, 23, 14, 5, tzinfo=UTC)) == "14:05"


@pytest.mark.parametrize(
    ("seconds", "italian"),
    [(0, "0 s"), (1.84, "1,8 s"), (59.97, "1 min"), (90, "1 min 30 s"), (7500, "2 h 5 min"), (3600, "1 h")],
)
def test_durations_are_short_to_read(seconds: float, italian: str) -> None:
    assert formats.duration(seconds, "it") == italian


def test_a_timedelta_is_a_duration_too() -> None:
    assert formats.duration(timedelta(seconds=1.5), "en") == "1.5 s"
