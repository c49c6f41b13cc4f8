"""What happens to money inside one transaction: reserve, then settle, release or expire.

How a call that has ended is corrected stands in `corrections`.

Every function here is called with an open transaction and leaves the books right: reservations, entries,
month sums, the roll-up and queued alerts change together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ppkit.spending.ledger import limit_sums
from ppkit.spending.ledger.errors import AlreadyEnded, UnknownCall
from ppkit.spending.ledger.limit_check import granted
from ppkit.spending.ledger.owner import NOBODY
from ppkit.spending.ledger.packing import NO_TOKENS, scopes_counting
from ppkit.spending.ledger.periods import periods_of
from ppkit.spending.ledger.posting import Posting, sums_of
from ppkit.spending.ledger.tables import EntryRow, OpenCall
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.values import Mark, Why

Ending = Literal["settle", "release", "expire"]


class CallOutcome(NamedTuple):
    """How a reservation ends, and when (`text_of` writes it); the cost in pico-dollars, the rest as JSON."""

    call_id: str
    kind: Ending
    at: str
    cost: int | None
    """None: whatever was reserved."""
    mark: Mark | None = None
    tokens: Sequence[int] = NO_TOKENS
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


def reserve(tx: Transaction, asked: OpenCall, at_least: int, instead_of: str | None = None) -> int:
    """Write the reservation if every scope has room for it; returns the pico-dollars granted.

    What is held for the call `instead_of`, of which this one is the repeat, passes on to this one. Raises
    Blocked, Busy, DuplicateCall, AmountTooLarge; then nothing is written.
    """
    scopes = scopes_counting(asked.key, asked.tags)
    if instead_of is not None:
        _pass_on(tx, instead_of, asked.at)
    at, balances = limit_sums.balances(tx, asked.call_id, asked.at, scopes)
    if at != asked.at:
        asked = asked._replace(at=at)
    grant = granted(balances, asked.pico_usd, at_least, at)
    further = [(one.sums_named(at), one.scope) for one in balances if one.period != "month"]
    if further or grant.amount != asked.pico_usd:
        asked = asked._replace(pico_usd=grant.amount, further=1 if further else 0)
    tx.open(asked, scopes, further)
    if grant.reaches_soft_limit:
        tx.queue_alerts(asked.at, scopes, asked.at)
    return grant.amount


def end(tx: Transaction, ended: CallOutcome) -> None:
    """Settle, release or expire one reservation. Raises AlreadyEnded or UnknownCall."""
    call = tx.close(ended.call_id)
    if call is None:
        raise _not_open(tx, ended.call_id)
    cost = call.pico_usd if ended.cost is None else ended.cost
    mark: Mark | None = "overrun" if cost > call.pico_usd and ended.mark is None else ended.mark
    how = (ended.kind, ended.at, cost, mark, ended.cost_parts, ended.usage, None, ended.why)
    scopes = scopes_counting(call.key, call.tags)
    posting = Posting(
        call.at,
        scopes,
        sums_of(cost, mark),
        call.pico_usd,
        call.further,
        # What was released is no call of the day.
        None if ended.kind == "release" else periods_of(call.at),
        ended.tokens,
    )
    if tx.write_ending(EntryRow(call.call_id, 1, *how, *call[1:7]), posting):
        tx.queue_alerts(call.at, scopes, ended.at)
    if mark == "uncertain":
        tx.mark_uncertain(ended.call_id)
    if ended.answer is not None:
        tx.keep_answer(ended.answer.response_id, ended.call_id, ended.answer.terms)


def give_up(tx: Transaction, call_id: str, at: str, why: Why, answer: AnswerTerms | None = None) -> None:
    """Nobody can say whether it was billed: what is held is uncertain. Nothing happens when it has ended."""
    if tx.open_call(call_id) is not None:
        end(tx, CallOutcome(call_id, "expire", at, cost=None, mark="uncertain", why=why, answer=answer))


def await_outcome(tx: Transaction, call_id: str, answer: AnswerTerms, expires_at: str) -> None:
    """The call goes on at the platform: its reservation outlives this process, for whoever learns more."""
    tx.leave_open(call_id, NOBODY, expires_at)
    tx.keep_answer(answer.response_id, call_id, answer.terms)


def expire(tx: Transaction, at: str, dead_owners: Sequence[str]) -> int:
    """Count as uncertain every reservation whose time or whose owner is over."""
    found: dict[str, Why] = {}
    for owner in dead_owners:
        for call_id in tx.calls_of(owner):
            found[call_id] = "process_gone"
    for call_id in tx.past_calls(at):
        found.setdefault(call_id, "time_over")
    for call_id, why in found.items():
        give_up(tx, call_id, at, why)
    return len(found)


def _pass_on(tx: Transaction, call_id: str, at: str) -> None:
    if tx.open_call(call_id) is not None:
        end(tx, CallOutcome(call_id, "release", at, cost=0))


def _not_open(tx: Transaction, call_id: str) -> AlreadyEnded | UnknownCall:
    entries = tx.entries(call_id)
    if not entries:
        return UnknownCall(call_id=call_id)
    return AlreadyEnded(call_id=call_id, kind=entries[0].kind)
