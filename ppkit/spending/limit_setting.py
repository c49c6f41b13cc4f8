"""Setting a limit inside one transaction: what was meant, whether it may be, and who let more be spent."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ppkit.money import Money
from ppkit.spending.ledger import limit_sums
from ppkit.spending.ledger.errors import LimitWithoutReason, SoftAboveHard, UnknownKeyName
from ppkit.spending.ledger.limit_periods import LimitPeriod
from ppkit.spending.ledger.limit_rows import LimitChangeRow, LimitRow
from ppkit.spending.ledger.scopes import is_key_scope, key_scope, parts_of, scope_meant, shown_key_in
from ppkit.spending.ledger.timestamps import moment_of, text_of
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.ledger.values import Limits
from ppkit.spending.limit_amounts import Keep, LimitAmount, thresholds_of


class AskedLimit(NamedTuple):
    """What `Budget.set` is to write: soft amounts as given, for a share waits for the hard limit."""

    scope: str
    period: LimitPeriod
    soft: tuple[LimitAmount, ...] | Keep
    hard: Money | Keep | None
    since: datetime | None
    now: datetime
    by: str
    why: str


def limits_of(tx: Transaction, scope: str, period: LimitPeriod) -> Limits:
    return shown_limits(_row(tx, scope, period))


def _row(tx: Transaction, scope: str, period: LimitPeriod) -> LimitRow:
    """The limit as it is written; one without amounts where there is none."""
    found = (one for one in tx.limits() if (one.scope, one.period) == (scope, period))
    return next(found, LimitRow(scope, period, None, (), None))


def limits_asked_for(tx: Transaction, scope: str, period: LimitPeriod) -> Limits:
    """Raises UnknownKeyName: no limits would be a wrong answer to a name nobody has."""
    found = limits_of(tx, scope, period)
    if found == Limits():
        _check_key(tx, scope)
        # What is set for all keys that end so holds for this one too.
        found = limits_of(tx, scope_by_end(scope), period)
    return found


def scope_by_end(scope: str) -> str:
    """The scope of all keys that end like this one; every other scope stays."""
    return key_scope(parts_of(scope.removeprefix(key_scope("")))[0]) if is_key_scope(scope) else scope


def _check_key(tx: Transaction, scope: str) -> None:
    """Raises UnknownKeyName for a text that is no key and that no call has counted under.

    A limit under it would never bite. The text is in no fact: it may be a damaged secret.
    """
    is_name = is_key_scope(scope) and shown_key_in(scope) is None
    if is_name and not tx.has_counted(scope):
        raise UnknownKeyName


def set_limit(tx: Transaction, asked: AskedLimit) -> Limits:
    before = _row(tx, asked.scope, asked.period)
    # An earlier version took any text for a key: what it wrote can still be cleared.
    if _is_empty(before) or (isinstance(asked.soft, tuple) and asked.soft) or isinstance(asked.hard, Money):
        _check_key(tx, asked.scope)
    now = _merged(before, asked)
    if now != before:
        if not asked.why and _lets_more_pass(before, now):
            raise LimitWithoutReason(before=Money(before.hard or 0), now=_money(now.hard))
        _write(tx, before, now, text_of(asked.now))
        tx.note_limit(LimitChangeRow(text_of(asked.now), now, asked.by, asked.why))
        # What is passed already is told now: a hard limit may let no call come that would tell it.
        tx.queue_alerts(text_of(asked.now), [now.scope], text_of(asked.now))
    if is_key_scope(asked.scope):
        _clear_other_spellings(tx, asked.scope)
    return shown_limits(now)


def _merged(before: LimitRow, asked: AskedLimit) -> LimitRow:
    """Raises InvalidLimit."""
    hard = _money(before.hard) if isinstance(asked.hard, Keep) else asked.hard
    soft = [Money(one) for one in before.thresholds] if isinstance(asked.soft, Keep) else asked.soft
    thresholds = thresholds_of(soft, hard)
    if hard is not None and thresholds and thresholds[-1] > hard:
        raise SoftAboveHard(soft=thresholds[-1], hard=hard)
    now = before._replace(
        thresholds=tuple(one.pico_usd for one in thresholds), hard=None if hard is None else hard.pico_usd
    )
    if asked.period != "total" or _is_empty(now):
        return now._replace(since=None)
    return now._replace(since=text_of(asked.since) if asked.since else before.since or text_of(asked.now))


def _is_empty(limit: LimitRow) -> bool:
    return not limit.thresholds and limit.hard is None


def _lets_more_pass(before: LimitRow, now: LimitRow) -> bool:
    """Whether a call could pass that the hard limit would have stopped."""
    if before.hard is None:
        return False
    return now.hard is None or now.hard > before.hard or (now.since or "") > (before.since or "")


def _write(tx: Transaction, before: LimitRow, now: LimitRow, at: str) -> None:
    scope, period = now.scope, now.period
    if _is_empty(now):
        tx.clear_limit(scope, period)
        tx.forget_sums(scope, period)
        return
    tx.write_limit(now)
    if period != "month" and (_is_empty(before) or now.since != before.since):
        tx.forget_sums(scope, period)
        limit_sums.begin(tx, scope, period, now.since, at)


def _clear_other_spellings(tx: Transaction, scope: str) -> None:
    """Take out what an earlier version wrote for this key in another form, even the secret; it never bit."""
    meant = {scope, scope_by_end(scope)}
    for other in {limit.scope for limit in tx.limits()}:
        if other != scope_meant(other) and scope_meant(other) in meant:
            tx.clear_limit(other, "month")


def shown_limits(limit: LimitRow) -> Limits:
    thresholds = tuple(map(Money, limit.thresholds))
    return Limits(
        thresholds[0] if thresholds else None,
        _money(limit.hard),
        thresholds[1:],
        None if limit.since is None else moment_of(limit.since),
    )


def _money(pico_usd: int | None) -> Money | None:
    return None if pico_usd is None else Money(pico_usd)
