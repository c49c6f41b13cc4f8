"""One learner's connected objects. The only module that knows every concrete class."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ppkit.clock import Clock, SystemClock
from ppkit.connection import Connection, MeterUse
from ppkit.extras import explained
from ppkit.keys import DEFAULT_NAME, ApiKey, KeyChoice, KeyLine, SourceName, Where
from ppkit.linking import Linking
from ppkit.look.texts import Texts
from ppkit.mail_server import MailServer
from ppkit.metering.receipts import collect_receipts
from ppkit.metering.tags import tags
from ppkit.mode import Mode
from ppkit.place import Place
from ppkit.practice_link import PracticeLink
from ppkit.settings import Settings, load_settings, make_home
from ppkit.spending.alert_mailer import AlertMailer
from ppkit.spending.alerts import send_pending
from ppkit.spending.budget import Budget
from ppkit.spending.calls_paid import CHECKUP_TAG, CallsPaid
from ppkit.spending.highest_cost import HighestCost
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.prices import STANDARD_TIER, PriceCatalogue
from ppkit.traces import keep_traces_here

if TYPE_CHECKING:
    import httpx2

    from ppkit.ai_assistant import Assistant
    from ppkit.checkup import Checkup, Diagnosis, NotedAccount
    from ppkit.metering import AsyncOpenAI, Meter, OpenAI
    from ppkit.onboarding import AccountNote, KeyRotation, Progress, ProjectKeys, Wizard
    from ppkit.onboarding.lessons import Course
    from ppkit.spending.plan_credits import PlanCredits


class Session:
    """What one learner works with, made from the settings; parts are opened when first asked for.

    Practice and live are two worlds: each has its own folder, ledger, saved keys and progress.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
        http_client: httpx2.Client | None = None,
    ) -> None:
        """`http_client` carries the session's own calls, for a platform that no socket leads to."""
        self.settings = settings
        self._machine_clock = clock or SystemClock()
        self.home = make_home(settings)
        self._http_client = http_client
        # Asked for when needed, not held: whoever looks at a session's attributes should not see a key.
        self._environment: Callable[[], Mapping[str, str]] = lambda: (
            os.environ if environment is None else environment
        )

    @cached_property
    def practice_link(self) -> PracticeLink:
        """The practice platform of this data folder."""
        return PracticeLink(self.settings.home, self._machine_clock, self.texts)

    @property
    def clock(self) -> Clock:
        """The machine's; in practice the platform's."""
        return self.practice_link.clock if self.mode == "practice" else self._machine_clock

    @property
    def mode(self) -> Mode:
        return self.settings.mode

    @property
    def language(self) -> Literal["it", "en"]:
        return self.settings.language

    @cached_property
    def texts(self) -> Texts:
        return Texts(self.language)

    # --- money

    @cached_property
    def catalogue(self) -> PriceCatalogue:
        # The practice platform knows no other tier than the usual one.
        return PriceCatalogue(
            project_tier=self.settings.project_tier if self.mode == "live" else STANDARD_TIER
        )

    @cached_property
    def ledger(self) -> Ledger:
        """This mode's ledger. Raises LedgerUnreadable, LedgerTooNew or LedgerOfOtherMode."""
        books = open_ledger(self.settings.resolved_ledger_url, self.clock, mode=self.mode)
        books.expire()  # what a killed process held counts from here on, whether or not another call is made
        return books

    @cached_property
    def budget(self) -> Budget:
        return Budget(self.ledger)

    @cached_property
    def plan_credits(self) -> PlanCredits:
        from ppkit.spending.plan_credits import PlanCredits

        return PlanCredits(self.ledger)

    @cached_property
    def meter(self) -> Meter:
        from ppkit.metering import Meter  # lazy: loads the SDK, half a second

        self._start_alert_mailer()
        return Meter(self.ledger, self.catalogue, self.clock, mode=self.mode)

    @cached_property
    def _check_meter(self) -> Meter:
        from ppkit.metering import Meter

        return Meter(self.ledger, self.catalogue, self.clock, mode=self.mode, busy_timeout_seconds=0)

    @cached_property
    def _plan_meter(self) -> Meter:
        from ppkit.metering import Meter

        ledger = open_ledger(f"sqlite:///{self.home / 'plan-ledger.sqlite3'}", self.clock, mode=self.mode)
        return Meter(ledger, self.catalogue, self.clock, mode=self.mode)

    def _meter_for(self, use: MeterUse) -> Meter:
        if use == "calls":
            return self.meter
        return self._check_meter if use == "check" else self._plan_meter

    def send_alerts(self) -> int:
        """Mail the soft-limit alerts that wait, if the settings say where to; returns how many left.

        Raises AlertNotSent.
        """
        url, to = self.settings.smtp_url, self.settings.alert_to
        if url is None or to is None:
            return 0
        server = MailServer.from_url(url.get_secret_value())
        return send_pending(self.ledger, server, to, self.language, practice=self.mode == "practice")

    def _start_alert_mailer(self) -> None:
        if self.settings.smtp_url is not None and self.settings.alert_to is not None:
            AlertMailer(self.send_alerts).start()

    # --- the key, and the clients that use it

    @cached_property
    def linking(self) -> Linking:
        """The one door through which a key is adopted, kept, switched to or forgotten."""
        return Linking(
            self.mode,
            self.home,
            self._environment,
            clock=self.clock,
            progress=lambda: self.progress,
            on_taken_back=self._proofs_taken_back,
        )

    def _proofs_taken_back(self) -> None:
        if "wizard" in vars(self):  # it has read the facts already
            self.wizard.reload()

    @cached_property
    def connection(self) -> Connection:
        """Makes the SDK's clients."""
        return Connection(
            self.settings,
            self._environment,
            self.linking,
            self.practice_link,
            meter_for=self._meter_for,
            http_client=self._http_client,
        )

    @property
    def binder_rule_first(self) -> bool:
        """Whether mybinder's own rule about real keys is to be read before one is asked for."""
        return self.mode == "live" and self.linking.place is Place.BINDER

    def chosen_key(self) -> KeyChoice:
        """The key in force, the keys it hides, and what was passed over, with the reason. Never raises."""
        return self.linking.chosen()

    def keys(self) -> list[KeyLine]:
        """The masked list of every key there is, from all sources, in the order in which they count."""
        return self.linking.lines()

    @property
    def linked_key(self) -> ApiKey | None:
        return self.linking.chosen().key

    def link(
        self, key: ApiKey, *, store: bool = False, name: str = DEFAULT_NAME, where: Where | None = None
    ) -> SourceName:
        """Use this key from now on (see `Linking.adopt`)."""
        return self.linking.adopt(key, store=store, name=name, where=where)

    def use(self, name: str) -> KeyChoice:
        """Switch to a key of the list (see `Linking.switch`)."""
        return self.linking.switch(name)

    def forget(self, name: str | None = None) -> KeyChoice:
        """Drop one key of the list, or all (see `Linking.forget`)."""
        return self.linking.forget(name)

    def client(self, **arguments: Any) -> OpenAI:
        """A metered `openai.OpenAI`; takes the SDK's arguments."""
        return self.connection.client(**arguments)

    def async_client(self, **arguments: Any) -> AsyncOpenAI:
        """A metered `openai.AsyncOpenAI`; takes the SDK's arguments."""
        return self.connection.async_client(**arguments)

    def project_keys(self) -> ProjectKeys | None:
        """The account's keys, to be listed and revoked; None without an admin key."""
        from ppkit.onboarding import AdminProjectKeys

        key = self.linking.admin_key
        return AdminProjectKeys(lambda: self.connection.admin_client_for(key)) if key else None

    @cached_property
    def _calls_paid(self) -> CallsPaid:
        return CallsPaid(self.ledger, self.clock)

    # --- the guided way

    @cached_property
    def progress(self) -> Progress:
        from ppkit.onboarding import Progress

        return Progress(self.home / "progress.json")

    @cached_property
    def course(self) -> Course:
        """How far the learner has come in the lessons."""
        from ppkit.onboarding.lessons import Course

        return Course(self.progress, self.clock, self.mode)

    @cached_property
    def wizard(self) -> Wizard:
        """The four steps. Raises ProgressDamaged, ProgressTooNew."""
        from ppkit.onboarding import Wizard

        return Wizard(self.progress, self.clock, self.mode)

    @cached_property
    def key_rotation(self) -> KeyRotation:
        """The drill "replace the key". Raises ProgressDamaged, ProgressTooNew."""
        from ppkit.onboarding import KeyRotation

        return KeyRotation(self.progress, self.clock, self.mode, self._calls_paid.output_tokens)

    @cached_property
    def checkup(self) -> Checkup:
        from ppkit.checkup import Checkup
        from ppkit.checkup.administration import USAGE_DAYS

        return Checkup(
            self.connection.client_for,
            self.clock,
            self.mode,
            self.highest_cost,
            machine_clock=self._machine_clock,
            admin_client_for=self.connection.admin_client_for,
            own_calls=lambda key: self._calls_paid.by_checkups(key, USAGE_DAYS),
            is_linked=lambda key: key == self.linked_key,
            marked=lambda: tags(**CHECKUP_TAG),
        )

    def with_root_cause(self, diagnosis: Diagnosis, key: ApiKey) -> Diagnosis:
        """The same answer by its cause, where the practice platform's state shows it; live nothing does."""
        from ppkit.onboarding import with_practice_cause

        if self.mode != "practice":
            return diagnosis
        return with_practice_cause(diagnosis, self.practice_link.state, key)

    @cached_property
    def account_note(self) -> AccountNote:
        """The organization and project that the user wrote down."""
        from ppkit.onboarding import AccountNote

        return AccountNote(self.home / "account.json")

    @property
    def written_account(self) -> NotedAccount:
        """Where the credit should be: as the settings say, else as the user wrote down."""
        from ppkit.checkup import NotedAccount

        settings = self.settings
        if self.mode == "live" and (settings.organization or settings.project):
            return NotedAccount(settings.organization, settings.project)
        return self.account_note.read()

    @cached_property
    def assistant(self) -> Assistant:
        """Writes posts and draws images; a linked key pays, or the plan's credits where there are any."""
        from ppkit.ai_assistant import Assistant

        return Assistant(
            self.connection.client_of,
            collect_receipts,
            self.highest_cost,
            self.clock,
            plan_credits=self.plan_credits if self.mode == "practice" else None,
            has_key=lambda: self.linked_key is not None,
            on_own_key_used=lambda: self.wizard.record("link.used", key=self.linked_key),
        )

    @cached_property
    def highest_cost(self) -> HighestCost:
        """The most that a request can cost at this session's address."""
        host = urlsplit(self.settings.base_url or "").hostname if self.mode == "live" else None
        return HighestCost(self.catalogue, self.clock, host or "")


_open: dict[Settings, Session] = {}


def session() -> Session:
    """The session that the settings ask for; one object per process as long as they do not change."""
    return _session_in(load_settings())


def practice() -> Session:
    """The practice session, whatever the settings say. Raises PracticeMissing where it is not installed."""
    from ppkit.practice_platform.process import require_packages  # lazy: only practice mode needs it

    settings = load_settings(mode="practice")
    with explained(Texts(settings.language)):
        require_packages()
    return _session_in(settings)


def live() -> Session:
    """The live session, whatever the settings say: real account, real money."""
    return _session_in(load_settings(mode="live"))


def _session_in(settings: Settings) -> Session:
    if settings.mode == "practice":
        keep_traces_here(os.environ)
    if settings not in _open:
        _open[settings] = Session(settings)
    return _open[settings]
