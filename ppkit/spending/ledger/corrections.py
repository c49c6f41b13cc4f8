"""What becomes of a call that has ended, or goes on at the platform, once more is known of it.

Entries only grow: a correction is one more entry, which says who and why. The sums of the reservation's day
and month change in the same transaction; so do alerts.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ppkit.spending.ledger.errors import AlreadyEnded, CallUnderWay, UnknownCall
from ppkit.spending.ledger.outbox import queue_alerts, withdraw_alerts
from ppkit.spending.ledger.packing import unpacked_tags, unpacked_usage
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.ledger.store import Transaction
from ppkit.spending.ledger.timestamps import day_in, month_in, text_of
from ppkit.spending.ledger.transitions import (
    UNCERTAIN,
    CallOutcome,
    charge_sql,
    end,
    give_up,
    is_open,
    sums_of,
)
from ppkit.spending.ledger.values import Mark

PLATFORM = "platform"
"""The author of a correction that the platform's own answer brought."""


class Correction(NamedTuple):
    """What a call cost as it is known now; the cost in pico-dollars, usage and cost parts packed as JSON."""

    call_id: str
    at: datetime
    cost: int
    by: str
    why: str
    mark: Mark | None = None
    usage: str | None = None
    cost_parts: str | None = None


_SURE = frozenset({None, "overrun"})


class _Last(NamedTuple):
    """The entry that holds so far."""

    ends: int
    kind: str
    cost: int
    mark: Mark | None
    usage: str | None
    by: str | None


RESERVED = "SELECT at, model, key, tags FROM entry WHERE call_id = ? AND ends = 0"

LAST = """
SELECT ends, kind, pico_usd, mark, usage, author FROM entry WHERE call_id = ? ORDER BY ends DESC LIMIT 1"""

OVER = "SELECT 1 FROM open_reservation WHERE call_id = ? AND expires_at <= ?"

ADJUST = """
INSERT INTO entry (call_id, ends, kind, at, pico_usd, mark, cost_parts, usage, author, why)
VALUES (?, ?, 'adjust', ?, ?, ?, ?, ?, ?, ?)"""

DAILY = """
UPDATE daily SET cost_pico_usd = cost_pico_usd + ?, uncertain_pico_usd = uncertain_pico_usd + ?,
  estimated_pico_usd = estimated_pico_usd + ?, ceiling_pico_usd = ceiling_pico_usd + ?,
  overrun_pico_usd = overrun_pico_usd + ?, input_tokens = input_tokens + ?, output_tokens = output_tokens + ?
WHERE day = ? AND model = ? AND key = ? AND tags = ?"""

CERTAIN = "DELETE FROM uncertain_call WHERE call_id = ?"


def resolve(tx: Transaction, correction: Correction) -> None:
    """Write what somebody knows of a call that has ended.

    Raises UnknownCall, CallUnderWay, and AlreadyEnded for a call that was released: it cost nothing.
    """
    if is_open(tx, correction.call_id):
        if tx.execute(OVER, (correction.call_id, text_of(correction.at))).fetchone() is None:
            raise CallUnderWay(call_id=correction.call_id)
        give_up(tx, correction.call_id, correction.at, "time_over")
    _adjust(tx, _last_of(tx, correction.call_id), correction)


def learn(tx: Transaction, correction: Correction) -> bool:
    """Settle a call under way, or correct one whose true figures nobody knew; False where nothing is new.

    What the platform has told before stays, unless that was doubtful and this is not. Raises UnknownCall.
    """
    if is_open(tx, correction.call_id):
        end(tx, _settling(correction))
        return True
    last = _last_of(tx, correction.call_id)
    was_told = last.usage is not None and last.by in {None, PLATFORM}
    is_sure = last.mark in _SURE or (last.by == PLATFORM and correction.mark not in _SURE)
    if (
        (was_told and is_sure)
        or last.kind == "release"
        or (last.cost, last.mark, last.usage) == _figures(correction)
    ):
        return False
    _adjust(tx, last, correction)
    return True


def _settling(correction: Correction) -> CallOutcome:
    input_tokens, output_tokens = _tokens(correction.usage)
    return CallOutcome(
        correction.call_id,
        "settle",
        correction.at,
        correction.cost,
        correction.mark,
        input_tokens,
        output_tokens,
        correction.usage,
        correction.cost_parts,
    )


def _figures(correction: Correction) -> tuple[int, Mark | None, str | None]:
    return correction.cost, correction.mark, correction.usage


def _last_of(tx: Transaction, call_id: str) -> _Last:
    row = tx.execute(LAST, (call_id,)).fetchone()
    if row is None:
        raise UnknownCall(call_id=call_id)
    return _Last(*row)


def _adjust(tx: Transaction, last: _Last, correction: Correction) -> None:
    if last.kind == "release":
        raise AlreadyEnded(call_id=correction.call_id, kind=last.kind)
    call_id, at, usage = correction.call_id, text_of(correction.at), correction.usage or last.usage
    figures = (correction.cost, correction.mark, correction.cost_parts, usage)
    tx.execute(ADJUST, (call_id, last.ends + 1, at, *figures, correction.by, correction.why))
    reserved_at, model, key, tags = tx.execute(RESERVED, (call_id,)).fetchone()
    month, scopes = month_in(reserved_at), scopes_of(key, unpacked_tags(tags))
    before, now = sums_of(last.cost, last.mark), sums_of(correction.cost, correction.mark)
    more = [new - old for new, old in zip(now, before, strict=True)]
    more_tokens = [new - old for new, old in zip(_tokens(usage), _tokens(last.usage), strict=True)]
    tx.execute(charge_sql(len(scopes)), (*more, 0, 0, month, *scopes)).fetchall()
    tx.execute(DAILY, (*more, *more_tokens, day_in(reserved_at), model, key, tags))
    tx.execute(UNCERTAIN if correction.mark == "uncertain" else CERTAIN, (call_id,))
    withdraw_alerts(tx, month, scopes)
    queue_alerts(tx, month, scopes, at)


def _tokens(usage: str | None) -> tuple[int, int]:
    if usage is None:
        return 0, 0
    figures = unpacked_usage(usage)
    return figures.input_tokens, figures.output_tokens
