"""Moments as the ledger writes them: UTC text of one fixed shape, so that sorting text sorts time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

DAY, MONTH = slice(10), slice(7)
"""Of a moment that `text_of` wrote: "2026-11-23" and "2026-11"."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


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


def micros_of(text: str) -> int:
    """The same moment in microseconds since 1970: what an entry keeps, in a quarter of the room."""
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND


def text_of_micros(micros: int) -> str:
    """What `micros_of` counted, written as `text_of` does."""
    return text_of(_EPOCH + timedelta(microseconds=micros))
