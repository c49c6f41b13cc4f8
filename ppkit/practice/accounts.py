"""The account and its organization: sign up, verification, business data."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from ppkit.practice.clock import PracticeClock, moment, moment_or_none
from ppkit.practice.database import Database
from ppkit.practice.errors import AlreadySignedUp, InvalidField, NotSignedUp
from ppkit.practice.ids import Token
from ppkit.practice.mailbox import Mailbox
from ppkit.practice.rows import Account

LONGEST_FIELD = 10_000
EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
DOLLAR = 10**12


@dataclass(frozen=True, slots=True)
class Accounts:
    database: Database
    clock: PracticeClock
    mailbox: Mailbox
    token: Token

    def current(self) -> Account | None:
        row = self.database.row("SELECT * FROM organization")
        return _account(row) if row else None

    def required(self) -> Account:
        """Raises NotSignedUp."""
        account = self.current()
        if account is None:
            raise NotSignedUp()
        return account

    def sign_up(self, name: str, email: str, organization_name: str) -> Account:
        """Make the account, its organization and its default project. Raises AlreadySignedUp, InvalidField.

        There is no password: nobody should be led to type a real one into a rehearsal.
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
            text_field("vat_number", vat_number, required=False).replace(" ", "").upper(),
        ]
        if values[2] and not is_vat_number(values[2]):
            raise InvalidField(field="vat_number", reason="not_a_vat_number")
        account = self.required()
        self.database.run(
            "UPDATE organization SET company = ?, address = ?, vat_number = ? WHERE id = ?",
            *values,
            account.organization_id,
        )
        return self.required()

    def verify_organization(self) -> Account:
        """Rehearse the identity check that some models ask for. Raises NotSignedUp."""
        account = self.required()
        self.database.run(
            "UPDATE organization SET verified_at = coalesce(verified_at, ?) WHERE id = ?",
            self.clock.timestamp(),
            account.organization_id,
        )
        return self.required()


def text_field(field: str, value: str, *, required: bool = True) -> str:
    """What a person typed, without the spaces around it. Raises InvalidField (empty, over 10,000)."""
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


def is_vat_number(value: str) -> bool:
    """Italy: "IT" and 11 digits, the last a check digit (Luhn); elsewhere two letters and 2-13 characters."""
    if value.startswith("IT"):
        digits = value[2:]
        if not re.fullmatch(r"[0-9]{11}", digits):
            return False
        doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[1::2]]
        return (sum(int(digit) for digit in digits[0::2]) + sum(doubled)) % 10 == 0
    return bool(re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", value))


def _account(row: sqlite3.Row) -> Account:
    return Account(
        organization_id=row["id"],
        organization_name=row["name"],
        user_id=row["user_id"],
        name=row["user_name"],
        email=row["user_email"],
        created_at=moment(row["created_at"]),
        verified_at=moment_or_none(row["verified_at"]),
        company=row["company"],
        address=row["address"],
        vat_number=row["vat_number"],
    )
