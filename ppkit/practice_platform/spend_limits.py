"""Spend limits (they block) and spend alerts (they inform), for the organization and for one project."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ppkit.clock import month_of
from ppkit.money import Money
from ppkit.practice_platform.accounts import email_field
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import InvalidAmount, InvalidField, TooMany, UnknownPracticeThing
from ppkit.practice_platform.faults import Faults
from ppkit.practice_platform.holds import Holds
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment
from ppkit.practice_platform.rows import ORGANIZATION, SpendAlert, SpendLimit

PICO_PER_CENT = 10**10
MOST_CENTS = 2**63 - 1
"""What the database holds: OpenAI's document knows no highest amount."""
MOST_ALERTS = 100


@dataclass(frozen=True, slots=True)
class SpendLimits:
    database: Database
    clock: PracticeClock
    mailbox: Mailbox
    faults: Faults
    holds: Holds
    token: Token

    def spent(self, scope: str = ORGANIZATION) -> Money:
        """What this month (UTC) has cost so far."""
        month = month_of(self.clock.now())
        if scope == ORGANIZATION:
            return Money(self.database.number("SELECT sum(pico_usd) FROM month_spend WHERE month = ?", month))
        return Money(
            self.database.number(
                "SELECT pico_usd FROM month_spend WHERE month = ? AND project_id = ?", month, scope
            )
        )

    # --- limits

    def limit(self, scope: str = ORGANIZATION) -> SpendLimit | None:
        row = self.database.row("SELECT cents, enforced FROM spend_limit WHERE scope = ?", scope)
        return SpendLimit(scope, row[0], bool(row[1]), self.spent(scope)) if row else None

    def set_limit(self, cents: int, scope: str = ORGANIZATION, *, enforced: bool = True) -> SpendLimit:
        """Raises InvalidAmount."""
        check_cents(cents)
        self.database.run(
            "INSERT INTO spend_limit VALUES (?, ?, ?)"
            " ON CONFLICT (scope) DO UPDATE SET cents = excluded.cents, enforced = excluded.enforced",
            scope,
            cents,
            int(enforced),
        )
        return SpendLimit(scope, cents, enforced, self.spent(scope))

    def remove_limit(self, scope: str = ORGANIZATION) -> None:
        self.database.run("DELETE FROM spend_limit WHERE scope = ?", scope)

    def blocks(self, scope: str) -> bool:
        """Whether the scope's enforced limit is used up."""
        return scope in self.blocking(scope)

    def blocking(self, *scopes: str, under_way: bool = False) -> list[str]:
        """Those of the scopes whose enforced limit is used up, in the order given.

        `under_way`: what the calls under way will cost counts as spent.
        """
        marks = ", ".join("?" * len(scopes))
        rows = self.database.rows(
            f"SELECT scope, cents FROM spend_limit WHERE enforced = 1 AND scope IN ({marks})",  # noqa: S608
            *scopes,
        )
        used_up = {
            scope for scope, cents in rows if self._is_used_up(scope, cents * PICO_PER_CENT, under_way)
        }
        return [scope for scope in scopes if scope in used_up]

    def _is_used_up(self, scope: str, threshold: int, under_way: bool) -> bool:
        if self.faults.is_on("late_limits"):
            return self.spent(scope).pico_usd >= threshold + threshold // 10
        held = self.holds.held(scope).pico_usd if under_way else 0
        return self.spent(scope).pico_usd + held >= threshold

    # --- alerts

    def alerts(self, scope: str = ORGANIZATION) -> list[SpendAlert]:
        """Oldest first."""
        rows = self.database.rows(
            "SELECT * FROM spend_alert WHERE scope = ? ORDER BY created_at, rowid", scope
        )
        return [_alert(row) for row in rows]

    def alert(self, alert_id: str, scope: str = ORGANIZATION) -> SpendAlert:
        """Raises UnknownPracticeThing."""
        row = self.database.row("SELECT * FROM spend_alert WHERE id = ? AND scope = ?", alert_id, scope)
        if row is None:
            raise UnknownPracticeThing(what="spend_alert", id=alert_id[:60])
        return _alert(row)

    def create_alert(
        self,
        cents: int,
        recipients: Sequence[str],
        scope: str = ORGANIZATION,
        subject_prefix: str | None = None,
    ) -> SpendAlert:
        """Raises InvalidAmount, InvalidField, TooMany."""
        check_cents(cents, smallest=0)
        if len(self.alerts(scope)) >= MOST_ALERTS:
            raise TooMany(what="spend_alert", most=MOST_ALERTS)
        alert_id = f"alert_{self.token(24)}"
        self.database.run(
            "INSERT INTO spend_alert VALUES (?, ?, ?, ?, ?, ?)",
            alert_id,
            scope,
            cents,
            json.dumps(_recipients(recipients)),
            subject_prefix,
            self.clock.timestamp(),
        )
        self.announce(scope)
        return self.alert(alert_id, scope)

    def update_alert(
        self, alert_id: str, cents: int, recipients: Sequence[str], scope: str, subject_prefix: str | None
    ) -> SpendAlert:
        check_cents(cents, smallest=0)
        self.database.run(
            "UPDATE spend_alert SET cents = ?, recipients = ?, subject_prefix = ? WHERE id = ?",
            cents,
            json.dumps(_recipients(recipients)),
            subject_prefix,
            self.alert(alert_id, scope).id,
        )
        return self.alert(alert_id, scope)

    def delete_alert(self, alert_id: str, scope: str = ORGANIZATION) -> None:
        self.database.run("DELETE FROM spend_alert WHERE id = ?", self.alert(alert_id, scope).id)

    def announce_all(self, project_id: str) -> None:
        """Send the mails that a call of this project calls for; most accounts have no alert and no limit."""
        scopes = self.database.rows("SELECT scope FROM spend_alert UNION SELECT scope FROM spend_limit")
        for (scope,) in scopes:
            if scope in (ORGANIZATION, project_id):
                self.announce(scope)

    def announce(self, scope: str) -> None:
        """Send the mails that this month's spending calls for, each once a month."""
        alerts = self.database.rows("SELECT * FROM spend_alert WHERE scope = ?", scope)
        limit = self.limit(scope)
        spent = self.spent(scope)
        for alert in map(_alert, alerts):
            if spent >= alert.amount and self._first_time(alert.id):
                self.mailbox.send(
                    "spend_alert",
                    alert.recipients,
                    scope=scope,
                    threshold_pico_usd=alert.amount.pico_usd,
                    spent_pico_usd=spent.pico_usd,
                    subject_prefix=alert.subject_prefix or "",
                )
        if (
            limit
            and limit.enforced
            and spent >= limit.amount
            and self._first_time(f"limit:{scope}:{limit.cents}")
        ):
            self.mailbox.send(
                "limit_reached",
                scope=scope,
                threshold_pico_usd=limit.amount.pico_usd,
                spent_pico_usd=spent.pico_usd,
            )

    def _first_time(self, name: str) -> bool:
        month = month_of(self.clock.now())
        return self.database.run("INSERT OR IGNORE INTO spend_notice VALUES (?, ?)", month, name) == 1


def check_cents(cents: int, *, smallest: int = 1) -> None:
    if not smallest <= cents <= MOST_CENTS:
        raise InvalidAmount(
            smallest=Money(smallest * PICO_PER_CENT), largest=Money(MOST_CENTS * PICO_PER_CENT)
        )


def _recipients(recipients: Sequence[str]) -> list[str]:
    if not 1 <= len(recipients) <= 20:
        raise InvalidField(field="recipients", reason="empty" if not recipients else "too_long")
    return [email_field("recipients", recipient) for recipient in recipients]


def _alert(row: sqlite3.Row) -> SpendAlert:
    return SpendAlert(
        id=row["id"],
        scope=row["scope"],
        cents=row["cents"],
        recipients=tuple(json.loads(row["recipients"])),
        subject_prefix=row["subject_prefix"],
        created_at=moment(row["created_at"]),
    )
