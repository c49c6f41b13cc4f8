"""The inbox: mails that the platform sends, as facts; sentences are made where they are shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ppkit.practice_platform.database import Database
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none
from ppkit.practice_platform.rows import Mail


class Mailbox:
    def __init__(self, database: Database, clock: PracticeClock) -> None:
        self._database = database
        self._clock = clock

    def send(self, kind: str, recipients: Sequence[str] | None = None, **facts: str | int) -> None:
        """Put a mail into the inbox; without recipients it goes to the account's owner."""
        if recipients is None:
            recipients = [str(row[0]) for row in self._database.rows("SELECT user_email FROM organization")]
        self._database.run(
            "INSERT INTO mail (kind, recipients, facts, created_at) VALUES (?, ?, ?, ?)",
            kind,
            json.dumps(list(recipients)),
            json.dumps(facts),
            self._clock.timestamp(),
        )

    def mails(self) -> list[Mail]:
        """Newest first."""
        return [_mail(row) for row in self._database.rows("SELECT * FROM mail ORDER BY id DESC LIMIT 500")]

    def unread(self) -> int:
        return self._database.number("SELECT count(*) FROM mail WHERE read_at IS NULL")

    def mark_read(self, mail_id: int) -> None:
        self._database.run(
            "UPDATE mail SET read_at = ? WHERE id = ? AND read_at IS NULL", self._clock.timestamp(), mail_id
        )


def _mail(row: sqlite3.Row) -> Mail:
    return Mail(
        id=row["id"],
        kind=row["kind"],
        recipients=tuple(json.loads(row["recipients"])),
        facts=json.loads(row["facts"]),
        created_at=moment(row["created_at"]),
        read_at=moment_or_none(row["read_at"]),
    )
