"""What happens to money inside one transaction: reserve, then settle, release or expire.

How a call that has ended is corrected stands in `corrections`.

Every function here is called with an open transaction and leaves the books right: reservations, entries,
month sums, the daily roll-up and queued alerts change together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ppkit.spending.ledger.errors import AlreadyEnded, UnknownCall
from ppkit.spending.ledger.limit_check import granted_amount
from ppkit.spending.ledger.owner import NOBODY
from ppkit.spending.ledger.packing import packed_tags, unpacked_tags
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.timestamps import day_in, moment_of, month_in, text_of
from ppkit.spending.ledger.transaction import EntryRow, OpenCall, Sums, Transaction
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


def sums_of(cost: int, mark: Mark | None) -> Sums:
    """What is uncertain is no money spent; every other mark is of a part of what is spent."""
    if mark is None:
        return Sums(cost)
    if mark == "uncertain":
        return Sums(0, cost)
    return Sums(cost)._replace(**{mark: cost})


def reserve(tx: Transaction, reservation_request: ReservationRequest) -> int:
    """Write the reservation if every scope has room for it; returns the pico-dollars granted.

    Raises Blocked, Busy, DuplicateCall, AmountTooLarge; then nothing is written.
    """
    call, at = reservation_request.call, reservation_request.at
    scopes, month = call.scopes, month_in(at)
    if reservation_request.instead_of is not None:
        _pass_on(tx, reservation_request.instead_of, at)
    balances = tx.balances(call.id, month, scopes)
    amount = granted_amount(balances, reservation_request.ceiling, reservation_request.at_least, at)
    tags = packed_tags(call.tags)
    tx.open(
        OpenCall(
            call.id,
            at,
            amount,
            call.model,
            call.key,
            call.endpoint,
            tags,
            reservation_request.owner,
            reservation_request.expires_at,
        )
    )
    tx.hold(month, scopes, amount)
    if any(balance.soft is not None and balance.counted >= balance.soft for balance in balances):
        tx.queue_alerts(month, scopes, at)
    return amount


def end(tx: Transaction, ended: CallOutcome) -> None:
    """Settle, release or expire one reservation. Raises AlreadyEnded or UnknownCall."""
    call = tx.close(ended.call_id)
    if call is None:
        raise _not_open(tx, ended.call_id)
    at = text_of(ended.at)
    cost = call.pico_usd if ended.cost is None else ended.cost
    mark: Mark | None = "overrun" if cost > call.pico_usd and ended.mark is None else ended.mark
    how = (ended.kind, at, cost, mark, ended.cost_parts, ended.usage, None, ended.why)
    tx.write_entry(EntryRow(call.call_id, 1, *how, *call[1:7]))
    counted = ended.kind != "release"
    sums = sums_of(cost, mark)
    month, scopes = month_in(call.at), scopes_of(call.key, unpacked_tags(call.tags))
    tx.charge(month, scopes, sums, held=call.pico_usd, calls=int(counted))
    if counted:
        tx.add_to_day(day_in(call.at), call, (ended.input_tokens, ended.output_tokens), sums)
        if tx.reaches_soft_limit(month, scopes):
            tx.queue_alerts(month, scopes, at)
    if mark == "uncertain":
        tx.mark_uncertain(ended.call_id)
    if ended.answer is not None:
        tx.keep_answer(ended.answer.response_id, ended.call_id, ended.answer.terms)


def give_up(tx: Transaction, call_id: str, at: datetime, why: Why, answer: AnswerTerms | None = None) -> None:
    """Nobody can say whether it was billed: what is held is uncertain. Nothing happens when it has ended."""
    if tx.open_call(call_id) is not None:
        end(tx, CallOutcome(call_id, "expire", at, cost=None, mark="uncertain", why=why, answer=answer))


def await_outcome(tx: Transaction, call_id: str, answer: AnswerTerms, expires_at: str) -> None:
    """The call goes on at the platform: its reservation outlives this process, for whoever learns more."""
    tx.leave_open(call_id, NOBODY, expires_at)
    tx.keep_answer(answer.response_id, call_id, answer.terms)


def expire(tx: Transaction, at: datetime, dead_owners: Sequence[str]) -> int:
    """Count as uncertain every reservation whose time or whose owner is over."""
    found: dict[str, Why] = {}
    for owner in dead_owners:
        for call_id in tx.calls_of(owner):
            found[call_id] = "process_gone"
    for call_id in tx.past_calls(text_of(at)):
        found.setdefault(call_id, "time_over")
    for call_id, why in found.items():
        give_up(tx, call_id, at, why)
    return len(found)


def _pass_on(tx: Transaction, call_id: str, at: str) -> None:
    if tx.open_call(call_id) is not None:
        end(tx, CallOutcome(call_id, "release", moment_of(at), cost=0))


def _not_open(tx: Transaction, call_id: str) -> AlreadyEnded | UnknownCall:
    entries = tx.entries(call_id)
    if not entries:
        return UnknownCall(call_id=call_id)
    return AlreadyEnded(call_id=call_id, kind=entries[0].kind)
