"""A chart of amounts: columns of stacked parts, for windows, web pages, PDFs, pictures and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ppkit.look import formats
from ppkit.look.charts import MOST_SERIES, Stack, stacks
from ppkit.look.texts import Texts
from ppkit.money import Money

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class StackedChart:
    """`columns` from left to right, `series` from the bottom up; `amounts` has, for each column, the
    pico-dollars of each series, zero or more. In the words of one language.

    In a notebook it draws itself as an SVG that asks for nothing from elsewhere.
    """

    title: str
    columns: tuple[str, ...]
    series: tuple[str, ...]
    amounts: tuple[tuple[int, ...], ...]
    language: str = "en"

    @cached_property
    def stacks(self) -> list[Stack]:
        """What is drawn of each column."""
        return stacks(
            (
                column,
                [
                    (f"{column}, {name}: {self._money(amount)}", amount)
                    for name, amount in zip(self.series, amounts, strict=True)
                ],
            )
            for column, amounts in zip(self.columns, self.amounts, strict=True)
        )

    @cached_property
    def legend(self) -> list[tuple[str, str]]:
        """The name and the whole amount of each series."""
        sums = [sum(amounts) for amounts in zip(*self.amounts, strict=True)] or [0] * len(self.series)
        return [(name, self._money(amount)) for name, amount in zip(self.series, sums, strict=True)]

    @property
    def highest(self) -> tuple[str, int]:
        """The tallest column and its pico-dollars; ("", 0) where there is none."""
        sums = [(column, sum(amounts)) for column, amounts in zip(self.columns, self.amounts, strict=True)]
        return max(sums, key=lambda one: one[1], default=("", 0))

    @property
    def top(self) -> str:
        """The amount at the top of the scale."""
        return self._money(self.highest[1])

    @property
    def spoken(self) -> str:
        """What a listener hears instead of the picture."""
        column, amount = self.highest
        return Texts(self.language)(
            "costs.chart", title=self.title, amount=self._money(amount), column=column
        )

    def to_frame(self) -> pd.DataFrame:
        """The same as a pandas table: a row for each column, whole pico-dollars by series."""
        import pandas as pd

        return pd.DataFrame(self.amounts, index=pd.Index(self.columns), columns=list(self.series))

    def to_svg(self) -> str:
        """The picture as a file of its own, on white."""
        from ppkit.look.svg_chart import svg_of

        return svg_of(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def _repr_html_(self) -> str:
        from ppkit.look.svg_chart import figure_of

        return figure_of(self)

    def _money(self, pico_usd: int) -> str:
        return formats.money(Money(pico_usd), self.language)


def stacked(
    title: str,
    columns: Sequence[tuple[str, str]],
    amounts: Iterable[tuple[str, str, int]],
    language: str,
    most: int = MOST_SERIES,
) -> StackedChart:
    """A chart of (column, series, pico-dollars). `columns` are (column, label), in order, empty ones too.

    The dearest series are drawn by their names, the dearest at the bottom; where there are more than `most`,
    the others together are the last one.
    """
    by_place: dict[str, dict[str, int]] = {column: {} for column, _label in columns}
    whole: dict[str, int] = {}
    for column, series, amount in amounts:
        if amount and column in by_place:
            place = by_place[column]
            place[series] = place.get(series, 0) + amount
            whole[series] = whole.get(series, 0) + amount
    named = sorted(whole, key=lambda name: (-whole[name], name))
    if len(named) > most:
        named = named[: most - 1]
    rest = len(whole) > len(named)
    others = (Texts(language)("costs.others"),) if rest else ()
    rows = tuple(_row(by_place[column], named, rest=rest) for column, _label in columns)
    return StackedChart(title, tuple(label for _, label in columns), (*named, *others), rows, language)


def _row(amounts: Mapping[str, int], named: Sequence[str], *, rest: bool) -> tuple[int, ...]:
    shown = [amounts.get(name, 0) for name in named]
    return (*shown, sum(amounts.values()) - sum(shown)) if rest else tuple(shown)
