"""Accounting: one mode's money, from the prices to the mails about a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ppkit.agency import Agency, AgencyFileInvalid, read_agency
from ppkit.clock import Clock
from ppkit.mail_server import MailServer
from ppkit.onboarding.agency_course import check_course
from ppkit.settings import Settings
from ppkit.spending.alert_mailer import AlertMailer
from ppkit.spending.alerts import connect, send_pending
from ppkit.spending.budget import Budget
from ppkit.spending.calls_paid import CallsPaid
from ppkit.spending.highest_cost import HighestCost
from ppkit.spending.ledger import Day, Ledger, Report, joined, open_ledger
from ppkit.spending.ledger.ledger import LONGEST_WAIT_SECONDS
from ppkit.spending.own_prices import read_own_prices
from ppkit.spending.plan_credits import DEFAULT_QUOTA, DEFAULT_TARIFF, PlanCredits
from ppkit.spending.practice_post import LEARNER, NO_SERVER, Deliver, PracticePost
from ppkit.spending.prices import STANDARD_TIER, PriceCatalogue

if TYPE_CHECKING:
    from ppkit.metering import Meter


PURSE, OWN_KEY, PLAN = "purse", "own_key", "plan"


class Accounting:
    """The ledger of one mode and what is asked of it; each part is opened when it is first asked for."""

    def __init__(
        self, settings: Settings, home: Path, clock: Clock, practice_inbox: Deliver | None = None
    ) -> None:
        """`home` is the mode's own folder; `practice_inbox` takes the mails of practice."""
        self._settings = settings
        self._mode = settings.mode
        self._home = home
        self._clock = clock
        self._practice_inbox = practice_inbox if self._mode == "practice" else None

    @cached_property
    def catalogue(self) -> PriceCatalogue:
        """Prices, with the user's own where there is real money. Raises what `read_own_prices` raises."""
        if self._mode != "live":  # the practice platform knows no other tier, and no contract
            return PriceCatalogue(project_tier=STANDARD_TIER)
        own = read_own_prices(self._settings.prices_file)
        return PriceCatalogue(project_tier=self._settings.project_tier, own=own)

    @cached_property
    def highest_cost(self) -> HighestCost:
        """The most that a request can cost at the address in the settings."""
        host = urlsplit(self._settings.base_url or "").hostname if self._mode == "live" else None
        return HighestCost(self.catalogue, self._clock, host or "")

    @cached_property
    def ledger(self) -> Ledger:
        """This mode's ledger. Raises LedgerUnreadable, LedgerTooNew or LedgerOfOtherMode."""
        ledger = open_ledger(self._settings.resolved_ledger_url, self._clock, mode=self._mode)
        ledger.expire()  # what a killed process held counts from here on, whether or not another call is made
        return ledger

    @cached_property
    def budget(self) -> Budget:
        return Budget(self.ledger)

    @cached_property
    def plan_credits(self) -> PlanCredits:
        plan = self.agency_shown.plan
        own = {"text": plan.text, "image": plan.image}
        tariff = {kind: own[kind] or usual for kind, usual in DEFAULT_TARIFF.items()}
        return PlanCredits(self.ledger, DEFAULT_QUOTA if plan.credits is None else plan.credits, tariff)

    @cached_property
    def calls_paid(self) -> CallsPaid:
        return CallsPaid(self.ledger, self._clock)

    @cached_property
    def agency(self) -> Agency:
        """What the agency's file says of it and its clients, for both modes. Raises AgencyFileInvalid."""
        path = self._settings.agency_file
        is_named = self._settings.agency is not None
        if is_named and not path.is_file():  # in the data folder there need be none
            raise AgencyFileInvalid("unreadable", path)
        return check_course(read_agency(path), path)

    @property
    def agency_shown(self) -> Agency:
        """The same, for what only looks like the agency's: a file with a mistake is told where it counts."""
        try:
            return self.agency
        except AgencyFileInvalid:
            return Agency()

    @cached_property
    def meter(self) -> Meter:
        """For the user's own calls; a soft limit that they pass is mailed from here on."""
        if self._mail_server or self._practice_inbox:
            AlertMailer(self.send_alerts).start()
        return self._meter_of(self.ledger)

    @cached_property
    def check_meter(self) -> Meter:
        """For a checkup's calls, which wait for no other call's reservation."""
        return self._meter_of(self.ledger, busy_timeout_seconds=0)

    @cached_property
    def plan_meter(self) -> Meter:
        """For the calls on plan credits and those of drills, whose costs are not the learner's."""
        return self._meter_of(self.plan_ledger)

    @cached_property
    def plan_ledger(self) -> Ledger:
        """What calls on plan credits and those of drills cost: kept apart from the learner's own money."""
        file = self._home / "plan-ledger.sqlite3"
        return open_ledger(f"sqlite:///{file}", self._clock, mode=self._mode)

    def report(
        self,
        by: str | Sequence[str] = (),
        since: Day | None = None,
        until: Day | None = None,
        where: Mapping[str, str] | None = None,
    ) -> Report:
        """As `Ledger.report`, and by or where "purse": "own_key", or "plan" for calls on plan credits.

        A question that does not name the purse is about the user's own money.
        """
        fields = (by,) if isinstance(by, str) else tuple(dict.fromkeys(by))
        asked = dict(where or {})
        purse = asked.pop(PURSE, None if PURSE in fields else OWN_KEY)
        rest = tuple(name for name in fields if name != PURSE)
        ledgers = {OWN_KEY: self.ledger} if purse in {OWN_KEY, None} else {}
        if purse in {PLAN, None} and self._mode == "practice":  # no plan pays for anything live
            ledgers[PLAN] = self.plan_ledger
        found = {name: ledger.report(rest, since, until, asked) for name, ledger in ledgers.items()}
        return joined(fields, PURSE, found)

    def _meter_of(self, ledger: Ledger, busy_timeout_seconds: float = LONGEST_WAIT_SECONDS) -> Meter:
        from ppkit.metering import Meter  # lazy: loads the SDK, half a second

        return Meter(
            ledger,
            self.catalogue,
            self._clock,
            mode=self._mode,
            busy_timeout_seconds=busy_timeout_seconds,
            clients=self.agency if self.agency.clients else None,
        )

    @property
    def _mail_server(self) -> MailServer | None:
        """None where the settings do not say through whom, or to whom."""
        url, to = self._settings.smtp_url, self._settings.alert_to
        return None if url is None or to is None else MailServer.from_url(url.get_secret_value())

    def send_alerts(self) -> int:
        """Mail the soft-limit alerts that wait, if there is a way; returns how many left.

        In practice they arrive in the practice platform's inbox, and need no mail server.
        Raises AlertNotSent.
        """
        server, to, language = self._mail_server, self._settings.alert_to, self._settings.language
        if self._practice_inbox is not None:
            post = PracticePost(self._practice_inbox, connect)
            return send_pending(
                self.ledger, server or NO_SERVER, to or LEARNER, language, post, practice=True
            )
        return send_pending(self.ledger, server, to, language) if server is not None and to is not None else 0
