"""Money: US dollars as whole pico-dollars, so that a single cached token still has an exact price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

PICO_PER_USD = 10**12


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """US dollars as whole pico-dollars (10**-12 USD). Differences may be negative."""

    pico_usd: int

    @classmethod
    def usd(cls, amount: str | int | Decimal) -> Money:
        """Money from dollars, given as text, a whole number or a Decimal (never a float).

        Raises ValueError when the text is no number, or is finer than a pico-dollar.
        """
        try:
            pico = Decimal(amount) * PICO_PER_USD
            whole = int(pico)
        except (InvalidOperation, OverflowError, ValueError) as error:
            raise ValueError(f"{amount!r} is not an amount in USD") from error
        if pico != whole:
            raise ValueError(f"{amount} USD is finer than a pico-dollar")
        return cls(whole)

    def to_usd(self) -> Decimal:
        """The amount in dollars, exact."""
        return Decimal(self.pico_usd).scaleb(-12)

    def __add__(self, other: Money) -> Money:
        return Money(self.pico_usd + other.pico_usd)

    def __sub__(self, other: Money) -> Money:
        return Money(self.pico_usd - other.pico_usd)

    def __mul__(self, count: int) -> Money:
        return Money(self.pico_usd * count)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.pico_usd != 0


ZERO = Money(0)
