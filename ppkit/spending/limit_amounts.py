"""What somebody types as a limit: amounts, percentages of the hard one, the moment a total begins at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Final

from ppkit.keys.key_refusal import refuse_keys
from ppkit.money import Money
from ppkit.spending.ledger.errors import (
    LimitNegative,
    LimitNotAnAmount,
    LimitTooLarge,
    NotAStart,
    PercentWithoutLimit,
)
from ppkit.spending.ledger.values import LARGEST_PICO_USD

LimitAmount = Money | str | int | Decimal | None
Start = datetime | date | str

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%")


class Keep(Enum):
    """Leave a limit as it is, where None would clear it."""

    AS_IS = "as is"


AS_IS: Final = Keep.AS_IS

SoftAmounts = LimitAmount | Iterable[LimitAmount]
"""One threshold or several: amounts, or shares of the hard limit like "80%"."""


def amount_of(asked: LimitAmount) -> Money | None:
    """Raises InvalidLimit, KeyInText."""
    refuse_keys("limit", asked)
    if asked is None:
        return None
    if isinstance(asked, bool | float):
        raise LimitNotAnAmount(value=asked)
    if not isinstance(asked, Money):
        try:
            asked = Money.usd(asked)
        except ValueError as error:
            raise LimitNotAnAmount(value=asked) from error
    if asked.pico_usd < 0:
        raise LimitNegative(limit=asked)
    if asked.pico_usd > LARGEST_PICO_USD:
        raise LimitTooLarge(limit=asked, largest=Money(LARGEST_PICO_USD))
    return asked


def asked_thresholds(soft: SoftAmounts) -> tuple[LimitAmount, ...]:
    """One or several as they were given."""
    if soft is None or isinstance(soft, Money | str | int | float | Decimal):
        return () if soft is None else (soft,)
    return tuple(soft)


def thresholds_of(asked: Iterable[LimitAmount], hard: Money | None) -> tuple[Money, ...]:
    """Amounts, each once, the lowest first; a percentage is that share of the hard limit as it is now.

    Raises InvalidLimit, KeyInText.
    """
    found = {_threshold(one, hard) for one in asked}
    return tuple(sorted(amount for amount in found if amount is not None))


def _threshold(asked: LimitAmount, hard: Money | None) -> Money | None:
    percent = _PERCENT.fullmatch(asked.strip()) if isinstance(asked, str) else None
    if percent is None:
        return amount_of(asked)
    if hard is None:
        raise PercentWithoutLimit(value=asked)
    return Money(int(hard.pico_usd * Fraction(percent[1]) / 100))


def start_of(since: Start, now: datetime) -> datetime:
    """The moment; a day begins at its midnight, and what names no zone is UTC. Raises NotAStart."""
    moment = _moment(since)
    if moment is None or moment > now:
        raise NotAStart(value=since)
    return moment


def _moment(since: Start) -> datetime | None:
    if isinstance(since, str):
        refuse_keys("limit", since)
        try:
            since = datetime.fromisoformat(since.strip())
        except ValueError:
            return None
    if not isinstance(since, datetime):
        since = datetime.combine(since, time(), UTC)
    try:
        return since.replace(tzinfo=UTC) if since.tzinfo is None else since.astimezone(UTC)
    except OverflowError:  # in the first or the last hours that there are
        return None
