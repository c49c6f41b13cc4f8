"""The practice clock: the real hour plus an offset that people move forward, stored with the data.

The offset is also kept in a small file beside the data: a ledger next to the platform reads it at
each call, and that costs no request.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ppkit.clock import Clock, next_month
from ppkit.files import write_private
from ppkit.practice_platform.address import OFFSET_SUFFIX
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import InvalidStep

OFFSET = "clock_offset_seconds"
CENTURY = timedelta(days=36525)


class PracticeClock:
    """A Clock whose `now` runs ahead of another clock by a stored offset."""

    def __init__(self, base: Clock, database: Database) -> None:
        self._base = base
        self._database = database
        self._offset_seconds = int(database.note(OFFSET) or 0)
        self._tell()

    @property
    def offset(self) -> timedelta:
        return timedelta(seconds=self._offset_seconds)

    def now(self) -> datetime:
        return self._base.now() + self.offset

    def real_now(self) -> datetime:
        """The hour without what people moved it by: what an HTTP answer is dated with."""
        return self._base.now()

    def timestamp(self) -> int:
        """Whole Unix seconds, the unit of the database and of the wire."""
        return int(self.now().timestamp())

    def monotonic(self) -> float:
        return self._base.monotonic()

    def sleep(self, seconds: float) -> None:
        self._base.sleep(seconds)

    def advance(self, step: timedelta) -> datetime:
        """Move forward and remember it. Raises InvalidStep unless it leads forward, and in all steps together
        by less than a century: beyond the year 9999 there is no hour to show.
        """
        if not timedelta(0) < step < CENTURY - self.offset:
            raise InvalidStep()
        seconds = self._offset_seconds + -(-step // timedelta(seconds=1))  # rounded up: a step always moves
        self._database.set_note(OFFSET, str(seconds))
        self._offset_seconds = seconds
        self._tell()
        return self.now()

    def advance_to_next_month(self) -> datetime:
        now = self.now()
        return self.advance(next_month(now) - now)

    def forget(self) -> None:
        """Back to the real hour, after the data has been cleared."""
        self._offset_seconds = 0
        self._tell()

    def _tell(self) -> None:
        if self._database.path == ":memory:":
            return
        beside = Path(self._database.path).with_suffix(OFFSET_SUFFIX)
        write_private(beside, f"{self._offset_seconds}\n".encode())
        # The hour is no secret. On a class's host the learner's ledger reads it under another account.
        beside.chmod(0o644)


def moment(seconds: int) -> datetime:
    """Unix seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)
