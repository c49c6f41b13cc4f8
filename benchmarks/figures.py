"""How things are measured: blocks that take turns, ratios within a round, medians over the rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paired:
    """Two ways of doing the same, measured in turns: microseconds each, and the ratio of the second."""

    raw_us: float
    metered_us: float
    ratio: float
    lowest: float
    highest: float

    def row(self, name: str) -> str:
        spread = f"{self.lowest:.2f} to {self.highest:.2f}"
        return f"| {name} | {self.raw_us:,.0f} | {self.metered_us:,.0f} | **{self.ratio:.2f}** | {spread} |"


def paired(raw: Callable[[], None], metered: Callable[[], None], *, rounds: int, repeats: int) -> Paired:
    """`rounds` rounds of one block each, in alternating order; a block is `repeats` calls.

    The spread is that of the middle half of the rounds: on a busy machine the outer ones measure the others.
    """
    blocks: Mapping[str, Callable[[], None]] = {"raw": raw, "metered": metered}
    times: dict[str, list[float]] = {"raw": [], "metered": []}
    for number in range(rounds + 2):
        for name in ("raw", "metered") if number % 2 else ("metered", "raw"):
            started = time.perf_counter()
            blocks[name]()
            times[name].append((time.perf_counter() - started) / repeats * 1e6)
    measured = {name: values[2:] for name, values in times.items()}  # the first two rounds warm up
    pairs = zip(measured["raw"], measured["metered"], strict=True)
    ratios = sorted(second / first for first, second in pairs)
    return Paired(
        raw_us=statistics.median(measured["raw"]),
        metered_us=statistics.median(measured["metered"]),
        ratio=statistics.median(ratios),
        lowest=ratios[len(ratios) // 4],
        highest=ratios[3 * len(ratios) // 4],
    )
