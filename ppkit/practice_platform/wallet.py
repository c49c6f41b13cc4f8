"""The wallet: stored test cards, the bank's question before some are taken, and holds that buy nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from ppkit.money import Money
from ppkit.practice_platform.accounts import Accounts, text_field
from ppkit.practice_platform.cards import (
    PublishedCard,
    behaviour_of,
    check_expiry,
    check_no_card_number,
    check_security_code,
    published_card,
)
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import (
    CardDeclined,
    InvalidField,
    NoPaymentMethod,
    TooMany,
    UnknownPracticeThing,
)
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none
from ppkit.practice_platform.rows import PaymentMethod

MOST_PAYMENT_METHODS = 20
MOST_BANK_TRIES = 3
HOLD = Money.usd(5)
"""What a bank sets aside to see whether a card is alive. It is no purchase, and comes back by itself."""
HOLD_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Wallet:
    database: Database
    clock: PracticeClock
    accounts: Accounts
    mailbox: Mailbox
    token: Token

    def add(self, number: str, expires: str, security_code: str, holder: str) -> PaymentMethod:
        """Add a published test card.

        Raises RealCardRefused (any other number, in whichever field; checked before all else), CardDeclined,
        InvalidField, NotSignedUp, TooMany.
        A card with 3-D Secure is added with status "needs_confirmation": see answer_bank.
        """
        card = published_card(number)
        for text in (expires, security_code, holder):
            check_no_card_number(text)
        now = self.clock.now()
        expires = check_expiry(expires, now.year, now.month)
        check_security_code(security_code)
        holder = text_field("holder", holder)
        self.accounts.required()
        if card.behaviour == "declined":
            raise CardDeclined(reason="card_declined")
        if len(self.methods()) >= MOST_PAYMENT_METHODS:
            raise TooMany(what="payment_method", most=MOST_PAYMENT_METHODS)
        return self._keep(card, expires, holder)

    def _keep(self, card: PublishedCard, expires: str, holder: str) -> PaymentMethod:
        method_id, at = f"pm_{self.token(24)}", self.clock.timestamp()
        held = card.behaviour == "hold"
        with self.database.write():
            self.database.run(
                "INSERT INTO payment_method"
                " (id, brand, last4, expires, holder, status, created_at, hold_until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                method_id,
                card.brand,
                card.number[-4:],
                expires,
                holder,
                "needs_confirmation" if card.behaviour == "confirm" else "ready",
                at,
                at + HOLD_SECONDS if held else None,
            )
            if held:
                self.mailbox.send("card_hold", last4=card.number[-4:], amount_pico_usd=HOLD.pico_usd)
        return self.method(method_id)

    def methods(self) -> list[PaymentMethod]:
        """Oldest first; the first ready one is charged by default."""
        rows = self.database.rows("SELECT * FROM payment_method ORDER BY created_at, rowid")
        return [_payment_method(row) for row in rows]

    def method(self, method_id: str) -> PaymentMethod:
        """Raises UnknownPracticeThing."""
        row = self.database.row("SELECT * FROM payment_method WHERE id = ?", method_id)
        if row is None:
            raise UnknownPracticeThing(what="payment_method", id=method_id[:60])
        return _payment_method(row)

    def remove(self, method_id: str) -> None:
        """Raises UnknownPracticeThing."""
        self.database.run("DELETE FROM payment_method WHERE id = ?", self.method(method_id).id)

    def chargeable(self, method_id: str | None) -> PaymentMethod:
        """The card to charge, by default the first ready one. Raises NoPaymentMethod, CardDeclined."""
        methods = [self.method(method_id)] if method_id else self.methods()
        if not methods:
            raise NoPaymentMethod()
        ready = [method for method in methods if method.status == "ready"]
        if not ready:
            raise CardDeclined(reason="needs_confirmation")
        return ready[0]

    # --- 3-D Secure

    def waiting(self) -> PaymentMethod | None:
        """The oldest card that its bank has asked about."""
        return next((method for method in self.methods() if method.status == "needs_confirmation"), None)

    def answer_bank(self, method_id: str, code: str) -> PaymentMethod:
        """Confirm with the code that the bank sent.

        Raises InvalidField (a wrong code; the card still waits), CardDeclined (wrong for the third time: the
        card is gone), UnknownPracticeThing (nothing to confirm).
        """
        method = self.method(method_id)
        if method.status != "needs_confirmation":
            raise UnknownPracticeThing(what="payment_method", id=method.id)
        if "".join(code.split()) == bank_code(method):
            return self.confirm(method.id)
        tries = self.database.number("SELECT bank_tries FROM payment_method WHERE id = ?", method.id) + 1
        if tries >= MOST_BANK_TRIES:
            self.remove(method.id)
            raise CardDeclined(reason="wrong_codes")
        self.database.run("UPDATE payment_method SET bank_tries = ? WHERE id = ?", tries, method.id)
        raise InvalidField(field="bank_code", reason="wrong_code" if tries == 1 else "wrong_code_again")

    def confirm(self, method_id: str) -> PaymentMethod:
        """The bank says yes. Raises UnknownPracticeThing."""
        self.database.run(
            "UPDATE payment_method SET status = 'ready' WHERE id = ?", self.method(method_id).id
        )
        return self.method(method_id)


def bank_code(method: PaymentMethod) -> str:
    """The six digits that the bank of this card sends to its holder's phone; no secret, only a rehearsal."""
    digest = hashlib.sha256(f"bank code of {method.id}".encode()).digest()
    return f"{int.from_bytes(digest[:4]) % 10**6:06d}"


def fails_when_charged(method: PaymentMethod) -> bool:
    return behaviour_of(method.last4) == "insufficient_funds"


def is_reviewed(method: PaymentMethod) -> bool:
    """Whether what this card pays is looked at first, so that the credit arrives minutes later."""
    return behaviour_of(method.last4) == "review"


def _payment_method(row: sqlite3.Row) -> PaymentMethod:
    return PaymentMethod(
        id=row["id"],
        brand=row["brand"],
        last4=row["last4"],
        expires=row["expires"],
        holder=row["holder"],
        status=row["status"],
        created_at=moment(row["created_at"]),
        hold_until=moment_or_none(row["hold_until"]),
    )
