"""Reading the books: one call's entry, one scope's totals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.errors import UnknownCall
from ppkit.spending.ledger.moments import moment_of
from ppkit.spending.ledger.packing import unpacked_parts, unpacked_tags, unpacked_usage
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.values import Call, Entry, State, Totals

RESERVED = """
SELECT model, key, endpoint, tags, pico_usd, at FROM entry WHERE call_id = :call_id AND ends = 0"""

ENDED = """
SELECT kind, pico_usd, cost_parts, usage, mark, at FROM entry
WHERE call_id = :call_id AND ends = 1"""

TOTALS = """
SELECT spent_pico_usd, reserved_pico_usd, calls, unknown_pico_usd FROM month
WHERE month = :month AND scope = :scope"""

STATES: Mapping[str, State] = {"settle": "settled", "release": "released", "expire": "expired"}


def entry(tx: Transaction, call_id: str) -> Entry:
    """What is known about a call. Raises UnknownCall."""
    reserved = tx.execute(RESERVED, {"call_id": call_id}).fetchone()
    if reserved is None:
        raise UnknownCall(call_id=call_id)
    model, key, endpoint, tags, amount, at = reserved
    call = Call(call_id, model, key, endpoint, unpacked_tags(tags))
    ended = tx.execute(ENDED, {"call_id": call_id}).fetchone()
    if ended is None:
        return Entry(call, "reserved", Money(amount), moment_of(at))
    return _ended_entry(Entry(call, STATES[ended[0]], Money(amount), moment_of(at)), ended)


def _ended_entry(entry: Entry, ended: tuple[Any, ...]) -> Entry:
    _, cost, parts, usage, mark, at = ended
    return Entry(
        entry.call,
        entry.state,
        entry.reserved,
        entry.reserved_at,
        cost=Money(cost),
        cost_parts=None if parts is None else unpacked_parts(parts),
        usage=None if usage is None else unpacked_usage(usage),
        mark=mark,
        ended_at=moment_of(at),
    )


def totals(tx: Transaction, month: str, scope: str) -> Totals:
    """The sums of one scope in one month; zeros where nothing happened."""
    row = tx.execute(TOTALS, {"month": month, "scope": scope}).fetchone()
    if row is None:
        return Totals(ZERO, ZERO, 0, ZERO)
    spent, reserved, calls, unknown = row
    return Totals(Money(spent), Money(reserved), calls, Money(unknown))
