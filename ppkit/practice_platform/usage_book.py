"""Billed calls: written once, with the money they took, and added up for pages and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ppkit.clock import month_of
from ppkit.money import Money
from ppkit.practice_platform.billing import Billing
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import InvalidField
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.practice_clock import PracticeClock
from ppkit.practice_platform.rows import ApiKeyRow, Bill, UsageRow
from ppkit.practice_platform.spend_limits import SpendLimits

GROUPS = {
    "day": "date(e.created_at, 'unixepoch')",
    "month": "strftime('%Y-%m', e.created_at, 'unixepoch')",
    "model": "e.model",
    "key": "coalesce(k.name || ' (' || k.redacted || ')', e.key_id)",
    "project": "coalesce(p.name, e.project_id)",
    "endpoint": "e.endpoint",
}
"""What usage can be grouped by, as SQL over usage_event e, api_key k, project p."""


@dataclass(frozen=True, slots=True)
class UsageBook:
    database: Database
    clock: PracticeClock
    billing: Billing
    limits: SpendLimits
    token: Token

    def bill(self, key: ApiKeyRow, user_id: str, bill: Bill, at: datetime | None = None) -> None:
        """Record a call and take its price in one transaction: all of it or nothing.

        `at` is when the call ended, where that is not now.
        """
        at = at or self.clock.now()
        now = int(at.timestamp())
        event_id = f"use_{self.token(16)}"
        project_id = key.project_id or ""
        with self.database.write():
            self._insert(event_id, now, key, user_id, bill)
            self.database.run_many(
                "INSERT INTO charge_line VALUES (?, ?, ?, ?)",
                [(event_id, item, quantity, money.pico_usd) for item, quantity, money in bill.lines],
            )
            self.database.run(
                "INSERT INTO month_spend VALUES (?, ?, ?)"
                " ON CONFLICT (month, project_id) DO UPDATE SET pico_usd = pico_usd + excluded.pico_usd",
                month_of(at),
                project_id,
                bill.total.pico_usd,
            )
            self.database.run(
                "UPDATE api_key SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?",
                now,
                key.id,
            )
            self.billing.take(bill.total)
            self.billing.recharge_if_low()
            self.limits.announce_all(project_id)

    def _insert(self, event_id: str, now: int, key: ApiKeyRow, user_id: str, bill: Bill) -> None:
        self.database.run(
            "INSERT INTO usage_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            event_id,
            now,
            bill.endpoint,
            bill.model,
            key.project_id or "",
            key.id,
            user_id,
            bill.service_tier,
            bill.input_tokens,
            bill.cached_tokens,
            bill.cache_write_tokens,
            bill.image_input_tokens,
            bill.output_tokens,
            bill.reasoning_tokens,
            bill.image_output_tokens,
            bill.images,
            bill.size,
            bill.source,
            bill.total.pico_usd,
        )

    def usage_by(
        self,
        by: Sequence[str] = ("day",),
        since: datetime | None = None,
        until: datetime | None = None,
        project_id: str | None = None,
    ) -> list[UsageRow]:
        """Calls, tokens, images and cost added up per group (names in GROUPS), `until` excluded.

        Raises InvalidField for an unknown group.
        """
        if not by or any(name not in GROUPS for name in by):
            raise InvalidField(field="by", reason="unknown")
        columns = ", ".join(GROUPS[name] for name in by)
        rows = self.database.rows(
            f"SELECT {columns}, count(*), sum(e.input_tokens), sum(e.output_tokens),"  # noqa: S608
            " sum(e.images), sum(e.pico_usd)"
            " FROM usage_event e LEFT JOIN api_key k ON k.id = e.key_id"
            " LEFT JOIN project p ON p.id = e.project_id"
            " WHERE e.created_at >= ? AND e.created_at < ? AND (? IS NULL OR e.project_id = ?)"
            f" GROUP BY {columns} ORDER BY {columns}",
            int(since.timestamp()) if since else 0,
            int(until.timestamp()) if until else 2**62,
            project_id,
            project_id,
        )
        size = len(by)
        return [
            UsageRow(
                dict(zip(by, map(str, row[:size]), strict=True)),
                row[size],
                row[size + 1],
                row[size + 2],
                row[size + 3],
                Money(row[size + 4]),
            )
            for row in map(tuple, rows)
        ]

    def billed(self) -> Money:
        """Everything ever billed."""
        return Money(self.database.number("SELECT sum(pico_usd) FROM usage_event"))

    def calls(self) -> int:
        return self.database.number("SELECT count(*) FROM usage_event")
