"""How things are measured: blocks that take turns, ratios within a round, medians over the rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paired:
    """Two ways of doing the same, measured in turns: microseconds each, and the ratio of the second.

    `processor_ratio` compares the processor time of this process, which other work disturbs less.
    """

    raw_us: float
    metered_us: float
    ratio: float
    lowest: float
    highest: float
    processor_ratio: float

    def row(self, name: str) -> str:
        spread = f"{self.lowest:.2f} to {self.highest:.2f}"
        times = f"{self.raw_us:,.0f} | {self.metered_us:,.0f}"
        return f"| {name} | {times} | **{self.ratio:.2f}** | {spread} | {self.processor_ratio:.2f} |"


def paired(raw: Callable[[], None], metered: Callable[[], None], *, rounds: int, repeats: int) -> Paired:
    """`rounds` rounds of one block each, in alternating order; a block is `repeats` calls.

    The spread is that of the middle half of the rounds: on a busy machine the outer ones measure the others.
    """
    blocks = (raw, metered)
    rows: list[list[tuple[float, float]]] = []
    for number in range(rounds + 2):
        row = [(0.0, 0.0)] * 2
        for which in (0, 1) if number % 2 else (1, 0):
            row[which] = _timed(blocks[which], repeats)
        rows.append(row)
    measured = rows[2:]  # the first two rounds warm up
    ratios = sorted(second[0] / first[0] for first, second in measured)
    return Paired(
        raw_us=statistics.median(first[0] for first, _ in measured),
        metered_us=statistics.median(second[0] for _, second in measured),
        ratio=statistics.median(ratios),
        lowest=ratios[len(ratios) // 4],
        highest=ratios[3 * len(ratios) // 4],
        processor_ratio=statistics.median(second[1] / first[1] for first, second in measured),
    )


def _timed(block: Callable[[], None], repeats: int) -> tuple[float, float]:
    """Microseconds on the clock and of this process's processor time, for one of the block's calls."""
    started, worked = time.perf_counter(), time.process_time()
    block()
    clock, processor = time.perf_counter() - started, time.process_time() - worked
    return clock / repeats * 1e6, processor / repeats * 1e6
