"""The identity check that some models ask of an organization, as a drill: it takes its time and may fail.

No real document is shown here. The made-up ones stand for what people report of the real check: a document
is good for one attempt in 90 days, the answer takes minutes, and the models open some minutes after a "yes".
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ppkit.practice_platform.accounts import Accounts
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import DocumentSpent, InvalidField, UnknownPracticeThing
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none

REVIEW_SECONDS = 15 * 60
OPENING_SECONDS = 15 * 60
DOCUMENT_RESTS_SECONDS = 90 * 86_400
USED_ELSEWHERE_SECONDS = 30 * 86_400
DOCUMENTS = ("identity_card", "blurred_passport", "used_licence")
"""A good one; one that cannot be read; one that verified another organization a month before this began."""

Stage = Literal["unverified", "in_review", "refused", "opening", "verified"]


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """Where the check stands. `until`: end of the review or of the opening; `since`: of the last answer."""

    stage: Stage
    document: str = ""
    until: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    database: Database
    clock: PracticeClock
    accounts: Accounts
    mailbox: Mailbox

    def start(self, document: str) -> IdentityCheck:
        """Show one of DOCUMENTS.

        Raises NotSignedUp, InvalidField (no such document), UnknownPracticeThing (nothing to verify now),
        DocumentSpent.
        """
        if document not in DOCUMENTS:
            raise InvalidField(field="document", reason="unknown")
        account = self.accounts.required()
        if self.state().stage not in ("unverified", "refused"):
            raise UnknownPracticeThing(what="verification", id=document)
        if (until := self.rests_until(document)) is not None:
            raise DocumentSpent(document=document, until=until)
        self._hand_in(document, account.organization_id)
        return self.state()

    def _hand_in(self, document: str, organization_id: str) -> None:
        now = self.clock.timestamp()
        answered_at = now + REVIEW_SECONDS
        approved = document != "blurred_passport"
        with self.database.write():
            self.database.run(
                "INSERT INTO identity_check (document, started_at, answered_at, approved)"
                " VALUES (?, ?, ?, ?)",
                document,
                now,
                answered_at,
                int(approved),
            )
            if approved:
                self.database.run(
                    "UPDATE organization SET verified_at = ? WHERE id = ?",
                    answered_at + OPENING_SECONDS,
                    organization_id,
                )

    def state(self) -> IdentityCheck:
        now = self.clock.timestamp()
        row = self.database.row("SELECT * FROM identity_check ORDER BY id DESC LIMIT 1")
        verified_at = self.database.number("SELECT verified_at FROM organization")
        if verified_at and verified_at <= now:
            return IdentityCheck("verified", since=moment(verified_at))
        if row is None:  # verified by a script, if at all
            return IdentityCheck(
                "opening" if verified_at else "unverified", until=moment_or_none(verified_at)
            )
        answered_at = moment(row["answered_at"])
        if row["answered_at"] > now:
            return IdentityCheck("in_review", row["document"], until=answered_at)
        if row["approved"]:
            return IdentityCheck("opening", row["document"], moment_or_none(verified_at), answered_at)
        return IdentityCheck("refused", row["document"], since=answered_at)

    def shown(self) -> frozenset[str]:
        """The documents that were shown here."""
        return frozenset(row[0] for row in self.database.rows("SELECT DISTINCT document FROM identity_check"))

    def rests_until(self, document: str) -> datetime | None:
        """Until when a document cannot be shown again; None when it can."""
        last = self.database.number("SELECT max(started_at) FROM identity_check WHERE document = ?", document)
        if not last and document == "used_licence":
            last = int(self.accounts.required().created_at.timestamp()) - USED_ELSEWHERE_SECONDS
        until = last + DOCUMENT_RESTS_SECONDS
        return moment(until) if until > self.clock.timestamp() else None

    def settle_time(self) -> None:
        """Send the answers whose time has come."""
        due = "told = 0 AND answered_at <= ?"
        now = self.clock.timestamp()
        if self.database.row(f"SELECT id FROM identity_check WHERE {due}", now) is None:  # noqa: S608
            return
        with self.database.write():
            for row in self.database.rows(f"SELECT * FROM identity_check WHERE {due}", now):  # noqa: S608
                self._tell(row)

    def _tell(self, row: sqlite3.Row) -> None:
        self.database.run("UPDATE identity_check SET told = 1 WHERE id = ?", row["id"])
        if row["approved"]:
            self.mailbox.send("verification_approved")
        else:
            self.mailbox.send("verification_refused")
