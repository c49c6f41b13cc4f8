"""One learner's connected objects. The only module that knows every concrete class."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ppkit.accounting import Accounting
from ppkit.checkup import NO_ACCOUNT_NOTED, Checkup, NotedAccount
from ppkit.clock import Clock, SystemClock
from ppkit.connection import Connection
from ppkit.keys import DEFAULT_NAME, ApiKey, KeyChoice, KeyLine, SourceName, Where
from ppkit.linking import Linking
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.onboarding import AccountNote, KeyRotation, Progress, Wizard
from ppkit.onboarding.lessons import Course
from ppkit.platform_account import PlatformAccount
from ppkit.practice_link import PracticeLink
from ppkit.settings import Settings, make_home
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, Report

if TYPE_CHECKING:
    import httpx2

    from ppkit.drafts import DraftingAssistant, Drafts
    from ppkit.metering import AsyncOpenAI, Meter, OpenAI


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
        # Asked for when needed, not held: a session's attributes should not show a key.
        given = os.environ if environment is None else environment
        self._environment: Callable[[], Mapping[str, str]] = lambda: given

    @property
    def mode(self) -> Mode:
        return self.settings.mode

    @property
    def language(self) -> Literal["it", "en"]:
        return self.settings.language

    @cached_property
    def texts(self) -> Texts:
        return Texts(self.language)

    @property
    def clock(self) -> Clock:
        """The machine's; in practice the platform's."""
        return self.practice_link.clock if self.mode == "practice" else self._machine_clock

    @cached_property
    def practice_link(self) -> PracticeLink:
        """The practice platform of this data folder."""
        return PracticeLink(self.settings.home, self._machine_clock, self.texts, self._environment)

    @cached_property
    def accounting(self) -> Accounting:
        return Accounting(self.settings, self.home, self.clock, self.practice_link.deliver)

    @cached_property
    def progress(self) -> Progress:
        return Progress(self.home / "progress.json")

    @cached_property
    def linking(self) -> Linking:
        """The one door through which a key is adopted, kept, switched to or forgotten."""
        return Linking(self.mode, self.home, self._environment, clock=self.clock, progress=self.progress)

    @cached_property
    def connection(self) -> Connection:
        parts = self.linking, self.practice_link, self.accounting
        return Connection(self.settings, self._environment, *parts, http_client=self._http_client)

    @cached_property
    def course(self) -> Course:
        """How far the learner has come in the lessons, each in its own mode."""
        return Course(self.progress, self.clock, self.mode, lambda: self.accounting.agency_shown.hidden)

    @cached_property
    def wizard(self) -> Wizard:
        """The four steps."""
        return Wizard(self.progress, self.clock, self.mode)

    @cached_property
    def key_rotation(self) -> KeyRotation:
        """The drill "replace the key"."""
        return KeyRotation(self.progress, self.clock, self.mode, self.accounting.calls_paid)

    @cached_property
    def account_note(self) -> AccountNote:
        """Where the credit should be: as the settings say, else as the user wrote down."""
        account = NotedAccount(self.settings.organization, self.settings.project)
        return AccountNote(self.home / "account.json", account if self.mode == "live" else NO_ACCOUNT_NOTED)

    @cached_property
    def checkup(self) -> Checkup:
        money, real = self.accounting, self._machine_clock
        return Checkup(
            self.connection, self.clock, self.mode, money.highest_cost, money.calls_paid, machine_clock=real
        )

    @cached_property
    def assistant(self) -> DraftingAssistant:
        """Writes posts and draws images; a linked key pays, or the plan's credits where there are any."""
        from ppkit.drafts import DraftingAssistant  # lazy: who only makes a client need not load it

        link, money, wizard, clock = self.connection, self.accounting, self.wizard, self.clock
        plan = money.plan_credits if self.mode == "practice" else None
        own = {"plan_credits": plan, "use_record": wizard, "clock": clock}
        return DraftingAssistant(lambda: self.drafts, link, money.highest_cost, **own)

    @cached_property
    def drafts(self) -> Drafts:
        """Posts on their way: kept, found, exported, written many at once."""
        from ppkit.drafts import Drafts  # lazy, as the Assistant is

        return Drafts(
            self.home, self.clock, self.texts, lambda: self.assistant, self.connection, books=self.accounting
        )

    @cached_property
    def platform_account(self) -> PlatformAccount:
        """The account at the platform, as an admin key shows it: its keys, limits and alerts, its bill."""
        return PlatformAccount(self.connection, self.linking, self.accounting, self.home, self.clock)

    # --- what a notebook types, answered by the parts

    @property
    def ledger(self) -> Ledger:
        """This mode's ledger. Raises LedgerUnreadable, LedgerTooNew or LedgerOfOtherMode."""
        return self.accounting.ledger

    @property
    def report(self) -> Callable[..., Report]:
        """Sums by hour, day, model, key, tag, purse …; takes the arguments of `Accounting.report`."""
        return self.accounting.report

    @property
    def budget(self) -> Budget:
        return self.accounting.budget

    @property
    def meter(self) -> Meter:
        return self.accounting.meter

    @property
    def linked_key(self) -> ApiKey | None:
        return self.linking.linked_key

    def chosen_key(self) -> KeyChoice:
        """The key in force, the keys it hides, and what was passed over, with the reason. Never raises."""
        return self.linking.chosen()

    def keys(self) -> list[KeyLine]:
        """The masked list of every key there is, from all sources, in the order in which they count."""
        return self.linking.lines()

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
        """A metered `openai.OpenAI`; takes the SDK's arguments (see `Connection.client`)."""
        return self.connection.client(**arguments)

    def async_client(self, **arguments: Any) -> AsyncOpenAI:
        """A metered `openai.AsyncOpenAI`; takes the SDK's arguments."""
        return self.connection.async_client(**arguments)
