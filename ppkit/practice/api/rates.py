"""Requests and tokens a minute: counted for the headers, enforced only where a project's limits were
lowered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from ppkit.practice.database import Database

DEFAULT_REQUESTS = 30_000
DEFAULT_TOKENS = 150_000_000
DEFAULT_IMAGES = 1_000


@dataclass(slots=True)
class RateMeter:
    """Counts per project and model within the running minute, in memory."""

    _minutes: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)

    def used(self, project_id: str, model: str, now: int) -> tuple[int, int]:
        """(requests, tokens) counted in this minute; `now` in Unix seconds."""
        minute, requests, tokens = self._minutes.get((project_id, model), (0, 0, 0))
        return (requests, tokens) if minute == now // 60 else (0, 0)

    def count(self, project_id: str, model: str, now: int, *, requests: int = 0, tokens: int = 0) -> None:
        before = self.used(project_id, model, now)
        self._minutes[project_id, model] = (now // 60, before[0] + requests, before[1] + tokens)


def limits_of(database: Database, project_id: str, model: str) -> dict[str, int]:
    """The limits in force, under the names of the wire (max_requests_per_1_minute …)."""
    limits = {
        "max_requests_per_1_minute": DEFAULT_REQUESTS,
        "max_tokens_per_1_minute": DEFAULT_TOKENS,
        "max_images_per_1_minute": DEFAULT_IMAGES,
    }
    row = database.row("SELECT changes FROM rate_limit WHERE project_id = ? AND model = ?", project_id, model)
    return limits | json.loads(row[0]) if row else limits
