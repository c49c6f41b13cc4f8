"""What the end of a call changes in the sums that count it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ppkit.spending.ledger.periods import Periods


class Sums(NamedTuple):
    """What one call's cost, with its mark, adds to the sums it counts in; pico-dollars."""

    spent: int
    uncertain: int = 0
    estimated: int = 0
    ceiling: int = 0
    overrun: int = 0


def sums_of(cost: int, mark: str | None) -> Sums:
    """What is uncertain is no money spent; every other mark is of a part of what is spent."""
    if mark is None:
        return Sums(cost)
    if mark == "uncertain":
        return Sums(0, cost)
    return Sums(cost)._replace(**{mark: cost})


class Posting(NamedTuple):
    """What an ending adds to the sums of its call's moment, in each of its scopes, and takes from what they
    have reserved; and the periods that count one more call, with its `tokens` (None: it counts nowhere).
    """

    at: str
    scopes: Sequence[str]
    sums: Sums
    held: int
    further: int
    periods: Periods | None
    tokens: Sequence[int]
