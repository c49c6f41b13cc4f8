"""`python -m benchmarks.growth [CALLS]`: what reports and calls take as the ledger grows.

Writes its figures and their curve into docs/performance.md.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.books import ENDPOINT, KEYS, LAST_MOMENT, MODELS, client_of, fill, key_of, model_of
from benchmarks.figures import paired
from benchmarks.page import replace_part
from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger, open_ledger
from ppkit.spending.usage import Usage

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
REPEATS, PAIRS, ROUNDS = 5, 100, 30
MONTH = ("2026-11-01", "2026-11-30")


@dataclass(frozen=True, slots=True)
class View:
    """A question, and the milliseconds in which its table is to be there, of ten million calls."""

    name: str
    by: tuple[str, ...]
    wanted_ms: int
    month_only: bool = False

    def milliseconds(self, ledger: Ledger) -> float:
        since, until = MONTH if self.month_only else (None, None)
        return statistics.median(
            _milliseconds(lambda: ledger.report(self.by, since, until).to_frame()) for _ in range(REPEATS)
        )


VIEWS = (
    View("a month by model", ("model",), 5, month_only=True),
    View("a month by day, model and key", ("day", "model", "key"), 40, month_only=True),
    View("24 months by day", ("day",), 60),
    View("24 months by model", ("model",), 100),
    View("24 months by key", ("key",), 100),
    View("24 months by day, model and key", ("day", "model", "key"), 1000),
)


def _milliseconds(work: Callable[[], object]) -> float:
    """Of the processor: other work on the machine disturbs it less, and a local file is hardly waited for."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


@dataclass(frozen=True, slots=True)
class Grown:
    """What was measured at one size."""

    calls: int
    bytes_a_call: float
    views_ms: list[float]
    pair_us: float
    pair_ratio: float


def measured(folder: Path, calls: int) -> Grown:
    """Fill a ledger, then ask it; a reservation and its settlement take turns with those of an empty one."""
    path = folder / f"{calls}.sqlite3"
    fill(path, calls)
    clock = ManualClock(LAST_MOMENT)
    full, empty = (
        open_ledger(f"sqlite:///{each}", clock) for each in (path, folder / f"empty-{calls}.sqlite3")
    )
    VIEWS[0].milliseconds(full)  # loads pandas
    views = [view.milliseconds(full) for view in VIEWS]
    both = paired(_pairs(empty), _pairs(full), rounds=ROUNDS, repeats=PAIRS)
    full.close()
    empty.close()
    size = path.stat().st_size / calls
    path.unlink()
    return Grown(calls, size, views, both.metered_us, both.ratio)


def _pairs(ledger: Ledger) -> Callable[[], None]:
    """A block of calls, each reserved and settled under a hard limit, of all series in turn."""
    Budget(ledger).set(hard="1000000")
    numbers = iter(range(10**9))

    def block() -> None:
        for _ in range(PAIRS):
            number = next(numbers)
            series = number * 617 % (MODELS * KEYS) + 1
            at = int(LAST_MOMENT.timestamp() * 1000) + number
            tags = {"client": client_of(series)}
            call = Call(
                f"ppkit-{at:012x}-{os.urandom(10).hex()}", model_of(series), key_of(series), ENDPOINT, tags
            )
            ledger.reserve(call, Money(10**9))
            ledger.settle(call.id, Money(10**8), Usage(1000, 100))

    return block


def page_of(grown: list[Grown]) -> str:
    """The figures as Markdown: a table, and a curve for every view."""
    sizes = " | ".join(f"{one.calls:,}" for one in grown)
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} "
        "at the end.",
        "",
        f"| calls in the ledger | {sizes} | wanted |",
        "|---|" + "---|" * (len(grown) + 1),
    ]
    for place, view in enumerate(VIEWS):
        times = " | ".join(f"{one.views_ms[place]:,.1f}" for one in grown)
        lines.append(f"| {view.name}, ms | {times} | {view.wanted_ms:,} |")
    lines += [
        f"| bytes a call | {' | '.join(f'{one.bytes_a_call:,.0f}' for one in grown)} | 250 |",
        f"| reserve and settle, µs | {' | '.join(f'{one.pair_us:,.0f}' for one in grown)} | |",
        f"| times an empty ledger's | {' | '.join(f'{one.pair_ratio:.2f}' for one in grown)} | 1.1 |",
        "",
        "```mermaid",
        "xychart-beta",
        '  title "Milliseconds to a DataFrame, without the longest question"',
        "  x-axis [" + ", ".join(f'"{one.calls:,}"' for one in grown) + "]",
        '  y-axis "ms"',
        *(
            f"  line [{', '.join(f'{one.views_ms[place]:.1f}' for one in grown)}]"
            for place in range(len(VIEWS) - 1)
        ),
        "```",
    ]
    return "\n".join(lines)


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    grown = []
    with tempfile.TemporaryDirectory() as folder:
        for calls in SIZES:
            if calls <= most:
                grown.append(measured(Path(folder), calls))
                print(grown[-1], flush=True)
    measured_page = page_of(grown)
    print(measured_page)
    replace_part("growth", measured_page)


if __name__ == "__main__":
    main()
