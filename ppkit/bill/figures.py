"""What the platform tells of usage and costs: sums by day (UTC), model or line item, and key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from ppkit.spending.price_list import DATED

Dataset = Literal[
    "costs", "completions", "embeddings", "images", "moderations", "audio_speeches", "audio_transcriptions"
]
"""Costs, and usage by kind of request, as the platform separates them."""

DATASETS: tuple[Dataset, ...] = get_args(Dataset)
USAGE = DATASETS[1:]

FINAL_AFTER = timedelta(hours=24)
"""So long after its end a day is taken for complete: the platform's figures come minutes to hours late."""

LARGEST = 2**63 - 1  # what a column holds


@dataclass(frozen=True, slots=True)
class Figure:
    """One sum. `item` is a model, of costs a line item such as "gpt-6-luna, input_tokens"; "" where the
    platform was not asked by model. `key_id` is the platform's id of a key; "" where it was not asked by key.
    """

    dataset: Dataset
    day: date
    item: str
    key_id: str = ""
    pico_usd: int = 0
    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    images: int = 0

    def __add__(self, other: Figure) -> Figure:
        """The sum of two about the same thing."""
        return Figure(
            self.dataset,
            self.day,
            self.item,
            self.key_id,
            self.pico_usd + other.pico_usd,
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.output_tokens + other.output_tokens,
            self.images + other.images,
        )

    @property
    def model(self) -> str | None:
        """The model that this is about, without a snapshot's date; None for a tool's fee."""
        if self.dataset != "costs" or not self.item:
            return base_model(self.item)
        model, comma, _ = self.item.partition(",")
        return base_model(model.strip()) if comma else None


def base_model(name: str) -> str:
    """A dated snapshot's model; every other name as it is."""
    dated = DATED.fullmatch(name)
    return dated[1] if dated else name


def added_up(figures: Iterable[Figure]) -> list[Figure]:
    """One figure for each day, item and key of a dataset."""
    sums: dict[tuple[str, date, str, str], Figure] = {}
    for figure in figures:
        place = (figure.dataset, figure.day, figure.item, figure.key_id)
        sums[place] = sums[place] + figure if place in sums else figure
    return list(sums.values())


def is_final(day: date, told_at: datetime) -> bool:
    """Whether what was told then of this day is taken for complete."""
    return told_at >= datetime.combine(day, time(), UTC) + timedelta(days=1) + FINAL_AFTER
