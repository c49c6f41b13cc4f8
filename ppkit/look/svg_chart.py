"""A chart as one SVG that needs nothing else: a file of its own, or the figure that a notebook shows.

The text is a reader's or a platform's, so everything is escaped. Widths of words are estimated: an SVG has no
layout, and measuring would need the reader's own typeface.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from ppkit.look.charts import TALLEST
from ppkit.look.stacked_chart import StackedChart

# Each stands out from white and from JupyterLab's dark paper (3:1 at least), so one drawing serves both.
COLOURS = ("#6562e0", "#16938c", "#d0701a", "#c24a99", "#7f8aa3")
STRIPES = (None, "2 6", None, "2 2", "6 2")
"""As in the style sheet: a series is told apart by its stripes too."""


class Ink(NamedTuple):
    """What words are written in."""

    colour: str
    opacity: float = 1.0


INK, SOFT, LINE, PAPER = Ink("#1b2233"), Ink("#525c72"), "#dbe0ea", "#ffffff"
PAGES_INK, PAGES_SOFT = Ink("currentColor"), Ink("currentColor", 0.75)
_WIDTH, _LEFT, _RIGHT, _TOP, _HEIGHT, _LEGEND, _LETTER = 760, 84, 12, 40, 220, 22, 7.2
_FONT = "system-ui, 'Segoe UI', 'Noto Sans', sans-serif"


def svg_of(chart: StackedChart) -> str:
    """A whole file, on white."""
    return _drawn(chart, INK, SOFT, PAPER)


def figure_of(chart: StackedChart) -> str:
    """For a page of a notebook: transparent, its words in the page's own colour.

    Not in JupyterLab's variables: VS Code's widget manager always sets those of the light theme.
    """
    drawn = _drawn(chart, PAGES_INK, PAGES_SOFT, None)
    return f'<figure style="margin:0;max-width:{_WIDTH}px">{drawn}</figure>'


def _drawn(chart: StackedChart, ink: Ink, soft: Ink, paper: str | None) -> str:
    legend, rows = _legend(chart, ink)
    height = _TOP + _HEIGHT + 34 + rows * _LEGEND + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(chart.spoken)}" '
        f'style="max-width:100%;height:auto;font:12.5px {_FONT}">',
        f"<title>{escape(chart.title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="{paper}"/>' if paper else "",
        _text(0, 18, chart.title, ink, weight=600, size=15),
        *_scale(chart, soft),
        *_columns(chart, paper or "none"),
        *_labels(chart, soft),
        *legend,
        "</svg>",
    ]
    return "".join(parts)


def _scale(chart: StackedChart, soft: Ink) -> list[str]:
    lines = [
        f'<path d="M{_LEFT} {_TOP + _HEIGHT * share / 3:.1f}H{_WIDTH - _RIGHT}" stroke="{LINE}" '
        f'stroke-opacity=".6"/>'
        for share in range(3)
    ]
    foot = f'<path d="M{_LEFT} {_TOP + _HEIGHT}H{_WIDTH - _RIGHT}" stroke="{COLOURS[-1]}"/>'
    top = _text(_LEFT - 8, _TOP + 9, chart.top, soft, anchor="end")
    return [*lines, foot, top, _text(_LEFT - 8, _TOP + _HEIGHT, "0", soft, anchor="end")]


def _columns(chart: StackedChart, paper: str) -> list[str]:
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(chart.columns), 1)
    width = min(step * 0.8, 64)
    drawn = []
    for number, stack in enumerate(chart.stacks):
        left = _LEFT + step * number + (step - width) / 2
        for part in stack.parts:
            top, tall = (_HEIGHT * size / TALLEST for size in (part.top, part.height))
            drawn.append(
                f'<g><title>{escape(part.title)}</title><rect x="{left:.1f}" y="{_TOP + top:.1f}" '
                f'width="{width:.1f}" height="{tall:.1f}" fill="{COLOURS[part.series]}" stroke="{paper}"/>'
                f"{_stripes(part.series, left + width / 2, _TOP + top, tall, width)}</g>"
            )
    return drawn


def _stripes(series: int, middle: float, top: float, tall: float, width: float) -> str:
    pattern = STRIPES[series]
    if pattern is None:
        return ""
    return (
        f'<path d="M{middle:.1f} {top:.1f}v{tall:.1f}" stroke="#ffffff" stroke-opacity=".75" '
        f'stroke-width="{width:.1f}" stroke-dasharray="{pattern}"/>'
    )


def _labels(chart: StackedChart, soft: Ink) -> list[str]:
    """As many as fit beside each other."""
    count = len(chart.columns)
    if not count:
        return []
    step = (_WIDTH - _LEFT - _RIGHT) / count
    longest = max(len(column) for column in chart.columns) * _LETTER + 12
    every = max(1, -int(-longest // step))
    return [
        _text(_LEFT + step * (number + 0.5), _TOP + _HEIGHT + 18, chart.columns[number], soft, "middle")
        for number in range(0, count, every)
    ]


def _legend(chart: StackedChart, ink: Ink) -> tuple[list[str], int]:
    """The names with their amounts, in rows; and how many rows."""
    drawn, left, row, top = [], float(_LEFT), 0, _TOP + _HEIGHT + 34
    for number, (name, amount) in enumerate(chart.legend):
        words = f"{name if len(name) <= 48 else name[:47] + '…'}  {amount}"
        wide = 26 + len(words) * _LETTER
        if left > _LEFT and left + wide > _WIDTH:
            left, row = float(_LEFT), row + 1
        at = top + row * _LEGEND
        drawn.append(f'<rect x="{left}" y="{at}" width="12" height="14" fill="{COLOURS[number]}"/>')
        drawn.append(_stripes(number, left + 6, at, 14, 12))
        drawn.append(_text(left + 20, at + 12, words, ink))
        left += wide
    return drawn, row + 1 if chart.series else 0


def _text(
    left: float,
    base: float,
    words: str,
    ink: Ink,
    anchor: str = "start",
    *,
    weight: int = 400,
    size: float = 12.5,
) -> str:
    opacity = f' fill-opacity="{ink.opacity}"' if ink.opacity < 1 else ""
    return (
        f'<text x="{left:.1f}" y="{base:.1f}" fill="{ink.colour}"{opacity} text-anchor="{anchor}" '
        f'font-weight="{weight}" font-size="{size}">{escape(words)}</text>'
    )
