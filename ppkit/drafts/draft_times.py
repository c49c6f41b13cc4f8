"""Hours as people and tables write them: 2026-12-24 09:30, or 24/12/2026 09:30, the day before the month."""

from __future__ import annotations

import re
from datetime import datetime

_YEAR_FIRST = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})")
_DAY_FIRST = re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})")
_HOUR = re.compile(r"(?P<h>\d{1,2})[:.](?P<min>\d{2})(?:[:.]\d{2}(?:\.\d+)?)?")
USUAL_HOUR = (9, 0)
"""Of a day without an hour."""


def hour_meant(text: str) -> datetime | None:
    """The hour on the wall that is written there, without zone; None where it is none."""
    day_part, _, hour_part = re.sub(r"[T\s]+", " ", text.strip()).partition(" ")
    day = _YEAR_FIRST.fullmatch(day_part) or _DAY_FIRST.fullmatch(day_part)
    hour = _HOUR.fullmatch(hour_part)
    if day is None or (hour_part and hour is None):
        return None
    hours, minutes = (int(hour["h"]), int(hour["min"])) if hour else USUAL_HOUR
    try:
        return datetime(int(day["y"]), int(day["m"]), int(day["d"]), hours, minutes)  # noqa: DTZ001
    except ValueError:
        return None
