"""The hard limit's verdict on one reservation: plain arithmetic, no database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ppkit.clock import next_month
from ppkit.money import Money
from ppkit.spending.ledger.errors import Blocked, Busy, ReservationRefused
from ppkit.spending.ledger.timestamps import moment_of


class ScopeBalance(NamedTuple):
    """Where one limited scope stands in the month, in pico-dollars, read inside the reserving transaction."""

    scope: str
    soft: int | None
    hard: int | None
    spent: int
    uncertain: int
    reserved: int

    @property
    def counted(self) -> int:
        """Money spent, and what may have been: never under-counted, and no waiting gives it back."""
        return self.spent + self.uncertain


class Grant(NamedTuple):
    """What every scope has room for, in pico-dollars, and whether a soft limit is reached already."""

    amount: int
    reaches_soft_limit: bool


def granted(balances: Iterable[ScopeBalance], ceiling: int, at_least: int, at: str) -> Grant:
    """How much of `ceiling` every scope has room for, never less than `at_least`; all in pico-dollars.
    `at` is the reservation's moment as the ledger writes it.

    Raises Blocked when money spent and what is uncertain alone leave no room for `at_least` in some scope,
    Busy when no scope is blocked and only reservations are in the way.
    """
    amount = ceiling
    busy: ReservationRefused | None = None
    reaches_soft_limit = False
    for balance in balances:
        counted = balance.counted
        reaches_soft_limit |= balance.soft is not None and counted >= balance.soft
        if balance.hard is None:
            continue
        left_by_spent = balance.hard - counted
        if left_by_spent < at_least:
            raise _refusal(Blocked, balance, balance.hard, at_least, at)
        left = left_by_spent - balance.reserved
        if left < at_least:
            busy = busy or _refusal(Busy, balance, balance.hard, at_least, at)
        amount = min(amount, left)
    if busy is not None:
        raise busy
    return Grant(amount, reaches_soft_limit)


def _refusal(
    kind: type[ReservationRefused], balance: ScopeBalance, limit: int, asked: int, at: str
) -> ReservationRefused:
    return kind(
        balance.scope,
        limit=Money(limit),
        spent=Money(balance.spent),
        uncertain=Money(balance.uncertain),
        reserved=Money(balance.reserved),
        asked=Money(asked),
        resets_at=next_month(moment_of(at)),
    )
