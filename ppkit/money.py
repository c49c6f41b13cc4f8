"""Money: US dollars as whole pico-dollars, so that a single cached token still has an exact price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

PICO_DIGITS = 12
# Python's own 28 digits would round a large amount in silence. More than a quintillion dollars is no amount.
_LONGEST_QUOTED = 19  # characters: one less than the shortest key
_LARGEST_EXPONENT = 18
_EXACT = Context(prec=60)
_NOT_A_NUMBER = Decimal("NaN")  # what "1_0" is to a user; to Python it is ten


def _quoted(amount: object) -> str:
    return repr(amount) if len(str(amount)) <= _LONGEST_QUOTED else "this"


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """US dollars as whole pico-dollars (10**-12 USD). Differences may be negative."""

    pico_usd: int

    def __post_init__(self) -> None:
        """Raises TypeError, which does not quote what was given instead: it may be a secret."""
        if not isinstance(self.pico_usd, int):
            raise TypeError(f"Money is made of whole pico-dollars, not of {type(self.pico_usd).__name__}")

    @classmethod
    def usd(cls, amount: str | int | Decimal) -> Money:
        """Money from dollars, given as text, a whole number or a Decimal (never a float).

        Raises ValueError when the text is no number, is finer than a pico-dollar, or has over 19 digits
        before the point. What is too long for an amount may be a secret, so it is not quoted.
        """
        try:
            usd = _NOT_A_NUMBER if isinstance(amount, str) and "_" in amount else Decimal(amount)
        except (InvalidOperation, ValueError) as error:
            raise ValueError(f"{_quoted(amount)} is not an amount in USD") from error
        if not usd.is_finite() or usd.adjusted() > _LARGEST_EXPONENT:
            raise ValueError(f"{_quoted(amount)} is not an amount in USD")
        pico = usd.scaleb(PICO_DIGITS, _EXACT)
        if pico != pico.to_integral_value():
            raise ValueError(f"{amount} USD is finer than a pico-dollar")
        return cls(int(pico))

    def to_usd(self) -> Decimal:
        """The amount in dollars, exact."""
        return Decimal(self.pico_usd).scaleb(-PICO_DIGITS, Context(prec=max(1, len(str(self.pico_usd)))))

    def __str__(self) -> str:
        """ "5.00 USD", exact: for exceptions and logs. People get `look.formats.money`, in their language."""
        whole, decimals = f"{self.to_usd():f}".split(".")
        return f"{whole}.{decimals.rstrip('0').ljust(2, '0')} USD"

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
