"""A snapshot drawn by rich, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.watching.ledger_snapshot import LedgerSnapshot
from ppkit.watching.snapshot_text import (
    CALL_COLUMNS,
    MODEL_COLUMNS,
    bar_parts,
    call_cells,
    heading,
    limit_words,
    model_rows,
    period_line,
)

_COLOURS: dict[Mode, str] = {"practice": "black on bright_yellow", "live": "white on red"}
BAR_WIDTH = 40
NUMBERS = frozenset({"cost", "calls", "input_tokens", "output_tokens"})


class WatchScreen:
    """Shows one snapshot after the other in the same place."""

    def __init__(self, live: Live, texts: Texts) -> None:
        self._live = live
        self._texts = texts

    def show(self, snapshot: LedgerSnapshot) -> None:
        self._live.update(Drawing(snapshot, self._texts), refresh=True)


@contextmanager
def watch_screen(texts: Texts, console: Console | None = None) -> Iterator[WatchScreen]:
    """A screen of its own; afterwards the terminal shows again what it showed before."""
    with Live(console=console or Console(highlight=False), screen=True, auto_refresh=False) as live:
        yield WatchScreen(live, texts)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Heading, sums, limits as bars, models and the last calls, one below the other.

    Where the terminal is narrow, the last columns are left out.
    """

    snapshot: LedgerSnapshot
    texts: Texts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        snapshot, texts, width = self.snapshot, self.texts, options.max_width
        yield Text(f" {heading(snapshot, texts)} ", style=_COLOURS[snapshot.mode])
        yield Text(period_line("today", snapshot.today, texts), style="bold")
        yield Text(period_line("month", snapshot.month, texts), style="bold")
        for limit in snapshot.limits:
            yield Text()
            yield _bar(limit, min(BAR_WIDTH, width))
            yield Text(limit_words(limit, texts))
        if snapshot.models:
            yield Text()
            yield _table(MODEL_COLUMNS[: 5 if width >= 64 else 3], model_rows(snapshot, texts), texts)
        if snapshot.latest:
            yield Text()
            calls = [call_cells(call, texts) for call in snapshot.latest]
            yield _table(CALL_COLUMNS[: 7 if width >= 90 else 4], calls, texts)
        yield Text(texts("watching.leave"), style="dim")


def _bar(limit: LimitStatus, width: int) -> Text:
    spent, held, free = bar_parts(limit, width)
    is_full = limit.left is not None and not limit.left
    colour = "red" if is_full else "yellow" if limit.reached else "green"
    return Text.assemble((spent, colour), (held, colour), (free, "dim"))


def _table(names: tuple[str, ...], rows: list[list[str]], texts: Texts) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        justify: JustifyMethod = "right" if name in NUMBERS else "left"
        head = texts(f"watching.column.{name}")
        # Where there is not room for all, the last column gives way.
        cells = [head, *(row[place] for row in rows)]
        width = max(map(cell_len, cells)) if place < len(names) - 1 else None
        made.add_column(head, justify=justify, no_wrap=True, overflow="ellipsis", min_width=width)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row[: len(names)]))  # as text: a tag in brackets is no markup
    return made
