"""Amounts, numbers, dates and durations as each language writes them. Money never passes through a float."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal, localcontext
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_precision

from ppkit.money import Money

_LOCALES = {"it": "it_IT", "en": "en_US"}
_SMALLEST_PLACES = 12  # a pico-dollar
_ENOUGH_DIGITS = 60  # the decimal module's usual 28 fail on amounts that only a typing error makes

Places = int | Literal["exact"]
Rounding = Literal["nearest", "up"]
_ROUNDINGS = {"nearest": ROUND_HALF_EVEN, "up": ROUND_UP}


def money(amount: Money, language: str, places: Places = 2, rounding: Rounding = "nearest") -> str:
    """ "5,00 USD" in Italian, "$5.00" in English.

    At least `places` decimals, and for small amounts as many more as two significant digits need, so that
    nothing that costs something is shown as nothing. "exact" shows every digit. "up" never understates: for
    sentences that say "at most".
    """
    with localcontext(prec=_ENOUGH_DIGITS):
        usd = amount.to_usd()
        digits = _decimal(_rounded(abs(usd), places, rounding), language, 2 if places == "exact" else places)
    sign = "-" if usd < 0 else ""
    return f"{sign}{digits} USD" if language == "it" else f"{sign}${digits}"


def digits(amount: Money, language: str) -> str:
    """The bare figure, "1000,00" or "1000.00", for a field that says elsewhere that it is USD.

    It is sent back as it is, so nothing of it may be read in two ways: thousands are not set apart, and there
    are never just three decimals.
    """
    usd = amount.to_usd().normalize(Context(prec=_ENOUGH_DIGITS))
    decimals = -int(usd.as_tuple().exponent)
    places = 4 if decimals == len("000") and usd >= 1 else 2  # "0.001" can only be read in one way
    pattern = "0." + "0" * places + "#" * (_SMALLEST_PLACES - places)
    text: str = format_decimal(usd, pattern, locale=_LOCALES[language], decimal_quantization=False)
    return text


def places_of(code: str) -> int:
    """The decimals of a currency's smallest coin, by its ISO 4217 code; 2 where the code is not known."""
    return int(get_currency_precision(code))


def in_currency(amount: Decimal, code: str, language: str) -> str:
    """ "4,60 EUR", "4.60 EUR": an amount already rounded to the currency's smallest coin."""
    return f"{_decimal(amount, language, places_of(code))} {code}"


def _rounded(usd: Decimal, places: Places, rounding: Rounding) -> Decimal:
    if places == "exact" or not usd:
        return usd
    two_significant = 1 - usd.adjusted()
    kept = min(max(places, two_significant), _SMALLEST_PLACES)
    return usd.quantize(Decimal(1).scaleb(-kept), rounding=_ROUNDINGS[rounding])


def _decimal(value: Decimal, language: str, smallest_places: int) -> str:
    pattern = "#,##0." + "0" * smallest_places + "#" * (_SMALLEST_PLACES - smallest_places)
    text: str = format_decimal(value, pattern, locale=_LOCALES[language], decimal_quantization=False)
    return text


def number(value: int | Decimal, language: str) -> str:
    """1.284 in Italian, 1,284 in English; decimals as they are."""
    text: str = format_decimal(
        value, "#,##0.############", locale=_LOCALES[language], decimal_quantization=False
    )
    return text


def percent(part: int, whole: int, language: str) -> str:
    """A share in whole percent, rounded down so that 100% means all of it; 0% of nothing."""
    share = Decimal(100 * part) / whole if whole else Decimal(0)
    return number(share.quantize(Decimal(1), rounding=ROUND_DOWN), language) + "%"


def date(day: dt.date, language: str, style: Literal["short", "medium", "long"] = "medium") -> str:
    """23 nov 2026 / Nov 23, 2026. A datetime is taken in the zone it carries; `short` leaves out the year."""
    if style == "short":
        return str(format_date(day, "d/M" if language == "it" else "MMM d", locale=_LOCALES[language]))
    return str(format_date(day, style, locale=_LOCALES[language]))


def month(day: dt.date, language: str) -> str:
    """dicembre 2026 / December 2026."""
    return str(format_date(day, "LLLL y", locale=_LOCALES[language]))


def weekdays(language: str) -> list[str]:
    """lun … dom / Mon … Sun."""
    monday = dt.date(2024, 1, 1)
    days = (monday + dt.timedelta(days=number) for number in range(7))
    return [str(format_date(day, "ccc", locale=_LOCALES[language])) for day in days]


def time(moment: dt.datetime) -> str:
    """14:05, in the zone the moment carries (use `moment.astimezone()` first for the reader's own)."""
    return moment.strftime("%H:%M")


def duration(length: float | dt.timedelta, language: str) -> str:
    """1,8 s / 1.8 s; 1 min 30 s; 2 h 5 min. From seconds or a timedelta."""
    seconds = length.total_seconds() if isinstance(length, dt.timedelta) else length
    if round(seconds, 1) < 60:
        tenths = Decimal(str(round(seconds, 1)))
        return number(tenths, language) + " s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{number(hours, language)} h {minutes} min" if minutes else f"{number(hours, language)} h"
