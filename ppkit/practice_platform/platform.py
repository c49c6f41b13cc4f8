"""The practice platform as a domain: what the console's pages, the wire and the control room call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ppkit.clock import Clock, SystemClock
from ppkit.money import Money
from ppkit.practice_platform.accounts import Accounts
from ppkit.practice_platform.background_work import Background
from ppkit.practice_platform.billing import Billing
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.faults import Faults
from ppkit.practice_platform.holds import Holds
from ppkit.practice_platform.ids import Token, random_token
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.members import Members
from ppkit.practice_platform.practice_clock import PracticeClock
from ppkit.practice_platform.projects import Projects
from ppkit.practice_platform.rows import (
    Account,
    ApiKeyRow,
    Mail,
    PaymentMethod,
    Permissions,
    Purchase,
    UsageRow,
)
from ppkit.practice_platform.secret_keys import SecretKeys
from ppkit.practice_platform.spend_limits import SpendLimits
from ppkit.practice_platform.usage_book import UsageBook
from ppkit.practice_platform.verification import Verification
from ppkit.practice_platform.wallet import Wallet


class Platform:
    """One learner's pretend OpenAI account.

    The rooms: `accounts`, `verification`, `wallet`, `billing`, `projects`, `members`, `keys`, `usage`,
    `limits`, `mailbox`, `faults`, `clock`, `holds`, `background`.
    The methods below are what a first visit needs, in the order a user meets them.
    Every method raises subclasses of `errors.PracticeError` and nothing else on purpose.
    """

    def __init__(
        self, database: Database, clock: Clock | None = None, *, token: Token = random_token
    ) -> None:
        self.database = database
        self.clock = PracticeClock(clock or SystemClock(), database)
        self.token = token
        self.mailbox = Mailbox(database, self.clock)
        self.faults = Faults(database, self.clock)
        self.accounts = Accounts(database, self.clock, self.mailbox, token)
        self.projects = Projects(database, self.clock, token)
        self.members = Members(database, self.clock, self.accounts, self.projects, self.mailbox, token)
        self.keys = SecretKeys(database, self.clock, self.mailbox, token)
        self.verification = Verification(database, self.clock, self.accounts, self.mailbox)
        self.wallet = Wallet(database, self.clock, self.accounts, self.mailbox, token)
        self.billing = Billing(
            database, self.clock, self.accounts, self.wallet, self.mailbox, self.faults, token
        )
        self.holds = Holds()
        self.limits = SpendLimits(database, self.clock, self.mailbox, self.faults, self.holds, token)
        self.usage = UsageBook(database, self.clock, self.billing, self.limits, token)
        self.background = Background(database, self.clock, self.keys, self.usage, self.holds)

    @classmethod
    def open(cls, path: Path | str, clock: Clock | None = None, *, token: Token = random_token) -> Platform:
        """The platform kept in this file, made when it is not there. Raises PracticeDatabase…."""
        return cls(Database(path), clock, token=token)

    # --- step 1: the account

    def account(self) -> Account | None:
        return self.accounts.current()

    def sign_up(self, name: str, email: str, organization_name: str) -> Account:
        return self.accounts.sign_up(name, email, organization_name)

    # --- step 2: billing

    def add_payment_method(self, number: str, expires: str, security_code: str, holder: str) -> PaymentMethod:
        """A published test card; see Wallet.add for the refusals and 3-D Secure."""
        return self.wallet.add(number, expires, security_code, holder)

    def payment_methods(self) -> list[PaymentMethod]:
        return self.wallet.methods()

    def buy_credits(self, amount: Money, payment_method_id: str | None = None) -> Purchase:
        return self.billing.buy_credits(amount, payment_method_id)

    def purchases(self) -> list[Purchase]:
        return self.billing.purchases()

    def balance(self) -> Money:
        return self.billing.balance()

    # --- step 3: keys

    def create_key(
        self,
        name: str,
        project_id: str | None = None,
        *,
        permissions: Permissions = "all",
        scopes: Sequence[str] = (),
        expires_in: timedelta | None = None,
    ) -> tuple[ApiKeyRow, str]:
        """A key and, this once, its secret; in the default project unless another is named.

        Raises NotSignedUp, InvalidField, TooMany, UnknownPracticeThing.
        """
        project = self.projects.project(project_id) if project_id else self.projects.default()
        return self.keys.create(
            name, project.id, permissions=permissions, scopes=scopes, expires_in=expires_in
        )

    def list_keys(self) -> list[ApiKeyRow]:
        """Newest first, without revoked ones and admin keys."""
        return self.keys.keys()

    def revoke_key(self, key_id: str) -> None:
        self.keys.revoke(key_id)

    # --- afterwards

    def usage_by(
        self,
        *by: str,
        since: datetime | None = None,
        until: datetime | None = None,
        project_id: str | None = None,
    ) -> list[UsageRow]:
        """Usage and cost per group: any of day, month, model, key, project, endpoint."""
        return self.usage.usage_by(by or ("day",), since, until, project_id)

    def mails(self) -> list[Mail]:
        return self.mailbox.mails()

    def advance(self, step: timedelta) -> datetime:
        """Move the practice clock and let time do its work; the new moment."""
        self.clock.advance(step)
        return self._let_time_work()

    def advance_to_next_month(self) -> datetime:
        self.clock.advance_to_next_month()
        return self._let_time_work()

    def _let_time_work(self) -> datetime:
        self.background.settle_time()
        self.billing.let_time_work()
        self.verification.settle_time()
        return self.clock.now()

    def settle_time(self) -> None:
        """What time brings by itself: work that is done, credit that arrives or expires, the answer on an
        identity.
        """
        self.background.settle_time()
        self.billing.settle_time()
        self.verification.settle_time()

    def reset(self) -> None:
        """Forget the account, its keys, money, calls and mails; the clock goes back to the real hour."""
        self.database.clear()
        self.clock.forget()
        self.faults.forget()
        self.background.forget()
        self.holds.forget()

    def close(self) -> None:
        self.database.close()
