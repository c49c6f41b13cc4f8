"""Moments as the ledger writes them: UTC text of one fixed shape, so that sorting text sorts time."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """The moment as "2026-11-23T10:00:00.000000+00:00"."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """What `text_of` wrote, read back."""
    return datetime.fromisoformat(text)
