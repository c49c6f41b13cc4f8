"""Bar charts drawn by a template: the heights here, the SVG in `macros.html` (`ui.bars`)."""

from __future__ import annotations

from collections.abc import Iterable
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
