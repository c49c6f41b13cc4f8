"""What happens to money inside one transaction: reserve, then settle, release or expire.

How a call that has ended is corrected stands in `corrections`.

Every function here is called with an open transaction and leaves the books right: entries, open reservations,
month sums, the daily roll-up and queued alerts change together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal, NamedTuple

from ppkit.spending.ledger.errors import AlreadyEnded, DuplicateCall, UnknownCall
from ppkit.spending.ledger.limit_check import ScopeBalance, granted_amount
from ppkit.spending.ledger.outbox import queue_alerts
from ppkit.spending.ledger.owner import NOBODY
from ppkit.spending.ledger.packing import packed_tags, unpacked_tags
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.timestamps import day_in, moment_of, month_in, text_of
from ppkit.spending.ledger.values import Call, Mark, Why

Ending = Literal["settle", "release", "expire"]


class ReservationRequest(NamedTuple):
    """A reservation somebody asks for; amounts in pico-dollars, moments as `text_of` writes them."""

    call: Call
    ceiling: int
    at_least: int
    at: str
    expires_at: str
    owner: str
    instead_of: str | None = None
    """A call of which this one is the repeat: what is held for it passes on to this one."""


class CallOutcome(NamedTuple):
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
    why: Why | None = None
    """Of an uncertain one."""
    answer: AnswerTerms | None = None
    """What may tell the true figures later."""


class AnswerTerms(NamedTuple):
    """The platform's name for its answer, and what of the request its price depends on, packed as JSON."""

    response_id: str
    terms: str


class Sums(NamedTuple):
    """What one call's cost, with its mark, adds to the sums it counts in; pico-dollars."""

    spent: int
    uncertain: int = 0
    estimated: int = 0
    ceiling: int = 0
    overrun: int = 0


def sums_of(cost: int, mark: Mark | None) -> Sums:
    """What is uncertain is no money spent; every other mark tells of a part of what is spent."""
    if mark is None:
        return Sums(cost)
    if mark == "uncertain":
        return Sums(0, cost)
    return Sums(cost)._replace(**{mark: cost})


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
INSERT INTO entry (call_id, ends, kind, at, pico_usd, mark, cost_parts, usage, why)
VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

ENDING_KIND = "SELECT kind FROM entry WHERE call_id = ? AND ends = 1"

DAILY = """
INSERT INTO daily (day, model, key, tags, calls, input_tokens, output_tokens, cost_pico_usd,
  uncertain_pico_usd, estimated_pico_usd, ceiling_pico_usd, overrun_pico_usd)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, model, key, tags) DO UPDATE SET calls = calls + excluded.calls,
  input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
  cost_pico_usd = cost_pico_usd + excluded.cost_pico_usd,
  uncertain_pico_usd = uncertain_pico_usd + excluded.uncertain_pico_usd,
  estimated_pico_usd = estimated_pico_usd + excluded.estimated_pico_usd,
  ceiling_pico_usd = ceiling_pico_usd + excluded.ceiling_pico_usd,
  overrun_pico_usd = overrun_pico_usd + excluded.overrun_pico_usd"""

PAST_RESERVATIONS = "SELECT call_id FROM open_reservation WHERE expires_at <= :now"

UNCERTAIN = "INSERT INTO uncertain_call (call_id) VALUES (?) ON CONFLICT DO NOTHING"

ANSWER = """
INSERT INTO answer (response_id, call_id, terms) VALUES (?, ?, ?)
ON CONFLICT (response_id) DO UPDATE SET call_id = excluded.call_id, terms = excluded.terms"""

AWAIT = "UPDATE open_reservation SET owner = ?, expires_at = ? WHERE call_id = ?"

OPEN = "SELECT 1 FROM open_reservation WHERE call_id = ?"

OWNERS = "SELECT DISTINCT owner FROM open_reservation"

RESERVATIONS_OF = "SELECT call_id FROM open_reservation WHERE owner = :owner"


def reserve(tx: Transaction, reservation_request: ReservationRequest) -> int:
    """Write the reservation if every scope has room for it; returns the pico-dollars granted.

    Raises Blocked, Busy, DuplicateCall, AmountTooLarge; then nothing is written.
    """
    call, at, scopes = reservation_request.call, reservation_request.at, reservation_request.call.scopes
    if reservation_request.instead_of is not None:
        _pass_on(tx, reservation_request.instead_of, at)
    month = month_in(at)
    by_scope = [value for scope in scopes for value in (month, scope)]
    balances = [ScopeBalance(*row) for row in tx.execute(_standings_sql(len(scopes)), by_scope).fetchall()]
    amount = granted_amount(balances, reservation_request.ceiling, reservation_request.at_least, at)
    model, key, tags = call.model, call.key, packed_tags(call.tags)
    if not tx.execute(RESERVE_ENTRY, (call.id, at, amount, model, key, call.endpoint, tags)).rowcount:
        raise DuplicateCall(call_id=call.id)
    opened = (
        call.id,
        month,
        day_in(at),
        amount,
        model,
        key,
        tags,
        reservation_request.owner,
        reservation_request.expires_at,
    )
    tx.execute(OPEN_RESERVATION, opened)
    tx.execute(_hold_sql(len(scopes)), [value for scope in scopes for value in (month, scope, amount)])
    for balance in balances:
        if balance.soft is not None and balance.counted >= balance.soft:
            queue_alerts(tx, month, scopes, at)
            break
    return amount


def end(tx: Transaction, ended: CallOutcome) -> None:
    """Settle, release or expire one reservation. Raises AlreadyEnded or UnknownCall."""
    found = tx.execute(CLOSE_RESERVATION, (ended.call_id,)).fetchall()
    if not found:
        raise _not_open(tx, ended.call_id)
    month, day, reserved, model, key, tags = found[0]
    cost = reserved if ended.cost is None else ended.cost
    mark: Mark | None = "overrun" if cost > reserved and ended.mark is None else ended.mark
    written = (ended.cost_parts, ended.usage, ended.why)
    entry = (ended.call_id, ended.kind, text_of(ended.at), cost, mark, *written)
    if not tx.execute(ENDING_ENTRY, entry).rowcount:
        raise _not_open(tx, ended.call_id)
    counted = ended.kind != "release"
    sums = sums_of(cost, mark)
    scopes = scopes_of(key, unpacked_tags(tags))
    charge = (*sums, reserved, int(counted), month, *scopes)
    alarms = tx.execute(charge_sql(len(scopes)), charge).fetchall()
    if counted:
        tx.execute(DAILY, (day, model, key, tags, 1, ended.input_tokens, ended.output_tokens, *sums))
        if any(reached for (reached,) in alarms):
            queue_alerts(tx, month, scopes, text_of(ended.at))
    if mark == "uncertain":
        tx.execute(UNCERTAIN, (ended.call_id,))
    if ended.answer is not None:
        tx.execute(ANSWER, (ended.answer.response_id, ended.call_id, ended.answer.terms))


def give_up(tx: Transaction, call_id: str, at: datetime, why: Why, answer: AnswerTerms | None = None) -> None:
    """Nobody can tell whether it was billed: what is held is uncertain. Nothing happens when it has ended."""
    if is_open(tx, call_id):
        end(tx, CallOutcome(call_id, "expire", at, cost=None, mark="uncertain", why=why, answer=answer))


def await_outcome(tx: Transaction, call_id: str, answer: AnswerTerms, expires_at: str) -> None:
    """The call goes on at the platform: its reservation outlives this process, for whoever learns more."""
    tx.execute(AWAIT, (NOBODY, expires_at, call_id))
    tx.execute(ANSWER, (answer.response_id, call_id, answer.terms))


def expire(tx: Transaction, at: datetime, dead_owners: Sequence[str]) -> int:
    """Count as uncertain every reservation whose time or whose owner is over."""
    found: dict[str, Why] = {}
    for owner in dead_owners:
        for (call_id,) in tx.execute(RESERVATIONS_OF, {"owner": owner}).fetchall():
            found[call_id] = "process_gone"
    for (call_id,) in tx.execute(PAST_RESERVATIONS, {"now": text_of(at)}).fetchall():
        found.setdefault(call_id, "time_over")
    for call_id, why in found.items():
        give_up(tx, call_id, at, why)
    return len(found)


def owners(tx: Transaction) -> list[str]:
    """The processes that have reservations open."""
    return [owner for (owner,) in tx.execute(OWNERS).fetchall()]


def is_open(tx: Transaction, call_id: str) -> bool:
    """Whether something is held for the call."""
    return tx.execute(OPEN, (call_id,)).fetchone() is not None


def _pass_on(tx: Transaction, call_id: str, at: str) -> None:
    if is_open(tx, call_id):
        end(tx, CallOutcome(call_id, "release", moment_of(at), cost=0))


def _not_open(tx: Transaction, call_id: str) -> AlreadyEnded | UnknownCall:
    ending = tx.execute(ENDING_KIND, (call_id,)).fetchone()
    return AlreadyEnded(call_id=call_id, kind=ending[0]) if ending else UnknownCall(call_id=call_id)


# The statements below differ only in how many scopes they name; no value is ever written into their text.


@cache
def _standings_sql(count: int) -> str:
    # One look-up per scope: for an IN, SQLite would fill a table of its own first.
    one = """
SELECT spending_limit.scope, soft_pico_usd, hard_pico_usd,
       coalesce(spent_pico_usd, 0), coalesce(uncertain_pico_usd, 0),
       coalesce(reserved_pico_usd, 0)
FROM spending_limit LEFT JOIN month ON month.month = ? AND month.scope = spending_limit.scope
WHERE spending_limit.scope = ?"""
    return " UNION ALL ".join([one] * count)


@cache
def _hold_sql(count: int) -> str:
    rows = ", ".join(["(?, ?, ?)"] * count)
    return f"""
INSERT INTO month (month, scope, reserved_pico_usd) VALUES {rows}
ON CONFLICT (month, scope) DO UPDATE SET reserved_pico_usd = reserved_pico_usd + excluded.reserved_pico_usd"""  # noqa: S608


@cache
def charge_sql(count: int) -> str:
    """Tells of each scope whether its soft limit is reached: most often there is nothing to queue."""
    return f"""
UPDATE month SET spent_pico_usd = spent_pico_usd + ?, uncertain_pico_usd = uncertain_pico_usd + ?,
  estimated_pico_usd = estimated_pico_usd + ?, ceiling_pico_usd = ceiling_pico_usd + ?,
  overrun_pico_usd = overrun_pico_usd + ?, reserved_pico_usd = reserved_pico_usd - ?, calls = calls + ?
WHERE month = ? AND scope IN ({", ".join("?" * count)})
RETURNING spent_pico_usd + uncertain_pico_usd >=
  (SELECT soft_pico_usd FROM spending_limit WHERE spending_limit.scope = month.scope)"""  # noqa: S608
