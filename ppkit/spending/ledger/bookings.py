"""What happens to money inside one transaction: reserve, then settle, release or expire.

Every function here is called with an open transaction and leaves the books right: entries, open reservations,
month sums, the daily roll-up and queued alerts change together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal, NamedTuple

from ppkit.spending.ledger.errors import AlreadyEnded, DuplicateCall, UnknownCall
from ppkit.spending.ledger.judgement import Standing, granted_amount
from ppkit.spending.ledger.moments import day_in, month_in, text_of
from ppkit.spending.ledger.outbox import queue_alerts
from ppkit.spending.ledger.packing import packed_tags, unpacked_tags
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.values import COUNTED_AT_MOST, Call, Mark

Ending = Literal["settle", "release", "expire"]


class Asking(NamedTuple):
    """A reservation somebody asks for; amounts in pico-dollars, moments as `text_of` writes them."""

    call: Call
    ceiling: int
    at_least: int
    at: str
    expires_at: str
    owner: str


class Ended(NamedTuple):
    """How a reservation ends; the cost in pico-dollars, usage and cost parts packed as JSON."""

    call_id: str
    kind: Ending
    at: datetime
    cost: int | None
    """None: whatever was reserved."""
    mark: Mark | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    usage: str | None = None
    cost_parts: str | None = None


# What every call runs takes its parameters by position: binding by name was measurably slower.

RESERVE_ENTRY = """
INSERT INTO entry (call_id, ends, kind, at, pico_usd, model, key, endpoint, tags)
VALUES (?, 0, 'reserve', ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

OPEN_RESERVATION = """
INSERT INTO open_reservation (call_id, month, day, pico_usd, model, key, tags, owner, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""

CLOSE_RESERVATION = """
DELETE FROM open_reservation WHERE call_id = ? RETURNING month, day, pico_usd, model, key, tags"""

ENDING_ENTRY = """
INSERT INTO entry (call_id, ends, kind, at, pico_usd, mark, cost_parts, usage)
VALUES (?, 1, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

ENDING_KIND = "SELECT kind FROM entry WHERE call_id = ? AND ends = 1"

DAILY = """
INSERT INTO daily (day, model, key, tags, calls, input_tokens, output_tokens, cost_pico_usd)
VALUES (?, ?, ?, ?, 1, ?, ?, ?)
ON CONFLICT (day, model, key, tags) DO UPDATE SET calls = calls + 1,
  input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
  cost_pico_usd = cost_pico_usd + excluded.cost_pico_usd"""

PAST_RESERVATIONS = "SELECT call_id FROM open_reservation WHERE expires_at <= :now"

GIVE_UP = "UPDATE open_reservation SET expires_at = :now WHERE call_id = :call_id"

OWNERS = "SELECT DISTINCT owner FROM open_reservation"

RESERVATIONS_OF = "SELECT call_id FROM open_reservation WHERE owner = :owner"


def reserve(tx: Transaction, asking: Asking) -> int:
    """Write the reservation if every scope has room for it; returns the pico-dollars granted.

    Raises Blocked, Busy, DuplicateCall, AmountTooLarge; then nothing is written.
    """
    call, at, scopes = asking.call, asking.at, asking.call.scopes
    month = month_in(at)
    by_scope = [value for scope in scopes for value in (month, scope)]
    standings = [Standing(*row) for row in tx.execute(_standings_sql(len(scopes)), by_scope).fetchall()]
    amount = granted_amount(standings, asking.ceiling, asking.at_least, at)
    model, key, tags = call.model, call.key, packed_tags(call.tags)
    if not tx.execute(RESERVE_ENTRY, (call.id, at, amount, model, key, call.endpoint, tags)).rowcount:
        raise DuplicateCall(call_id=call.id)
    opened = (call.id, month, day_in(at), amount, model, key, tags, asking.owner, asking.expires_at)
    tx.execute(OPEN_RESERVATION, opened)
    tx.execute(_hold_sql(len(scopes)), [value for scope in scopes for value in (month, scope, amount)])
    for standing in standings:
        if standing.soft is not None and standing.spent >= standing.soft:
            queue_alerts(tx, month, scopes, at)
            break
    return amount


def end(tx: Transaction, ended: Ended) -> None:
    """Settle, release or expire one reservation. Raises AlreadyEnded or UnknownCall."""
    found = tx.execute(CLOSE_RESERVATION, (ended.call_id,)).fetchall()
    if not found:
        raise _not_open(tx, ended.call_id)
    month, day, reserved, model, key, tags = found[0]
    cost = reserved if ended.cost is None else ended.cost
    mark: Mark | None = "overrun" if cost > reserved and ended.mark is None else ended.mark
    entry = (ended.call_id, ended.kind, text_of(ended.at), cost, mark, ended.cost_parts, ended.usage)
    if not tx.execute(ENDING_ENTRY, entry).rowcount:
        raise _not_open(tx, ended.call_id)
    counted = ended.kind != "release"
    unknown = cost if mark in COUNTED_AT_MOST else 0
    scopes = scopes_of(key, unpacked_tags(tags))
    charge = (cost, reserved, unknown, int(counted), month, *scopes)
    alarms = tx.execute(_charge_sql(len(scopes)), charge).fetchall()
    if counted:
        tx.execute(DAILY, (day, model, key, tags, ended.input_tokens, ended.output_tokens, cost))
        if any(reached for (reached,) in alarms):
            queue_alerts(tx, month, scopes, text_of(ended.at))


def give_up(tx: Transaction, call_id: str, at: datetime) -> None:
    """The reservation's time is over; nothing happens when it has ended."""
    tx.execute(GIVE_UP, {"now": text_of(at), "call_id": call_id})


def expire(tx: Transaction, at: datetime, dead_owners: Sequence[str]) -> int:
    """Count at its ceiling, marked unknown, every reservation whose time or whose owner is over."""
    found = tx.execute(PAST_RESERVATIONS, {"now": text_of(at)}).fetchall()
    for owner in dead_owners:
        found += tx.execute(RESERVATIONS_OF, {"owner": owner}).fetchall()
    call_ids = dict.fromkeys(call_id for (call_id,) in found)
    for call_id in call_ids:
        end(tx, Ended(call_id, "expire", at, cost=None, mark="unknown"))
    return len(call_ids)


def owners(tx: Transaction) -> list[str]:
    """The processes that have reservations open."""
    return [owner for (owner,) in tx.execute(OWNERS).fetchall()]


def _not_open(tx: Transaction, call_id: str) -> AlreadyEnded | UnknownCall:
    ending = tx.execute(ENDING_KIND, (call_id,)).fetchone()
    return AlreadyEnded(call_id=call_id, kind=ending[0]) if ending else UnknownCall(call_id=call_id)


# The statements below differ only in how many scopes they name; no value is ever written into their text.


@cache
def _standings_sql(count: int) -> str:
    # One look-up per scope: for an IN, SQLite would fill a table of its own first.
    one = """
SELECT spending_limit.scope, soft_pico_usd, hard_pico_usd,
       coalesce(spent_pico_usd, 0), coalesce(reserved_pico_usd, 0)
FROM spending_limit LEFT JOIN month ON month.month = ? AND month.scope = spending_limit.scope
WHERE spending_limit.scope = ?"""
    return " UNION ALL ".join([one] * count)


@cache
def _hold_sql(count: int) -> str:
    rows = ", ".join(["(?, ?, 0, ?, 0, 0)"] * count)
    return f"""
INSERT INTO month (month, scope, spent_pico_usd, reserved_pico_usd, unknown_pico_usd, calls) VALUES {rows}
ON CONFLICT (month, scope) DO UPDATE SET reserved_pico_usd = reserved_pico_usd + excluded.reserved_pico_usd"""  # noqa: S608


@cache
def _charge_sql(count: int) -> str:
    """Tells of each scope whether its soft limit is reached: most often there is nothing to queue."""
    return f"""
UPDATE month SET spent_pico_usd = spent_pico_usd + ?, reserved_pico_usd = reserved_pico_usd - ?,
  unknown_pico_usd = unknown_pico_usd + ?, calls = calls + ?
WHERE month = ? AND scope IN ({", ".join("?" * count)})
RETURNING spent_pico_usd >=
  (SELECT soft_pico_usd FROM spending_limit WHERE spending_limit.scope = month.scope)"""  # noqa: S608
