"""What an agency adds to a cost, and the currency that it shows beside US dollars. Exact: no floats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from ppkit.look.formats import places_of
from ppkit.money import Money

FINEST_PERCENT = 4
"""Decimals of a mark-up: a millionth of the cost."""

_WHOLE = 100 * 10**FINEST_PERCENT


@dataclass(frozen=True, slots=True)
class Markup:
    """`percent` of the cost, with at most four decimals, zero or more."""

    percent: Decimal

    def on(self, cost: Money) -> Money:
        """What is added, rounded once to a whole pico-dollar; a half counts as a whole one."""
        parts = int(self.percent.scaleb(FINEST_PERCENT))
        return Money((2 * cost.pico_usd * parts + _WHOLE) // (2 * _WHOLE))


@dataclass(frozen=True, slots=True)
class Currency:
    """One US dollar is `rate` of the currency with this ISO 4217 `code`, as the agency typed it on a day."""

    code: str
    rate: Decimal
    at: date

    def of(self, usd: Money) -> Decimal:
        """The amount, rounded once to the currency's smallest coin; a half counts as a whole one."""
        with localcontext(prec=60):
            smallest = Decimal(1).scaleb(-places_of(self.code))
            return (usd.to_usd() * self.rate).quantize(smallest, rounding=ROUND_HALF_UP)
