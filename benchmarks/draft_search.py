"""Finding a draft among a thousand: what a search, a month's calendar and a list take."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ppkit.clock import ManualClock
from ppkit.drafts.draft_store import DraftStore

DRAFTS = 1_000
REPEATS = 30
WORDS = (
    *(
        "apertura",
        "negozio",
        "sconto",
        "domenica",
        "caffè",
        "nuovo",
        "evento",
        "gratis",
        "prenota",
        "vetrina",
    ),
    *(
        "autunno",
        "famiglia",
        "centro",
        "laboratorio",
        "artigiano",
        "gusto",
        "mare",
        "città",
        "regalo",
        "festa",
    ),
)


def draft_rows(folder: Path) -> list[str]:
    """Rows of a table: what was asked, the median in milliseconds, the range, this process's own work."""
    store = filled_store(folder)
    asked: tuple[tuple[str, Callable[[], object]], ...] = (
        ("search, a rare word", lambda: store.search("inaugurazione500")),
        ("search, two words that many have", lambda: store.search("caffè sconto")),
        ("search, one letter", lambda: store.search("c")),
        ("a month as a calendar", lambda: store.calendar("2026-12")),
        ("the list of all 1,000", store.all),
    )
    return [_row(name, ask) for name, ask in asked]


def filled_store(folder: Path) -> DraftStore:
    """Posts of some sixty words for twenty clients, over four months; the same in every run."""
    chosen = random.Random(7)
    store = DraftStore(folder, ManualClock(datetime(2026, 11, 29, tzinfo=UTC)))
    first = datetime(2026, 11, 1, 9)  # noqa: DTZ001 (the client's hour, without zone)
    for number in range(DRAFTS):
        text = " ".join(chosen.choices(WORDS, k=60))
        store.new(
            f"Argomento {number} inaugurazione{number}",
            {"instagram": text, "facebook": text},
            client=f"Cliente {number % 20}",
            planned=first + timedelta(hours=3 * number),
        )
    return store


def _row(name: str, ask: Callable[[], object]) -> str:
    ask()
    took, worked = [], time.process_time()
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    processor = (time.process_time() - worked) / REPEATS * 1000
    figures = f"{statistics.median(took):.0f} | {min(took):.0f} to {max(took):.0f} | {processor:.0f}"
    return f"| {name} | {figures} |"
