"""What happens to money inside one transaction: reserve, then settle, release or expire.

Every function here is called with an open transaction and leaves the books right: entries, open reservations,
month sums, the daily roll-up and queued alerts change together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from ppkit.spending.ledger.errors import AlreadyEnded, DuplicateCall, UnknownCall
from ppkit.spending.ledger.judgement import Standing, granted_amount
from ppkit.spending.ledger.moments import day_in, month_in, text_of
from ppkit.spending.ledger.outbox import queue_alerts
from ppkit.spending.ledger.packing import packed_tags, unpacked_tags
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.values import COUNTED_AT_MOST, Call, Mark

Ending = Literal["settle", "release", "expire"]


@dataclass(frozen=True, slots=True)
class Asking:
    """A reservation somebody asks for; amounts in pico-dollars."""

    call: Call
    ceiling: int
    at_least: int
    at: datetime
    expires_at: datetime
    owner: str


@dataclass(frozen=True, slots=True)
class Ended:
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


RESERVE_ENTRY = """
INSERT INTO entry (call_id, kind, at, pico_usd, model, key, endpoint, tags)
VALUES (:call_id, 'reserve', :at, :pico_usd, :model, :key, :endpoint, :tags) ON CONFLICT DO NOTHING"""

OPEN_RESERVATION = """
INSERT INTO open_reservation (call_id, month, day, pico_usd, model, key, tags, owner, expires_at)
VALUES (:call_id, :month, :day, :pico_usd, :model, :key, :tags, :owner, :expires_at)"""

FIND_OPEN_RESERVATION = """
SELECT month, day, pico_usd, model, key, tags FROM open_reservation WHERE call_id = :call_id"""

CLOSE_RESERVATION = "DELETE FROM open_reservation WHERE call_id = :call_id"

ENDING_ENTRY = """
INSERT INTO entry (call_id, kind, at, pico_usd, mark, cost_parts, usage)
VALUES (:call_id, :kind, :at, :pico_usd, :mark, :cost_parts, :usage) ON CONFLICT DO NOTHING"""

ENDING_KIND = "SELECT kind FROM entry WHERE call_id = :call_id AND kind <> 'reserve'"

DAILY = """
INSERT INTO daily (day, model, key, tags, calls, input_tokens, output_tokens, cost_pico_usd)
VALUES (:day, :model, :key, :tags, 1, :input_tokens, :output_tokens, :cost)
ON CONFLICT (day, model, key, tags) DO UPDATE SET calls = calls + 1,
  input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
  cost_pico_usd = cost_pico_usd + excluded.cost_pico_usd"""

PAST_RESERVATIONS = "SELECT call_id FROM open_reservation WHERE expires_at <= :now"

OWNERS = "SELECT DISTINCT owner FROM open_reservation"

RESERVATIONS_OF = "SELECT call_id FROM open_reservation WHERE owner = :owner"


def reserve(tx: Transaction, asking: Asking) -> int:
    """Write the reservation if every scope has room for it; returns the pico-dollars granted.

    Raises Blocked, Busy, DuplicateCall, AmountTooLarge; then nothing is written.
    """
    call, at, scopes = asking.call, text_of(asking.at), asking.call.scopes
    month = month_in(at)
    standings = _standings(tx, month, scopes)
    amount = granted_amount(standings, asking.ceiling, asking.at_least, asking.at)
    tags = packed_tags(call.tags)
    written = tx.execute(
        RESERVE_ENTRY,
        {
            "call_id": call.id,
            "at": at,
            "pico_usd": amount,
            "model": call.model,
            "key": call.key,
            "endpoint": call.endpoint,
            "tags": tags,
        },
    )
    if not written.rowcount:
        raise DuplicateCall(call_id=call.id)
    tx.execute(
        OPEN_RESERVATION,
        {
            "call_id": call.id,
            "month": month,
            "day": day_in(at),
            "pico_usd": amount,
            "model": call.model,
            "key": call.key,
            "tags": tags,
            "owner": asking.owner,
            "expires_at": text_of(asking.expires_at),
        },
    )
    _hold_in_month(tx, month, scopes, amount)
    if any(standing.soft is not None and standing.spent >= standing.soft for standing in standings):
        queue_alerts(tx, month, scopes, asking.at)
    return amount


def end(tx: Transaction, ended: Ended) -> None:
    """Settle, release or expire one reservation. Raises AlreadyEnded or UnknownCall."""
    found = tx.execute(FIND_OPEN_RESERVATION, {"call_id": ended.call_id}).fetchone()
    if found is None:
        raise _not_open(tx, ended.call_id)
    month, day, reserved, model, key, tags = found
    cost = reserved if ended.cost is None else ended.cost
    mark: Mark | None = "overrun" if cost > reserved and ended.mark is None else ended.mark
    entry = {
        "call_id": ended.call_id,
        "kind": ended.kind,
        "at": text_of(ended.at),
        "pico_usd": cost,
        "mark": mark,
        "cost_parts": ended.cost_parts,
        "usage": ended.usage,
    }
    if not tx.execute(ENDING_ENTRY, entry).rowcount:
        raise _not_open(tx, ended.call_id)
    tx.execute(CLOSE_RESERVATION, {"call_id": ended.call_id})
    scopes = scopes_of(key, unpacked_tags(tags))
    counted = ended.kind != "release"
    unknown = cost if mark in COUNTED_AT_MOST else 0
    _charge_to_month(tx, month, scopes, Charge(reserved, cost, unknown, int(counted)))
    if counted:
        tokens = {"input_tokens": ended.input_tokens, "output_tokens": ended.output_tokens}
        tx.execute(DAILY, {"day": day, "model": model, "key": key, "tags": tags, "cost": cost, **tokens})
        queue_alerts(tx, month, scopes, ended.at)


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


@dataclass(frozen=True, slots=True)
class Charge:
    """What one ending does to the month rows, in pico-dollars and calls."""

    reserved: int
    cost: int
    unknown: int
    calls: int


def _not_open(tx: Transaction, call_id: str) -> AlreadyEnded | UnknownCall:
    ending = tx.execute(ENDING_KIND, {"call_id": call_id}).fetchone()
    return AlreadyEnded(call_id=call_id, kind=ending[0]) if ending else UnknownCall(call_id=call_id)


def _standings(tx: Transaction, month: str, scopes: Sequence[str]) -> list[Standing]:
    rows = tx.execute(_standings_sql(len(scopes)), _numbered(scopes, month=month)).fetchall()
    return [Standing(*row) for row in rows]


def _hold_in_month(tx: Transaction, month: str, scopes: Sequence[str], amount: int) -> None:
    tx.execute(_hold_sql(len(scopes)), _numbered(scopes, month=month, amount=amount))


def _charge_to_month(tx: Transaction, month: str, scopes: Sequence[str], charge: Charge) -> None:
    parameters = _numbered(
        scopes,
        month=month,
        reserved=charge.reserved,
        cost=charge.cost,
        unknown=charge.unknown,
        calls=charge.calls,
    )
    tx.execute(_charge_sql(len(scopes)), parameters)


def _numbered(scopes: Sequence[str], **parameters: object) -> dict[str, object]:
    """The parameters of a statement that names its scopes as :scope0, :scope1 …"""
    for number, scope in enumerate(scopes):
        parameters[f"scope{number}"] = scope
    return parameters


def _names(count: int) -> str:
    return ", ".join(f":scope{number}" for number in range(count))


# The statements below differ only in how many scopes they name; no value is ever written into their text.


@cache
def _standings_sql(count: int) -> str:
    return f"""
SELECT spending_limit.scope, soft_pico_usd, hard_pico_usd,
       coalesce(spent_pico_usd, 0), coalesce(reserved_pico_usd, 0)
FROM spending_limit
LEFT JOIN month ON month.month = :month AND month.scope = spending_limit.scope
WHERE spending_limit.scope IN ({_names(count)}) ORDER BY spending_limit.scope"""  # noqa: S608


@cache
def _hold_sql(count: int) -> str:
    rows = ", ".join(f"(:month, :scope{number}, 0, :amount, 0, 0)" for number in range(count))
    return f"""
INSERT INTO month (month, scope, spent_pico_usd, reserved_pico_usd, unknown_pico_usd, calls) VALUES {rows}
ON CONFLICT (month, scope) DO UPDATE SET reserved_pico_usd = reserved_pico_usd + excluded.reserved_pico_usd"""  # noqa: S608


@cache
def _charge_sql(count: int) -> str:
    return f"""
UPDATE month SET spent_pico_usd = spent_pico_usd + :cost, reserved_pico_usd = reserved_pico_usd - :reserved,
  unknown_pico_usd = unknown_pico_usd + :unknown, calls = calls + :calls
WHERE month = :month AND scope IN ({_names(count)})"""  # noqa: S608
