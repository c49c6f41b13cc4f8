"""The hard limit's verdict on one reservation: plain arithmetic, no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ppkit.money import Money
from ppkit.spending.ledger.errors import Blocked, Busy, ReservationRefused
from ppkit.spending.ledger.limit_periods import kind_of_period, name_of_period, next_start


class ScopeBalance(NamedTuple):
    """Where one limit stands, in pico-dollars, read inside the reserving transaction."""

    scope: str
    period: str
    since: str | None
    soft: int | None
    """The lowest of its thresholds."""
    hard: int | None
    is_kept: int
    """0 where the ledger keeps no sums of this scope in this period yet, so that the zeros below mean
    nothing.
    """
    spent: int
    uncertain: int
    reserved: int

    def sums_named(self, at: str) -> str:
        """The name of the period of this moment, under which its sums are kept."""
        return name_of_period(self.period, self.since, at)

    @property
    def counted(self) -> int:
        """Money spent, and what may have been: never under-counted, and no waiting gives it back."""
        return self.spent + self.uncertain


NEVER = datetime.max.replace(tzinfo=UTC)


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
    blocked: list[ScopeBalance] = []
    busy: list[ScopeBalance] = []
    reaches_soft_limit = False
    for balance in balances:
        counted = balance.counted
        reaches_soft_limit |= balance.soft is not None and counted >= balance.soft
        if balance.hard is None:
            continue
        left_by_spent = balance.hard - counted
        left = left_by_spent - balance.reserved
        if left_by_spent < at_least:
            blocked.append(balance)
        elif left < at_least:
            busy.append(balance)
        amount = min(amount, left)
    if blocked:
        raise _refusal(Blocked, blocked, at_least, at)
    if busy:
        raise _refusal(Busy, busy, at_least, at)
    return Grant(amount, reaches_soft_limit)


def _refusal(
    kind: type[ReservationRefused], refusing: Sequence[ScopeBalance], asked: int, at: str
) -> ReservationRefused:
    """Names the limit that stays in the way the longest: what another one opens is of no use before."""
    name, balance = max(
        ((one.sums_named(at), one) for one in refusing), key=lambda named: next_start(named[0]) or NEVER
    )
    return kind(
        balance.scope,
        limit=Money(balance.hard or 0),
        spent=Money(balance.spent),
        uncertain=Money(balance.uncertain),
        reserved=Money(balance.reserved),
        asked=Money(asked),
        period=kind_of_period(name),
        resets_at=next_start(name),
    )
