"""A report as a small table of a web page, for a cell of a notebook: no library is needed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ppkit.money import Money

MOST_ROWS = 100
Row = Mapping[str, str | int | None]


def html_table(by: Sequence[str], rows: Sequence[Row]) -> str:
    """The fields asked for, the calls, and what they cost in USD, exact; an ellipsis where there are more."""
    lines = [_line("th", (*by, "calls", "cost"))]
    for row in rows[:MOST_ROWS]:
        cost = Money(int(row["cost_pico_usd"] or 0))
        lines.append(_line("td", (*(row[name] for name in by), row["calls"], cost)))
    if len(rows) > MOST_ROWS:
        lines.append(_line("td", ["…"] * (len(by) + 2)))
    return f'<table class="dataframe">{"".join(lines)}</table>'


def _line(cell: str, texts: Sequence[object]) -> str:
    cells = (f"<{cell}>{'' if text is None else escape(str(text))}</{cell}>" for text in texts)
    return f"<tr>{''.join(cells)}</tr>"
