"""Bar charts drawn by a template: the heights here, the SVG in `macros.html` (`ui.bars`, `ui.stacks`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TALLEST = 1000
SMALLEST_SEEN = 8
"""What is more than nothing is drawn at least this high, so that it can be seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`label` stands below the chart, `title` under the mouse; `height` in thousandths of the tallest."""

    label: str
    title: str
    height: int


def bars(values: Iterable[tuple[str, str, int]]) -> list[Bar]:
    """Bars for (label, title, value) with values of zero or more, such as pico-USD or counts."""
    listed = list(values)
    highest = max((value for _label, _title, value in listed), default=0)
    return [
        Bar(label, title, max(TALLEST * value // highest, SMALLEST_SEEN) if value > 0 else 0)
        for label, title, value in listed
    ]


MOST_SERIES = 5
"""As many as the style sheet can distinguish."""


@dataclass(frozen=True, slots=True)
class StackSegment:
    """One series' share of a column; `series` counts from 0, `top` and `height` as in Bar, from above."""

    series: int
    title: str
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Stack:
    """A column of parts, the first series at the bottom."""

    label: str
    parts: tuple[StackSegment, ...]


def stacks(columns: Iterable[tuple[str, Sequence[tuple[str, int]]]]) -> list[Stack]:
    """Columns for (label, (title, value) of each series) with values of zero or more.

    A column is as high as `bars` would draw its sum; its parts fill it in proportion. A part of less than
    a thousandth may not be drawn at all: it belongs into a legend or a table as well.
    """
    listed = [(label, list(series)) for label, series in columns]
    whole = bars((label, "", sum(value for _title, value in series)) for label, series in listed)
    return [
        Stack(label, tuple(_parts(series, column.height)))
        for (label, series), column in zip(listed, whole, strict=True)
    ]


def _parts(series: Sequence[tuple[str, int]], height: int) -> Iterable[StackSegment]:
    """Rounded so that the parts fill the height exactly: each edge is rounded, not each part."""
    total, below = sum(value for _title, value in series), 0
    for number, (title, value) in enumerate(series):
        if value:
            low, high = height * below // total, height * (below + value) // total
            below += value
            if high > low:
                yield StackSegment(number, title, TALLEST - high, high - low)
