"""Reading the books: one call's entry, one scope's totals, what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.errors import UnknownCall
from ppkit.spending.ledger.packing import unpacked_parts, unpacked_tags, unpacked_usage
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.timestamps import moment_of
from ppkit.spending.ledger.values import Adjustment, Call, Entry, Mark, State, Totals, UncertainCall

RESERVED = """
SELECT model, key, endpoint, tags, pico_usd, at FROM entry WHERE call_id = :call_id AND ends = 0"""

LATER = """
SELECT kind, pico_usd, cost_parts, usage, mark, at, author, why FROM entry
WHERE call_id = :call_id AND ends > 0 ORDER BY ends"""

TOTALS = """
SELECT spent_pico_usd, reserved_pico_usd, calls, uncertain_pico_usd, estimated_pico_usd, ceiling_pico_usd,
       overrun_pico_usd
FROM month WHERE month = :month AND scope = :scope"""

UNCERTAIN = "SELECT call_id FROM uncertain_call"

ANSWER = "SELECT call_id, terms FROM answer WHERE response_id = :response_id"

STATES: Mapping[str, State] = {
    "settle": "settled",
    "release": "released",
    "expire": "expired",
    "adjust": "settled",
}


def entry(tx: Transaction, call_id: str) -> Entry:
    """What is known about a call. Raises UnknownCall."""
    reserved = tx.execute(RESERVED, {"call_id": call_id}).fetchone()
    if reserved is None:
        raise UnknownCall(call_id=call_id)
    model, key, endpoint, tags, amount, at = reserved
    call = Call(call_id, model, key, endpoint, unpacked_tags(tags))
    later = [_Later(*row) for row in tx.execute(LATER, {"call_id": call_id}).fetchall()]
    if not later:
        return Entry(call, "reserved", Money(amount), moment_of(at))
    ending, last = later[0], later[-1]
    return Entry(
        call,
        STATES[last.kind],
        Money(amount),
        moment_of(at),
        cost=Money(last.cost),
        cost_parts=None if last.parts is None else unpacked_parts(last.parts),
        usage=None if last.usage is None else unpacked_usage(last.usage),
        mark=last.mark,
        ended_at=moment_of(ending.at),
        why=ending.why or ("time_over" if ending.kind == "expire" else None),
        adjustments=tuple(_adjustment(each) for each in later[1:]),
    )


class _Later(NamedTuple):
    """The entry that ended a call, or one that corrects it."""

    kind: str
    cost: int
    parts: str | None
    usage: str | None
    mark: Mark | None
    at: str
    author: str | None
    why: str | None


def _adjustment(entry: _Later) -> Adjustment:
    return Adjustment(moment_of(entry.at), Money(entry.cost), entry.mark, entry.author or "", entry.why or "")


def totals(tx: Transaction, month: str, scope: str) -> Totals:
    """The sums of one scope in one month; zeros where nothing happened."""
    row = tx.execute(TOTALS, {"month": month, "scope": scope}).fetchone()
    if row is None:
        return Totals(ZERO, ZERO, 0, ZERO)
    spent, reserved, calls, *marked = row
    return Totals(Money(spent), Money(reserved), calls, *map(Money, marked))


def uncertain_calls(tx: Transaction) -> list[UncertainCall]:
    """Every call that is uncertain now, the oldest first."""
    entries = [entry(tx, call_id) for (call_id,) in tx.execute(UNCERTAIN).fetchall()]
    calls = [
        UncertainCall(
            one.call, one.reserved_at, one.ended_at or one.reserved_at, one.cost or ZERO, one.why or ""
        )
        for one in entries
    ]
    return sorted(calls, key=lambda call: (call.reserved_at, call.call.id))


def awaited(tx: Transaction, response_id: str) -> tuple[Entry, str] | None:
    """The call whose answer the platform calls so, and its terms; None where its figures are not awaited."""
    row = tx.execute(ANSWER, {"response_id": response_id}).fetchone()
    return None if row is None else (entry(tx, row[0]), row[1])
