"""The rows of limits inside one open transaction: the limits, the sums they are held against, their alerts.

A part of `transaction.Transaction`, which says how statements are written. Sums of months are there for every
scope; those of days and totals only where a limit asks for them (`limit_sums`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from ppkit.spending.ledger.limit_check import ScopeBalance
from ppkit.spending.ledger.limit_periods import SINCE, LimitPeriod
from ppkit.spending.ledger.sql_port import Execute, ExecuteMany
from ppkit.spending.ledger.timestamps import DAY, MONTH


class LimitRow(NamedTuple):
    """One limit as it is written. Amounts in pico-dollars; `thresholds` from the lowest to the highest."""

    scope: str
    period: LimitPeriod
    since: str | None
    thresholds: tuple[int, ...]
    hard: int | None


class LimitChangeRow(NamedTuple):
    """What a limit was from a moment on, who set it so and why."""

    at: str
    limit: LimitRow
    author: str
    why: str


class AlertRow(NamedTuple):
    """An alert that has not left yet."""

    id: int
    period: str
    scope: str
    threshold: int
    spent: int
    uncertain: int
    queued_at: str
    attempts: int
    try_at: str | None
    failure: str | None


class ScopeSums(NamedTuple):
    """What a scope has come to in one period, in pico-dollars; the columns of `scope_sum` after its key."""

    spent: int = 0
    reserved: int = 0
    uncertain: int = 0
    estimated: int = 0
    ceiling: int = 0
    overrun: int = 0
    calls: int = 0


SUM_COLUMNS = (
    "spent_pico_usd",
    "reserved_pico_usd",
    "uncertain_pico_usd",
    "estimated_pico_usd",
    "ceiling_pico_usd",
    "overrun_pico_usd",
    "calls",
)
LIMIT_CHANGE_COLUMNS = (
    "at",
    "scope",
    "period",
    "since",
    "soft_pico_usd",
    "also_soft",
    "hard_pico_usd",
    "author",
    "why",
)

_PERIOD = f"CASE spending_limit.period WHEN 'month' THEN ? WHEN 'day' THEN ? ELSE '{SINCE}' || since END"
_COVERS = f"(period = ? OR (period > '{SINCE}' AND period <= ?))"
"""Takes a day and the name of a total that would begin with the call."""

LIMITS = """
SELECT spending_limit.scope, spending_limit.period, since, hard_pico_usd, pico_usd
FROM spending_limit LEFT JOIN threshold
  ON threshold.scope = spending_limit.scope AND threshold.period = spending_limit.period
ORDER BY spending_limit.scope, spending_limit.period, pico_usd"""

WRITE_LIMIT = (
    "INSERT INTO spending_limit (scope, period, since, soft_pico_usd, hard_pico_usd) VALUES (?, ?, ?, ?, ?)"
)
CLEAR_LIMIT = "DELETE FROM spending_limit WHERE scope = ? AND period = ?"
WRITE_THRESHOLD = "INSERT INTO threshold (scope, period, pico_usd) VALUES (?, ?, ?)"
CLEAR_THRESHOLDS = "DELETE FROM threshold WHERE scope = ? AND period = ?"

NOTE_LIMIT = f"""
INSERT INTO limit_change (id, {", ".join(LIMIT_CHANGE_COLUMNS)})
SELECT coalesce(max(id), 0) + 1, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT),
       CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT)
FROM limit_change"""  # noqa: S608

WRITE_SUMS = (
    f"INSERT INTO scope_sum (period, scope, {', '.join(SUM_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)
ADD_SUMS = f"""
INSERT INTO scope_sum (period, scope, {", ".join(SUM_COLUMNS)})
SELECT period, CAST(? AS TEXT), {", ".join(SUM_COLUMNS)} FROM scope_sum WHERE scope = ?
ON CONFLICT (period, scope) DO UPDATE
SET {", ".join(f"{name} = scope_sum.{name} + excluded.{name}" for name in SUM_COLUMNS)}"""  # noqa: S608
FORGET_SUMS = f"""
DELETE FROM scope_sum WHERE scope = ? AND ((CAST(? AS TEXT) = 'day' AND length(period) = 10)
  OR (CAST(? AS TEXT) = 'total' AND period > '{SINCE}'))"""  # noqa: S608

# A process that claims an alert sends it; the claim of one that died runs out, so no alert is lost. What lies
# further ahead than any claim or pause was written by a clock that has been set right since.
CLAIM_ALERT = """
UPDATE alert SET claimed_until = :until
WHERE id = :id AND sent_at IS NULL
  AND (claimed_until IS NULL OR claimed_until <= :now OR claimed_until > :farthest)
  AND (try_at IS NULL OR try_at <= :now OR try_at > :farthest) RETURNING id"""

POSTPONE_ALERT = """
UPDATE alert SET claimed_until = NULL, attempts = attempts + 1, try_at = :try_at, failure = :failure
WHERE id = :id AND sent_at IS NULL"""

PENDING_ALERTS = f"""
SELECT {
    ", ".join(AlertRow._fields)
    .replace("threshold", "threshold_pico_usd")
    .replace("spent", "spent_pico_usd")
    .replace("uncertain", "uncertain_pico_usd")
}
FROM alert WHERE sent_at IS NULL ORDER BY id"""  # noqa: S608


class LimitRows:
    """Limits, sums by period and scope, alerts. Amounts are pico-dollars."""

    execute: Execute
    execute_many: ExecuteMany

    # --- where limits stand

    def balances(self, _call_id: str, at: str, scopes: Sequence[str]) -> list[ScopeBalance]:
        """Where each limit of the scopes stands in the period of a moment. A store far away may look at the
        same time whether the call's id was used before, and raise DuplicateCall.
        """
        return [
            ScopeBalance(*row)
            for row in self.execute(balances_sql(len(scopes)), by_scope(at, scopes)).fetchall()
        ]

    def write_sums(self, period: str, scope: str, sums: ScopeSums) -> None:
        """Begin to keep the sums of a scope in a period, with what has counted in it so far."""
        self.execute(WRITE_SUMS, (period, scope, *sums))

    def forget_sums(self, scope: str, period: str) -> None:
        """Keep the scope's sums by day, or in total, no longer; those by month stay."""
        self.execute(FORGET_SUMS, (scope, period, period))

    def count_further(self, call_ids: Iterable[str]) -> None:
        """From now on these calls in flight may count in more sums than those of their months."""
        for call_id in call_ids:
            self.execute("UPDATE reservation SET further = 1 WHERE call_id = ?", (call_id,))

    def has_counted(self, scope: str) -> bool:
        """Whether a call ever counted in the scope."""
        sql = "SELECT 1 FROM scope_sum WHERE scope = :scope LIMIT 1"
        return self.execute(sql, {"scope": scope}).fetchone() is not None

    def forget_scope(self, before: str, after: str) -> None:
        """Add the sums by month of one scope to those of another; limits, alerts and notes of it are gone."""
        for period in ("month", "day", "total"):
            self.clear_limit(before, period)
            self.forget_sums(before, period)
        self.execute("DELETE FROM alert WHERE scope = ?", (before,))
        # The schema lets notes go under a forgotten name alone.
        self.execute("UPDATE limit_change SET scope = ? WHERE scope = ?", (after, before))
        self.execute("DELETE FROM limit_change WHERE scope = ?", (after,))
        self.execute(ADD_SUMS, (after, before))
        self.execute("DELETE FROM scope_sum WHERE scope = ?", (before,))

    # --- limits

    def limits(self) -> list[LimitRow]:
        """Every limit, by scope and period."""
        found: dict[tuple[str, str], LimitRow] = {}
        for scope, period, since, hard, threshold in self.execute(LIMITS).fetchall():
            row = found.get((scope, period)) or LimitRow(scope, period, since, (), hard)
            more = () if threshold is None else (threshold,)
            found[scope, period] = row._replace(thresholds=(*row.thresholds, *more))
        return [*found.values()]

    def write_limit(self, limit: LimitRow) -> None:
        """Set a limit in the place of the one that its scope has for this period."""
        scope, period, since, thresholds, hard = limit
        self.clear_limit(scope, period)
        lowest = thresholds[0] if thresholds else None
        self.execute(WRITE_LIMIT, (scope, period, since, lowest, hard))
        for threshold in thresholds:
            self.execute(WRITE_THRESHOLD, (scope, period, threshold))

    def clear_limit(self, scope: str, period: str) -> None:
        self.execute(CLEAR_THRESHOLDS, (scope, period))
        self.execute(CLEAR_LIMIT, (scope, period))

    def note_limit(self, change: LimitChangeRow) -> None:
        """Write down who changed a limit, and why; that is never changed again."""
        at, (scope, period, since, thresholds, hard), author, why = change
        lowest, also = (thresholds[0], thresholds[1:]) if thresholds else (None, ())
        self.execute(NOTE_LIMIT, (at, scope, period, since, lowest, json.dumps(also), hard, author, why))

    def limit_changes(self) -> list[LimitChangeRow]:
        """Every change of a limit, the oldest first."""
        sql = f"SELECT {', '.join(LIMIT_CHANGE_COLUMNS)} FROM limit_change ORDER BY id"  # noqa: S608
        return [
            LimitChangeRow(
                at,
                LimitRow(scope, period, since, () if soft is None else (soft, *json.loads(also)), hard),
                author,
                why,
            )
            for at, scope, period, since, soft, also, hard, author, why in self.execute(sql).fetchall()
        ]

    # --- alerts

    def reaches_soft_limit(self, at: str, scopes: Sequence[str]) -> bool:
        """Whether `queue_alerts` may have something to do; a store far away says so without a look."""
        return bool(self.execute(_reached_sql(len(scopes)), by_scope(at, scopes)).fetchall())

    def queue_alerts(self, at: str, scopes: Sequence[str], now: str) -> None:
        """Queue an alert for every threshold that is reached in the periods of a moment, unless it was
        queued.

        What is uncertain counts: a notice that comes too early is better than one that does not come.
        """
        self.execute(_queue_sql(len(scopes)), (now, at[MONTH], at[DAY], *scopes))

    def withdraw_alerts(self, at: str, scopes: Sequence[str]) -> None:
        """Take back what waits to be sent and, since a call was corrected, is not so any more."""
        self.execute(_withdraw_sql(len(scopes)), (at[MONTH], at[DAY], SINCE + at, *scopes))

    def rename_alerts(self, scope: str, period: str, now_called: str) -> None:
        """What was told of a period holds for the one that it has become."""
        sql = "UPDATE alert SET period = ? WHERE period = ? AND scope = ?"
        self.execute(sql, (now_called, period, scope))

    def pending_alerts(self) -> list[AlertRow]:
        """What is not yet sent, the oldest first."""
        return [AlertRow(*row) for row in self.execute(PENDING_ALERTS).fetchall()]

    def claim_alert(self, alert_id: int, now: str, until: str, farthest: str) -> bool:
        """Take the alert for sending until a moment; False when another process has it, it is sent, or a try
        is not due yet. A claim or a pause that lasts beyond the `farthest` moment counts as over.
        """
        known = {"id": alert_id, "now": now, "until": until, "farthest": farthest}
        return bool(self.execute(CLAIM_ALERT, known).fetchall())

    def postpone_alert(self, alert_id: int, try_at: str, failure: str) -> None:
        """Give a claimed alert back: it could not be sent, and is tried again from that moment on."""
        self.execute(POSTPONE_ALERT, {"id": alert_id, "try_at": try_at, "failure": failure})

    def mark_alert_sent(self, alert_id: int, now: str) -> None:
        self.execute("UPDATE alert SET sent_at = ? WHERE id = ? AND sent_at IS NULL", (now, alert_id))


def by_scope(at: str, scopes: Sequence[str]) -> list[str]:
    """The parameters of a statement that looks at the limits of each scope."""
    month, day = at[MONTH], at[DAY]
    return [value for scope in scopes for value in (month, day, scope)]


# The statements below differ only in how many scopes they name. Two sums are never added up to be compared:
# that could pass 64 bits, where taking one from the other cannot.


@cache
def balances_sql(count: int) -> str:
    """Takes the month, the day and the scope, for each scope."""
    # One look-up per scope: for an IN, SQLite would fill a table of its own first.
    one = f"""
SELECT spending_limit.scope, spending_limit.period, since, soft_pico_usd, hard_pico_usd,
       CASE WHEN scope_sum.scope IS NULL THEN 0 ELSE 1 END, coalesce(spent_pico_usd, 0),
       coalesce(uncertain_pico_usd, 0), coalesce(reserved_pico_usd, 0)
FROM spending_limit LEFT JOIN scope_sum
  ON scope_sum.period = {_PERIOD} AND scope_sum.scope = spending_limit.scope
WHERE spending_limit.scope = ?"""  # noqa: S608
    return " UNION ALL ".join([one] * count)


@cache
def charge_further_sql(names: tuple[str, ...], count: int) -> str:
    """Takes what is added to each sum, a day, the name of a total that would begin then, and scopes."""
    changes = ", ".join(f"{name} = {name} + ?" for name in names)
    return f"UPDATE scope_sum SET {changes} WHERE {_COVERS} AND scope IN ({', '.join('?' * count)})"  # noqa: S608


@cache
def _reached_sql(count: int) -> str:
    one = f"""
SELECT 1 FROM spending_limit JOIN scope_sum
  ON scope_sum.period = {_PERIOD} AND scope_sum.scope = spending_limit.scope
WHERE spending_limit.scope = ? AND soft_pico_usd - spent_pico_usd <= uncertain_pico_usd"""  # noqa: S608
    return " UNION ALL ".join([one] * count)


@cache
def _queue_sql(count: int) -> str:
    return f"""
INSERT INTO alert (period, scope, threshold_pico_usd, spent_pico_usd, uncertain_pico_usd, queued_at)
SELECT scope_sum.period, scope_sum.scope, pico_usd, spent_pico_usd, uncertain_pico_usd, CAST(? AS TEXT)
FROM spending_limit
JOIN scope_sum ON scope_sum.period = {_PERIOD} AND scope_sum.scope = spending_limit.scope
JOIN threshold ON threshold.scope = spending_limit.scope AND threshold.period = spending_limit.period
WHERE spending_limit.scope IN ({", ".join("?" * count)}) AND pico_usd - spent_pico_usd <= uncertain_pico_usd
ON CONFLICT DO NOTHING"""  # noqa: S608


@cache
def _withdraw_sql(count: int) -> str:
    return f"""
DELETE FROM alert WHERE (period = ? OR {_COVERS}) AND scope IN ({", ".join("?" * count)}) AND sent_at IS NULL
  AND claimed_until IS NULL AND
  (SELECT alert.threshold_pico_usd - scope_sum.spent_pico_usd > scope_sum.uncertain_pico_usd FROM scope_sum
    WHERE scope_sum.period = alert.period AND scope_sum.scope = alert.scope)"""  # noqa: S608
