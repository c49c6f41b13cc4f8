"""Moments as the ledger writes them: UTC text of one fixed shape, so that sorting text sorts time."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """The moment as "2026-11-23T10:00:00.000000+00:00"."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")


def day_in(text: str) -> str:
    """The day of a moment that `text_of` wrote, as "2026-11-23"."""
    return text[:10]


def month_in(text: str) -> str:
    """Its month, as "2026-11"."""
    return text[:7]


def moment_of(text: str) -> datetime:
    """What `text_of` wrote, read back."""
    return datetime.fromisoformat(text)
