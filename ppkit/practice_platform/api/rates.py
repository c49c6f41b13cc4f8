"""Requests, tokens and images a minute or a day: counted for the headers, enforced by a project's limits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from ppkit.practice_platform.database import Database

Unit = Literal["requests", "tokens", "images"]
MINUTE, DAY = 60, 86_400
DEFAULTS = {
    "max_requests_per_1_minute": 30_000,
    "max_tokens_per_1_minute": 150_000_000,
    "max_images_per_1_minute": 1_000,
}
"""High enough to be out of the way; a project's own come on top."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One kind of limit: its name on the wire, what it counts, its window in seconds, what it is called."""

    name: str
    unit: Unit
    window_seconds: int
    called: str


KINDS = (
    RateLimit("max_requests_per_1_minute", "requests", MINUTE, "requests per min (RPM)"),
    RateLimit("max_tokens_per_1_minute", "tokens", MINUTE, "tokens per min (TPM)"),
    RateLimit("max_images_per_1_minute", "images", MINUTE, "images per min (IPM)"),
    RateLimit("max_requests_per_1_day", "requests", DAY, "requests per day (RPD)"),
)


@dataclass(slots=True)
class RateMeter:
    """Counts per project and model within the running minute and day (UTC), in memory."""

    _counts: dict[tuple[str, str, Unit, int], tuple[int, int]] = field(default_factory=dict)

    def used(self, project_id: str, model: str, limit: RateLimit, now: int) -> int:
        """Counted in the running window of this limit; `now` in Unix seconds."""
        key = (project_id, model, limit.unit, limit.window_seconds)
        window, count = self._counts.get(key, (0, 0))
        return count if window == now // limit.window_seconds else 0

    def count(self, project_id: str, model: str, now: int, **units: int) -> None:
        """Add `requests`, `tokens` or `images` to every window that counts them."""
        for limit in KINDS:
            if more := units.get(limit.unit):
                key = (project_id, model, limit.unit, limit.window_seconds)
                self._counts[key] = (
                    now // limit.window_seconds,
                    self.used(project_id, model, limit, now) + more,
                )

    def forget(self) -> None:
        self._counts.clear()


def limits_of(database: Database, project_id: str, model: str) -> dict[str, int]:
    """The limits in force, under the names of the wire (max_requests_per_1_minute …)."""
    row = database.row("SELECT changes FROM rate_limit WHERE project_id = ? AND model = ?", project_id, model)
    return DEFAULTS | json.loads(row[0]) if row else DEFAULTS
