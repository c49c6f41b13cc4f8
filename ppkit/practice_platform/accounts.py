"""The account and its organization: sign up, verification, business data."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import AlreadySignedUp, InvalidField, NotSignedUp
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none
from ppkit.practice_platform.rows import Account

LONGEST_FIELD = 10_000
EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
DOLLAR = 10**12
VERIFICATION_SPREADS_SECONDS = 900
"""As OpenAI's own error text says: "it can take up to 15 minutes for access to propagate"."""


@dataclass(frozen=True, slots=True)
class Accounts:
    database: Database
    clock: PracticeClock
    mailbox: Mailbox
    token: Token

    def current(self) -> Account | None:
        row = self.database.row("SELECT * FROM organization")
        return _account(row, self.clock.timestamp()) if row else None

    def required(self) -> Account:
        """Raises NotSignedUp."""
        account = self.current()
        if account is None:
            raise NotSignedUp()
        return account

    def sign_up(self, name: str, email: str, organization_name: str) -> Account:
        """Make the account, its organization and its default project. Raises AlreadySignedUp, InvalidField.

        There is no password: a rehearsal should not lead a user to type a real one.
        """
        name, organization_name = text_field("name", name), text_field("organization_name", organization_name)
        email = email_field("email", email)
        if account := self.current():
            raise AlreadySignedUp(email=account.email)
        now = self.clock.timestamp()
        with self.database.write():
            self.database.run(
                "INSERT INTO organization (id, name, user_id, user_name, user_email, created_at,"
                " recharge_below_pico_usd, recharge_to_pico_usd) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                f"org-{self.token(24)}",
                organization_name,
                f"user-{self.token(24)}",
                name,
                email,
                now,
                5 * DOLLAR,
                10 * DOLLAR,
            )
            self.database.run(
                "INSERT INTO project (id, name, is_default, created_at) VALUES (?, 'Default project', 1, ?)",
                f"proj_{self.token(24)}",
                now,
            )
            self.mailbox.send("welcome", name=name, organization=organization_name)
        return self.required()

    def set_business(self, company: str, address: str, vat_number: str) -> Account:
        """Billing preferences, as they go on the next invoices. Raises NotSignedUp, InvalidField."""
        values = [
            text_field("company", company, required=False),
            text_field("address", address, required=False),
            vat_number_field("vat_number", vat_number),
        ]
        account = self.required()
        self.database.run(
            "UPDATE organization SET company = ?, address = ?, vat_number = ? WHERE id = ?",
            *values,
            account.organization_id,
        )
        return self.required()

    def verify_organization(self) -> Account:
        """Verified, for scripts; people go through `Verification`. The models open 15 minutes later.

        Raises NotSignedUp.
        """
        account = self.required()
        self.database.run(
            "UPDATE organization SET verified_at = ? WHERE id = ?",
            self.clock.timestamp() + VERIFICATION_SPREADS_SECONDS,
            account.organization_id,
        )
        return self.required()

    def is_verified(self) -> bool:
        """Whether the identity check has been passed and has reached the models by now."""
        account = self.current()
        if account is None or account.verified_at is None:
            return False
        return self.clock.now() >= account.verified_at


def text_field(field: str, value: str, *, required: bool = True) -> str:
    """What a user typed, without the spaces around it. Raises InvalidField (empty, over 10,000)."""
    value = value.strip().replace("\x00", "")
    if required and not value:
        raise InvalidField(field=field, reason="empty")
    if len(value) > LONGEST_FIELD:
        raise InvalidField(field=field, reason="too_long")
    return value


def email_field(field: str, value: str) -> str:
    value = text_field(field, value)
    if not EMAIL.fullmatch(value) or len(value) > 254:
        raise InvalidField(field=field, reason="not_an_email")
    return value


def vat_number_field(field: str, value: str) -> str:
    """A VAT number of an EU country in one piece, prefix first; "" stays "". Raises InvalidField.

    Every country's own format and check digits, by python-stdnum: for Italy "IT" and 11 digits (Luhn).
    """
    from stdnum.eu import vat  # a tenth of a second that no start should wait for

    value = text_field(field, value, required=False)
    try:
        return str(vat.validate(value)) if value else ""
    except ValueError as error:
        raise InvalidField(field=field, reason="not_a_vat_number") from error


def _account(row: sqlite3.Row, now: int) -> Account:
    verified_at = row["verified_at"]
    return Account(
        organization_id=row["id"],
        organization_name=row["name"],
        user_id=row["user_id"],
        name=row["user_name"],
        email=row["user_email"],
        created_at=moment(row["created_at"]),
        verified_at=moment_or_none(verified_at if verified_at and verified_at <= now else None),
        company=row["company"],
        address=row["address"],
        vat_number=row["vat_number"],
    )
