"""Prepaid credit: purchases, auto-recharge, the balance, and what a call takes from it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from ppkit.clock import month_of
from ppkit.money import Money
from ppkit.practice_platform.accounts import Accounts
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import CardDeclined, InvalidAmount, UnknownPracticeThing
from ppkit.practice_platform.faults import Faults
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment
from ppkit.practice_platform.rows import AutoRecharge, Invoice, PaymentMethod, Purchase
from ppkit.practice_platform.wallet import Wallet, fails_when_charged, is_reviewed

SMALLEST_PURCHASE = Money.usd(5)
LARGEST_PURCHASE = Money.usd(1000)
CREDIT_LASTS_SECONDS = 365 * 86_400
SLOW_CREDIT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Billing:
    database: Database
    clock: PracticeClock
    accounts: Accounts
    wallet: Wallet
    mailbox: Mailbox
    faults: Faults
    token: Token

    # --- credit

    def buy_credits(self, amount: Money, payment_method_id: str | None = None) -> Purchase:
        """Buy prepaid credit with a stored card.

        Raises NoPaymentMethod, CardDeclined (the purchase is on record as declined), InvalidAmount.
        """
        self.accounts.required()
        if not SMALLEST_PURCHASE <= amount <= LARGEST_PURCHASE or amount.pico_usd % 10**10:
            raise InvalidAmount(smallest=SMALLEST_PURCHASE, largest=LARGEST_PURCHASE)
        method = self.wallet.chargeable(payment_method_id)
        refused = fails_when_charged(method) or self.faults.is_on("card_declined")
        purchase = self._record(amount, "purchase", "declined" if refused else "credited", method)
        if refused:
            raise CardDeclined(reason="insufficient_funds")
        return purchase

    def give_credits(self, amount: Money) -> Purchase:
        """Credit without a card, for scripts and classes (the control room's short cut)."""
        self.accounts.required()
        if not Money(0) < amount <= LARGEST_PURCHASE:
            raise InvalidAmount(smallest=Money(1), largest=LARGEST_PURCHASE)
        return self._record(amount, "gift", "credited", None)

    def purchases(self) -> list[Purchase]:
        """Newest first."""
        self.settle_time()
        rows = self.database.rows("SELECT * FROM purchase ORDER BY created_at DESC, rowid DESC")
        return [_purchase(row) for row in rows]

    def purchase(self, purchase_id: str) -> Purchase:
        """Raises UnknownPracticeThing."""
        row = self.database.row("SELECT * FROM purchase WHERE id = ?", purchase_id)
        if row is None:
            raise UnknownPracticeThing(what="purchase", id=purchase_id)
        return _purchase(row)

    def invoice(self, purchase_id: str) -> Invoice:
        """Raises UnknownPracticeThing: also for gifts and declined purchases, which are not billed."""
        row = self.database.row("SELECT * FROM invoice WHERE purchase_id = ?", purchase_id)
        if row is None:
            raise UnknownPracticeThing(what="invoice", id=purchase_id[:60])
        purchase = self.purchase(purchase_id)
        return Invoice(purchase, row["organization"], row["company"], row["address"], row["vat_number"])

    def balance(self) -> Money:
        """Credit that can be spent now; below zero when the last calls cost more than was left."""
        now = self.clock.timestamp()
        return Money(
            self.database.number(
                "SELECT coalesce(sum(remaining_pico_usd), 0)"
                " - (SELECT coalesce(sum(debt_pico_usd), 0) FROM organization) FROM purchase"
                " WHERE status IN ('credited', 'pending') AND available_at <= ? AND expires_at > ?",
                now,
                now,
            )
        )

    def take(self, amount: Money) -> None:
        """Take what a call cost from the credit that expires first; what is not covered becomes a debt.

        To be called inside the transaction that records the call.
        """
        left = amount.pico_usd
        now = self.clock.timestamp()
        rows = self.database.rows(
            "SELECT id, remaining_pico_usd FROM purchase WHERE status IN ('credited', 'pending')"
            " AND remaining_pico_usd > 0 AND available_at <= ? AND expires_at > ? ORDER BY expires_at, rowid",
            now,
            now,
        )
        for purchase_id, remaining in rows:
            part = min(left, remaining)
            self.database.run(
                "UPDATE purchase SET remaining_pico_usd = remaining_pico_usd - ? WHERE id = ?",
                part,
                purchase_id,
            )
            left -= part
            if not left:
                return
        if left:
            self.database.run("UPDATE organization SET debt_pico_usd = debt_pico_usd + ?", left)

    # --- auto-recharge

    def auto_recharge(self) -> AutoRecharge:
        """Raises NotSignedUp."""
        self.accounts.required()
        row = self.database.rows("SELECT * FROM organization")[0]
        cap = row["recharge_month_cap_pico_usd"]
        return AutoRecharge(
            on=bool(row["recharge_on"]),
            below=Money(row["recharge_below_pico_usd"]),
            to=Money(row["recharge_to_pico_usd"]),
            month_cap=None if cap is None else Money(cap),
        )

    def set_auto_recharge(self, rule: AutoRecharge) -> AutoRecharge:
        """Raises InvalidAmount unless smallest <= below < to, and to - below is worth a purchase."""
        if not Money(0) < rule.below <= LARGEST_PURCHASE or rule.to - rule.below < SMALLEST_PURCHASE:
            raise InvalidAmount(smallest=SMALLEST_PURCHASE, largest=LARGEST_PURCHASE)
        if rule.month_cap is not None and rule.month_cap < SMALLEST_PURCHASE:
            raise InvalidAmount(smallest=SMALLEST_PURCHASE, largest=LARGEST_PURCHASE)
        self.database.run(
            "UPDATE organization SET recharge_on = ?, recharge_below_pico_usd = ?, recharge_to_pico_usd = ?,"
            " recharge_month_cap_pico_usd = ?",
            int(rule.on),
            rule.below.pico_usd,
            rule.to.pico_usd,
            rule.month_cap.pico_usd if rule.month_cap is not None else None,
        )
        return self.auto_recharge()

    def recharge_if_low(self) -> None:
        """Buy credit when the balance is below the threshold, a card is there and the cap allows it."""
        # Asked on each billed call: the usual answers ("it is off", "there is no card") come first, cheaply.
        row = self.database.row(
            "SELECT recharge_on, recharge_below_pico_usd FROM organization"
            " WHERE EXISTS (SELECT 1 FROM payment_method WHERE status = 'ready')"
        )
        if row is None or not row[0]:
            return
        balance = self.balance()
        if balance.pico_usd >= row[1]:
            return
        rule = self.auto_recharge()
        amount = max(_whole_cents(rule.to - balance), SMALLEST_PURCHASE)
        if rule.month_cap is not None and self._recharged_this_month() + amount > rule.month_cap:
            self._tell_of_cap(amount, rule.month_cap)
            return
        method = next((method for method in self.wallet.methods() if method.status == "ready"), None)
        if method is None or self._failed_lately():
            return
        if fails_when_charged(method) or self.faults.is_on("card_declined"):
            self._record(amount, "auto_recharge", "declined", method)
            self.mailbox.send("auto_recharge_failed", amount_pico_usd=amount.pico_usd, last4=method.last4)
            return
        self._record(amount, "auto_recharge", "credited", method)

    def _tell_of_cap(self, amount: Money, cap: Money) -> None:
        """A mail that the cap stopped a recharge: once a month for each cap."""
        month = month_of(self.clock.now())
        name = f"recharge_cap:{cap.pico_usd}"
        if self.database.run("INSERT OR IGNORE INTO spend_notice VALUES (?, ?)", month, name):
            amounts = {"amount_pico_usd": amount.pico_usd, "cap_pico_usd": cap.pico_usd}
            self.mailbox.send("auto_recharge_capped", None, **amounts)

    def settle_time(self) -> None:
        """What the passing of time changes: credit that arrives, credit that expires."""
        now = self.clock.timestamp()
        due = (
            "SELECT id FROM purchase WHERE (status = 'pending' AND available_at <= ?)"
            " OR (status = 'credited' AND expires_at <= ?)"
        )
        if self.database.row(due, now, now) is None:  # asked by every page: the usual answer comes cheaply
            return
        with self.database.write():
            self.database.run(
                "UPDATE purchase SET status = 'credited' WHERE status = 'pending' AND available_at <= ?", now
            )
            expired = self.database.rows(
                "SELECT id, remaining_pico_usd FROM purchase WHERE status = 'credited' AND expires_at <= ?",
                now,
            )
            for purchase_id, remaining in expired:
                self.database.run("UPDATE purchase SET status = 'expired' WHERE id = ?", purchase_id)
                if remaining:
                    self.mailbox.send("credit_expired", amount_pico_usd=remaining)

    def let_time_work(self) -> None:
        """After a step of the clock: settle, and recharge where expired credit or a new month calls for it.

        Only for those who have bought before: a card alone is no wish to buy.
        """
        self.settle_time()
        if any(purchase.kind != "gift" and purchase.status != "declined" for purchase in self.purchases()):
            with self.database.write():
                self.recharge_if_low()

    # --- inside

    def _record(
        self,
        amount: Money,
        kind: Literal["purchase", "auto_recharge", "gift"],
        status: Literal["credited", "declined"],
        method: PaymentMethod | None,
    ) -> Purchase:
        """Write the purchase, pay the debt with it, send the receipt: all or nothing."""
        now = self.clock.timestamp()
        slow = method is not None and (is_reviewed(method) or self.faults.is_on("slow_credit"))
        available_at = now + (SLOW_CREDIT_SECONDS if slow else 0)
        purchase_id = f"pay_{self.token(24)}"
        with self.database.write():
            billed = status == "credited" and kind != "gift"
            count = self.database.number("SELECT count(*) FROM invoice") + 1
            invoice = f"PRACTICE-{moment(now):%Y%m}-{count:04d}" if billed else ""
            debt = (
                self.database.number("SELECT debt_pico_usd FROM organization") if status == "credited" else 0
            )
            paid = min(debt, amount.pico_usd)
            self.database.run(
                "INSERT INTO purchase VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                purchase_id,
                kind,
                "pending" if slow and status == "credited" else status,
                amount.pico_usd,
                0 if status == "declined" else amount.pico_usd - paid,
                f"{method.brand} {method.last4}" if method else "",
                invoice,
                now,
                available_at,
                available_at + CREDIT_LASTS_SECONDS,
            )
            self.database.run("UPDATE organization SET debt_pico_usd = debt_pico_usd - ?", paid)
            if billed:
                mail = "receipt" if kind == "purchase" else "auto_recharge_done"
                self._invoice(purchase_id, invoice, amount, mail)
        return self.purchase(purchase_id)

    def _invoice(self, purchase_id: str, invoice: str, amount: Money, mail: str) -> None:
        """The invoice, to whom it is billed today, and the mail that announces it."""
        self.database.run(
            "INSERT INTO invoice SELECT ?, name, company, address, vat_number FROM organization", purchase_id
        )
        self.mailbox.send(mail, amount_pico_usd=amount.pico_usd, invoice=invoice, purchase=purchase_id)

    def _recharged_this_month(self) -> Money:
        first = self.clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return Money(
            self.database.number(
                "SELECT sum(amount_pico_usd) FROM purchase"
                " WHERE kind = 'auto_recharge' AND status <> 'declined' AND created_at >= ?",
                int(first.timestamp()),
            )
        )

    def _failed_lately(self) -> bool:
        """A card that was declined is not tried again on every call, only once a day."""
        return bool(
            self.database.number(
                "SELECT count(*) FROM purchase"
                " WHERE kind = 'auto_recharge' AND (status = 'declined' OR available_at > ?)"
                " AND created_at > ?",
                self.clock.timestamp(),
                self.clock.timestamp() - 86_400,
            )
        )


def _whole_cents(amount: Money) -> Money:
    """Rounded up: a fraction of a cent cannot be charged."""
    return Money(-(-amount.pico_usd // 10**10) * 10**10)


def _purchase(row: sqlite3.Row) -> Purchase:
    return Purchase(
        id=row["id"],
        kind=row["kind"],
        status=row["status"],
        amount=Money(row["amount_pico_usd"]),
        remaining=Money(row["remaining_pico_usd"]),
        card=row["card"],
        invoice=row["invoice"],
        created_at=moment(row["created_at"]),
        available_at=moment(row["available_at"]),
        expires_at=moment(row["expires_at"]),
    )
