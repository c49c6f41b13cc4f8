"""A limit as a bar: where the money and the marks stand, on a scale that does not flatter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from ppkit.look import formats
from ppkit.money import Money

WIDTH = 1000


class Standing(Protocol):
    """What is asked of a limit: see `ledger.LimitStatus`."""

    @property
    def thresholds(self) -> tuple[Money, ...]: ...
    @property
    def hard(self) -> Money | None: ...
    @property
    def spent(self) -> Money: ...
    @property
    def uncertain(self) -> Money: ...
    @property
    def reserved(self) -> Money: ...


@dataclass(frozen=True, slots=True)
class LimitBar:
    """Places and widths in thousandths of the `whole`, which is the hard limit, or what stands above it.

    The scale begins at zero and is even: a hundredth of a limit is a hundredth of the bar, told in
    words as `share`. `marks` are the thresholds, the lowest first; `hard` is the limit's own, if any.
    """

    whole: Money
    spent: int
    uncertain: int
    reserved: int
    marks: tuple[int, ...]
    hard: int | None
    share: str


def limit_bar(limit: Standing, language: str) -> LimitBar:
    counted = limit.spent + limit.uncertain + limit.reserved
    amounts: Iterable[Money] = (*limit.thresholds, *([limit.hard] if limit.hard is not None else []), counted)
    whole = max(amounts)
    of = limit.hard if limit.hard is not None else whole
    return LimitBar(
        whole=whole,
        spent=_place(limit.spent, whole),
        uncertain=_place(limit.uncertain, whole),
        reserved=_place(limit.reserved, whole),
        marks=tuple(_place(threshold, whole) for threshold in limit.thresholds),
        hard=None if limit.hard is None else _place(limit.hard, whole),
        share=share_of(limit.spent + limit.uncertain, of, language),
    )


def share_of(part: Money, whole: Money, language: str) -> str:
    """A share in percent, to two digits where it is small: "0,16%". Rounded down: 100% means all of it."""
    if not part or not whole:
        return formats.percent(0, 1, language) if not part else formats.percent(1, 1, language)
    percent = Decimal(100 * part.pico_usd) / whole.pico_usd
    smallest = Decimal("0.01")
    if percent < smallest:
        return f"< {formats.number(smallest, language)}%"
    places = 2 if percent < 1 else 1 if percent < 10 else 0
    shown = percent.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
    return formats.number(shown.normalize() if places else shown, language) + "%"


def _place(amount: Money, whole: Money) -> int:
    return WIDTH * amount.pico_usd // whole.pico_usd if whole else 0
