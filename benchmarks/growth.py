"""`python -m benchmarks.growth`: what reports and calls take as the ledger grows; `--help` names the options.

Writes its figures and their curve into docs/performance.md; with the option those of PostgreSQL, which are
measured on the server that PPKIT_TEST_POSTGRES_URL names, or on one that is started for it, on the disk.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.books import (
    ENDPOINT,
    KEYS,
    LAST_MOMENT,
    MODELS,
    client_of,
    fill,
    fill_postgres,
    key_of,
    model_of,
)
from benchmarks.figures import Paired, paired
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
class Taken:
    """Milliseconds, of processor time and on the clock. Other work on the machine disturbs the first less."""

    processor: float
    clock: float

    def __str__(self) -> str:
        return f"{self.processor:,.1f} ({self.clock:,.1f})"


@dataclass(frozen=True, slots=True)
class View:
    """A question, and the milliseconds in which its table is to be there, of ten million calls."""

    name: str
    by: tuple[str, ...]
    wanted_ms: int
    month_only: bool = False

    def taken(self, ledger: Ledger, spent: Callable[[], float]) -> Taken:
        since, until = MONTH if self.month_only else (None, None)
        return median_taken(lambda: ledger.report(self.by, since, until).to_frame(), spent=spent)


def median_taken(
    work: Callable[[], object], repeats: int = REPEATS, spent: Callable[[], float] = time.process_time
) -> Taken:
    """Of several times. `spent` tells the seconds of processor time so far."""
    times = []
    for _ in range(repeats):
        started, worked = time.perf_counter(), spent()
        work()
        times.append((spent() - worked, time.perf_counter() - started))
    processor, clock = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    return Taken(processor, clock)


VIEWS = (
    View("a month by model", ("model",), 5, month_only=True),
    View("a month by day, model and key", ("day", "model", "key"), 40, month_only=True),
    View("24 months by day", ("day",), 60),
    View("24 months by model", ("model",), 100),
    View("24 months by key", ("key",), 100),
    View("24 months by day, model and key", ("day", "model", "key"), 1000),
)


@dataclass(frozen=True, slots=True)
class Grown:
    """What was measured at one size."""

    calls: int
    bytes_a_call: float
    views: list[Taken]
    pair: Paired


def on_sqlite(folder: Path, calls: int) -> Grown:
    """Fill a file, unless it is there from another time, then ask it."""
    path = folder / f"{calls}.sqlite3"
    if not path.exists():
        fill(path, calls)
    size = path.stat().st_size
    with tempfile.TemporaryDirectory() as other:
        return _measured(f"sqlite:///{path}", f"sqlite:///{other}/empty.sqlite3", calls, size)


def on_postgres(server: Server, calls: int) -> Grown:
    """Fill a database, then ask it."""
    from postgres_server import new_database

    with new_database(server.url) as empty_url, new_database(server.url) as url:
        return _measured(url, empty_url, calls, fill_postgres(url, calls), server.spent)


def _measured(
    url: str, empty_url: str, calls: int, size: int, spent: Callable[[], float] = time.process_time
) -> Grown:
    """A reservation and its settlement take turns with those of an empty ledger."""
    clock = ManualClock(LAST_MOMENT)
    with ExitStack() as opened:
        full, empty = (open_ledger(each, clock) for each in (url, empty_url))
        opened.callback(full.close)
        opened.callback(empty.close)
        VIEWS[0].taken(full, spent)  # loads pandas
        views = [view.taken(full, spent) for view in VIEWS]
        pair = paired(_pairs(empty), _pairs(full), rounds=ROUNDS, repeats=PAIRS)
    return Grown(calls, size / calls, views, pair)


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server, and its first process where that is on this machine and ours."""

    url: str
    process: psutil.Process | None = None

    def spent(self) -> float:
        """Seconds of processor time so far: of this process, and of all that the server has started."""
        own = time.process_time()
        if self.process is None:
            return own
        gone = self.process.cpu_times()
        total = own + gone.children_user + gone.children_system
        for child in self.process.children():
            with suppress(psutil.Error):
                times = child.cpu_times()
                total += times.user + times.system
        return total


@contextmanager
def a_server() -> Iterator[Server]:
    """The one that PPKIT_TEST_POSTGRES_URL names, else one of ours, which waits for no disk."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    from postgres_server import FAST, GIVEN_URL, PostgresServer

    if GIVEN_URL:
        yield Server(GIVEN_URL)
        return
    server = PostgresServer({**FAST, "shared_buffers": "512MB"}, parent=tempfile.gettempdir())
    try:
        yield Server(server.url, psutil.Process(server.pid))
    finally:
        server.close()


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


def page_of(grown: list[Grown], *, curve: bool) -> str:
    """The figures as Markdown: a table, and a curve for every view."""
    sizes = " | ".join(f"{one.calls:,}" for one in grown)
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} "
        "at the end. In brackets: on the clock.",
        "",
        f"| calls in the ledger | {sizes} | wanted |",
        "|---|" + "---|" * (len(grown) + 1),
    ]
    for place, view in enumerate(VIEWS):
        times = " | ".join(str(one.views[place]) for one in grown)
        lines.append(f"| {view.name}, ms | {times} | {view.wanted_ms:,} |")
    pairs = " | ".join(f"{one.pair.metered_us:,.0f}" for one in grown)
    ratios = " | ".join(f"{one.pair.processor_ratio:.2f} ({one.pair.ratio:.2f})" for one in grown)
    lines += [
        f"| bytes a call | {' | '.join(f'{one.bytes_a_call:,.0f}' for one in grown)} | 250 |",
        f"| reserve and settle, µs on the clock | {pairs} | |",
        f"| times an empty ledger's | {ratios} | 1.1 |",
    ]
    return "\n".join([*lines, *(_curve(grown) if curve else [])])


def _curve(grown: list[Grown]) -> list[str]:
    return [
        "",
        "```mermaid",
        "xychart-beta",
        '  title "Milliseconds to a DataFrame, without the longest question"',
        "  x-axis [" + ", ".join(f'"{one.calls:,}"' for one in grown) + "]",
        '  y-axis "ms"',
        *(
            f"  line [{', '.join(f'{one.views[place].processor:.1f}' for one in grown)}]"
            for place in range(len(VIEWS) - 1)
        ),
        "```",
    ]


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("calls", nargs="?", type=int, default=SIZES[-1], help="of the largest ledger")
    parser.add_argument("--postgres", action="store_true", help="measure PostgreSQL instead of SQLite")
    parser.add_argument("--keep", type=Path, help="a folder in which SQLite's ledgers stay for another time")
    asked = parser.parse_args()
    grown = []
    with ExitStack() as opened:
        server = opened.enter_context(a_server()) if asked.postgres else None
        folder = asked.keep or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        for calls in [size for size in SIZES if size <= asked.calls]:
            grown.append(on_sqlite(folder, calls) if server is None else on_postgres(server, calls))
            print(grown[-1], flush=True)
    measured_page = page_of(grown, curve=not asked.postgres)
    print(measured_page)
    replace_part("growth on PostgreSQL" if asked.postgres else "growth", measured_page)


if __name__ == "__main__":
    main()
