"""Moments as the ledger writes them: UTC text of one fixed shape, so that sorting text sorts time."""

from __future__ import annotations

from datetime import UTC, datetime

DAY, MONTH = slice(10), slice(7)
"""Of a moment that `text_of` wrote: "2026-11-23" and "2026-11"."""


def text_of(moment: datetime) -> str:
    """The moment as "2026-11-23T10:00:00.000000+00:00"."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")


def texts_of(*moments: datetime) -> list[str]:
    """Each moment as text."""
    return [text_of(moment) for moment in moments]


def moment_of(text: str) -> datetime:
    """What `text_of` wrote, read back."""
    return datetime.fromisoformat(text)
