"""What becomes of a call that has ended, or goes on at the platform, once more is known of it.

Entries only grow: a correction is one more entry, which says who and why. The sums of the reservation's day
and month change in the same transaction; so do alerts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ppkit.spending.ledger.errors import AlreadyEnded, CallUnderWay, UnknownCall
from ppkit.spending.ledger.packing import NO_TAGS, scopes_counting, tokens_of, unpacked_usage
from ppkit.spending.ledger.periods import periods_of
from ppkit.spending.ledger.posting import Sums, sums_of
from ppkit.spending.ledger.tables import EntryRow
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.transitions import CallOutcome, end, give_up
from ppkit.spending.ledger.values import Mark

PLATFORM = "platform"
"""The author of a correction that the platform's own answer brought."""


class Correction(NamedTuple):
    """What a call cost as it is known now; the cost in pico-dollars, usage and cost parts packed as JSON."""

    call_id: str
    at: str
    cost: int
    by: str
    why: str
    mark: Mark | None = None
    usage: str | None = None
    cost_parts: str | None = None


_SURE = frozenset({None, "overrun"})


def resolve(tx: Transaction, correction: Correction) -> None:
    """Write what somebody knows of a call that has ended.

    Raises UnknownCall, CallUnderWay, and AlreadyEnded for a call that was released: it cost nothing.
    """
    call = tx.open_call(correction.call_id)
    if call is not None:
        if call.expires_at > correction.at:
            raise CallUnderWay(call_id=correction.call_id)
        give_up(tx, correction.call_id, correction.at, "time_over")
    first, last = _entries_of(tx, correction.call_id)
    _adjust(tx, first, last, correction)


def learn(tx: Transaction, correction: Correction) -> bool:
    """Settle a call under way, or correct one whose true figures nobody knew; False where nothing is new.

    What the platform has told before stays, unless that was doubtful and this is not. Raises UnknownCall.
    """
    if tx.open_call(correction.call_id) is not None:
        end(tx, _settling(correction))
        return True
    first, last = _entries_of(tx, correction.call_id)
    was_told = last.usage is not None and last.author in {None, PLATFORM}
    is_sure = last.mark in _SURE or (last.author == PLATFORM and correction.mark not in _SURE)
    if (
        (was_told and is_sure)
        or last.kind == "release"
        or (last.pico_usd, last.mark, last.usage) == _figures(correction)
    ):
        return False
    _adjust(tx, first, last, correction)
    return True


def settle_uncertain(tx: Transaction, found: Sequence[Correction]) -> bool:
    """Write what calls have cost that are uncertain; all or none, and none where one of them is not any more.

    Their costs are parts of one sum, so one that was resolved meanwhile makes the others' wrong. Raises
    UnknownCall.
    """
    entries = [_entries_of(tx, correction.call_id) for correction in found]
    if any(last.mark != "uncertain" for _, last in entries):
        return False
    for (first, last), correction in zip(entries, found, strict=True):
        _adjust(tx, first, last, correction)
    return True


def _settling(correction: Correction) -> CallOutcome:
    return CallOutcome(
        correction.call_id,
        "settle",
        correction.at,
        correction.cost,
        correction.mark,
        _tokens(correction.usage),
        correction.usage,
        correction.cost_parts,
    )


def _figures(correction: Correction) -> tuple[int, Mark | None, str | None]:
    return correction.cost, correction.mark, correction.usage


def _entries_of(tx: Transaction, call_id: str) -> tuple[EntryRow, EntryRow]:
    """How the call ended, and the entry that holds so far. Raises UnknownCall."""
    entries = tx.entries(call_id)
    if not entries:
        raise UnknownCall(call_id=call_id)
    return entries[0], entries[-1]


def _adjust(tx: Transaction, first: EntryRow, last: EntryRow, correction: Correction) -> None:
    call_id, at, usage = correction.call_id, correction.at, correction.usage or last.usage
    if last.kind == "release" or first.reserved_at is None:
        raise AlreadyEnded(call_id=call_id, kind=last.kind)
    figures = (correction.cost, correction.mark, correction.cost_parts, usage)
    tx.write_correction(
        EntryRow(call_id, last.number + 1, "adjust", at, *figures, correction.by, correction.why)
    )
    reserved_at = first.reserved_at
    scopes = scopes_counting(first.key or "", first.tags or NO_TAGS)
    before, now = sums_of(last.pico_usd, last.mark), sums_of(correction.cost, correction.mark)
    more = Sums(*(new - old for new, old in zip(now, before, strict=True)))
    more_tokens = [new - old for new, old in zip(_tokens(usage), _tokens(last.usage), strict=True)]
    tx.correct_charge(reserved_at, scopes, more)
    tx.correct_rollup(periods_of(reserved_at), first, more_tokens, more)
    if correction.mark == "uncertain":
        tx.mark_uncertain(call_id)
    else:
        tx.mark_certain(call_id)
    tx.withdraw_alerts(reserved_at, scopes)
    tx.queue_alerts(reserved_at, scopes, at)


def _tokens(usage: str | None) -> tuple[int, ...]:
    return tokens_of(None if usage is None else unpacked_usage(usage))
