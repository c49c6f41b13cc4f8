"""Reading the books: one call's entry, one scope's totals, what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping

from ppkit.money import ZERO, Money
from ppkit.spending.ledger.errors import UnknownCall
from ppkit.spending.ledger.packing import NO_TAGS, unpacked_parts, unpacked_tags, unpacked_usage
from ppkit.spending.ledger.scopes import ALL, parts_of
from ppkit.spending.ledger.tables import EntryRow, OpenCall
from ppkit.spending.ledger.timestamps import moment_of
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.values import Adjustment, Call, Entry, State, Totals, UncertainCall

STATES: Mapping[str, State] = {
    "settle": "settled",
    "release": "released",
    "expire": "expired",
    "adjust": "settled",
}


def entry(tx: Transaction, call_id: str) -> Entry:
    """What is known about a call. Raises UnknownCall."""
    entries = tx.entries(call_id)
    if not entries:
        return _in_flight(tx.open_call(call_id), call_id)
    ending, last = entries[0], entries[-1]
    call = _call(call_id, ending.model or "", ending.key or "", ending.endpoint or "", ending.tags or NO_TAGS)
    return Entry(
        call,
        STATES[last.kind],
        Money(ending.reserved_pico_usd or 0),
        moment_of(ending.reserved_at or ending.at),
        cost=Money(last.pico_usd),
        cost_parts=None if last.cost_parts is None else unpacked_parts(last.cost_parts),
        usage=None if last.usage is None else unpacked_usage(last.usage),
        mark=last.mark,
        ended_at=moment_of(ending.at),
        why=ending.why or ("time_over" if ending.kind == "expire" else None),
        adjustments=tuple(_adjustment(each) for each in entries[1:]),
    )


def latest(tx: Transaction, count: int) -> list[Entry]:
    """The calls that were reserved last, those under way among them, the latest first."""
    under_way = {one.call_id: one for one in tx.open_calls()}
    ids = sorted({*under_way, *tx.latest(count)}, reverse=True)[:count]
    return [
        _in_flight(under_way[call_id], call_id) if call_id in under_way else entry(tx, call_id)
        for call_id in ids
    ]


def calls_of(tx: Transaction, tag: str, value: str) -> list[Entry]:
    """Every call that has this tag, also those under way, in the order in which they were made."""
    ended = [call.call_id for call in tx.ended_calls() if unpacked_tags(call.tags).get(tag) == value]
    under_way = [call for call in tx.open_calls() if unpacked_tags(call.tags).get(tag) == value]
    found = [entry(tx, call_id) for call_id in ended] + [_in_flight(call, call.call_id) for call in under_way]
    return sorted(found, key=lambda one: (one.reserved_at, one.call.id))


def change_mark(tx: Transaction, month: str) -> object:
    """What is another as soon as a call was reserved or has ended in this month, or a limit was changed."""
    return tx.totals(month, ALL), tuple(tx.limits())


def _in_flight(open_call: OpenCall | None, call_id: str) -> Entry:
    """Raises UnknownCall for None."""
    if open_call is None:
        raise UnknownCall(call_id=call_id)
    call = _call(call_id, open_call.model, open_call.key, open_call.endpoint, open_call.tags)
    return Entry(call, "reserved", Money(open_call.pico_usd), moment_of(open_call.at))


def _call(call_id: str, model: str, key_id: str, endpoint: str, tags: str) -> Call:
    key, fingerprint = parts_of(key_id)
    return Call(call_id, model, key, endpoint, unpacked_tags(tags), fingerprint)


def _adjustment(entry: EntryRow) -> Adjustment:
    return Adjustment(
        moment_of(entry.at), Money(entry.pico_usd), entry.mark, entry.author or "", entry.why or ""
    )


def totals(tx: Transaction, period: str, scope: str) -> Totals:
    """The sums of one scope in one period that they are kept of; zeros where nothing happened."""
    row = tx.totals(period, scope)
    if row is None:
        return Totals(ZERO, ZERO, 0, ZERO)
    spent, reserved, calls, *marked = row
    return Totals(Money(spent), Money(reserved), calls, *map(Money, marked))


def uncertain_calls(tx: Transaction) -> list[UncertainCall]:
    """Every call that is uncertain now, the oldest first."""
    entries = [entry(tx, call_id) for call_id in tx.uncertain_calls()]
    calls = [
        UncertainCall(
            one.call, one.reserved_at, one.ended_at or one.reserved_at, one.cost or ZERO, one.why or ""
        )
        for one in entries
    ]
    return sorted(calls, key=lambda call: (call.reserved_at, call.call.id))


def awaited(tx: Transaction, response_id: str) -> tuple[Entry, str] | None:
    """The call whose answer the platform calls so, and its terms; None where its figures are not awaited."""
    found = tx.answer(response_id)
    return None if found is None else (entry(tx, found[0]), found[1])
