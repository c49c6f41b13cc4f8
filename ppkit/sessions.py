"""One learner's connected objects. The only module that knows every concrete class."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ppkit.clock import Clock, ShiftedClock, SystemClock
from ppkit.errors import PpkitError
from ppkit.extras import explained
from ppkit.keys import (
    DEFAULT_NAME,
    ApiKey,
    ColabSecret,
    FileKeyStore,
    KeyChain,
    KeyChoice,
    KeyLine,
    KeyringStore,
    PasteRefusal,
    SavedKeys,
    Source,
    SourceName,
    Where,
    foreign_key_in,
    parse_pasted_key,
    read_only_sources,
    refuse_keys,
)
from ppkit.keys.cleaning import clean
from ppkit.keys.pasted_key import Expected
from ppkit.look.texts import Texts
from ppkit.mail_server import MailServer
from ppkit.metering.receipts import collect_receipts
from ppkit.metering.tags import tags
from ppkit.money import Money
from ppkit.place import Place, place_of
from ppkit.settings import Settings, dotenv_path, load_settings, make_home
from ppkit.spending.alert_mailer import AlertMailer
from ppkit.spending.alerts import send_pending
from ppkit.spending.budget import Budget
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.prices import STANDARD_TIER, PriceCatalogue
from ppkit.spending.regions import price_at
from ppkit.traces import keep_traces_here

if TYPE_CHECKING:
    from ppkit.ai_assistant import Assistant, Purse
    from ppkit.checkup import Checkup, Diagnosis, NotedAccount
    from ppkit.linking import Linking
    from ppkit.metering import AsyncOpenAI, Meter, OpenAI
    from ppkit.onboarding import AccountNote, KeyRotation, Progress, ProjectKeys, Wizard
    from ppkit.practice_platform.process import Address
    from ppkit.practice_platform.remote import Control
    from ppkit.spending.plan_credits import PlanCredits

KEY_VARIABLE = "OPENAI_API_KEY"
ADMIN_KEY_VARIABLE = "OPENAI_ADMIN_KEY"
CHECKUP_TAG = {"ppkit": "checkup"}
"""The label of the calls that a checkup makes: they are ours, not the app's, and cost something too."""


class KeyRefused(PpkitError):
    """The text is no key that this mode may use. Facts: refusal, mode, and those that the refusal tells
    (a vendor, a length, a place, a character): never the text.
    """

    code = "key_refused"


class NoUsableKey(PpkitError):
    """A call needs a key and there is none to use."""


class NoKeyLinked(NoUsableKey):
    """None is linked anywhere. Facts: mode."""

    code = "no_key_linked"


class KeyPassedOver(NoUsableKey):
    """There is one, but it cannot be used: damaged, of the other mode, out of reach. Facts: mode, place."""

    code = "key_passed_over"


class Session:
    """What one learner works with, made from the settings; parts are opened when first asked for.

    Practice and live are two worlds: each has its own folder, ledger, saved keys and progress.
    """

    def __init__(
        self, settings: Settings, clock: Clock | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.settings = settings
        self._machine_clock = clock or SystemClock()
        self.home = make_home(settings)
        # Asked for when needed, not held: whoever looks at a session's attributes should not see a key.
        self._environment: Callable[[], Mapping[str, str]] = lambda: (
            os.environ if environment is None else environment
        )

    @property
    def clock(self) -> Clock:
        """The machine's; in practice the platform's, so that "next month" there is next month here."""
        return self._practice_clock if self.mode == "practice" else self._machine_clock

    @cached_property
    def _practice_clock(self) -> Clock:
        from ppkit.practice_platform.address import offset_file_of  # lazy: only practice mode needs it

        return ShiftedClock(self._machine_clock, offset_file_of(self.settings.home))

    @property
    def mode(self) -> Literal["practice", "live"]:
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

    # --- the key

    @property
    def place(self) -> Place:
        """Where this process runs: on Binder nothing is stored, and live mode begins with mybinder's rule."""
        return place_of(self._environment())

    @property
    def binder_rule_first(self) -> bool:
        """Whether mybinder's own rule about real keys is to be read before one is asked for."""
        return self.mode == "live" and self.place is Place.BINDER

    @property
    def may_store(self) -> bool:
        return self.place is not Place.BINDER

    @cached_property
    def saved_keys(self) -> SavedKeys:
        """What is kept in the keyring and in the owner-only file, for this mode."""
        return SavedKeys(
            KeyringStore(self.home / "keyring.json", f"ppkit ({self.mode})"),
            FileKeyStore(self.home / "keys.json"),
            may_store=self.may_store,
        )

    @cached_property
    def _key_chain(self) -> KeyChain:
        return KeyChain(self.mode, lambda: self._read_only(KEY_VARIABLE), self.saved_keys)

    @cached_property
    def linking(self) -> Linking:
        """The one door through which a key is adopted, kept, switched to or forgotten."""
        from ppkit.linking import Linking

        return Linking(self._key_chain, self.saved_keys, lambda: self.progress, self._proofs_taken_back)

    def _proofs_taken_back(self) -> None:
        if "wizard" in vars(self):  # it has read the facts already
            self.wizard.reload()

    @cached_property
    def _admin_key_chain(self) -> KeyChain:
        return KeyChain(self.mode, lambda: self._read_only(ADMIN_KEY_VARIABLE), expected="admin")

    def _read_only(self, variable: str) -> list[Source]:
        colab = self._colab_secret(variable) if self.place is Place.COLAB else None
        return read_only_sources(variable, self._environment(), dotenv_path(), colab)

    @cached_property
    def _colab_secret(self) -> Callable[[str], ColabSecret]:
        return cache(lambda name: ColabSecret(name, self.clock))

    def chosen_key(self) -> KeyChoice:
        """The key in force, the keys it hides, and what was passed over, with the reason. Never raises."""
        return self._key_chain.chosen()

    def keys(self) -> list[KeyLine]:
        """The masked list of every key there is, from all sources, in the order in which they count."""
        return self._key_chain.lines()

    @property
    def linked_key(self) -> ApiKey | None:
        return self.chosen_key().key

    @property
    def admin_key(self) -> ApiKey | None:
        """For reading limits and costs: typed, or in OPENAI_ADMIN_KEY; it is never stored."""
        return self._admin_key_chain.chosen().key

    def link(
        self, key: ApiKey, *, store: bool = False, name: str = DEFAULT_NAME, where: Where | None = None
    ) -> SourceName:
        """Use this key from now on; keep it only when asked. Returns where it lies: typed, keyring or file.

        Raises KeyRefused when the key belongs to the other mode, or is an admin key; with `store` also what
        `SavedKeys.save` raises, and the key is then in use for this session all the same.
        """
        self._accept(key, "project")
        return self.linking.adopt(key, store=store, name=name, where=where)

    def link_admin(self, key: ApiKey) -> None:
        """Use this admin key in this session. Raises KeyRefused for a key of any other kind."""
        self._accept(key, "admin")
        self._admin_key_chain.type_in(key)

    def _accept(self, key: ApiKey, expected: Expected) -> None:
        read = parse_pasted_key(key.get_secret_value(), self.mode, expected)
        if read.refusal:
            raise KeyRefused(refusal=read.refusal.value, mode=self.mode, **read.facts)

    def use(self, name: str) -> KeyChoice:
        """Switch to a key of the list: a saved name, or a source such as "environment". Raises NoSuchKey."""
        return self.linking.switch(name)

    def forget(self, name: str | None = None) -> KeyChoice:
        """Drop one key of the list, or all that were typed and saved, the admin key too.

        What is returned says what still keeps the session linked. Raises NoSuchKey, NotOursToForget (a
        variable is not ours to unset), and what the stores raise.
        """
        if name is None:
            self._admin_key_chain.forget()
        return self.linking.forget(name)

    def project_keys(self) -> ProjectKeys | None:
        """The account's keys, to be listed and revoked; None without an admin key."""
        from ppkit.onboarding import AdminProjectKeys

        key = self.admin_key
        return AdminProjectKeys(lambda: self.admin_client_for(key)) if key else None

    # --- clients

    def connection(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The SDK's arguments, completed: the linked key and, in practice, the practice platform's address.

        What the caller gave stays. Raises NoUsableKey, KeyInText, and KeyRefused for a key of the other mode,
        whatever address it is for: its calls would stand in this mode's ledger. (A key that comes later, by
        `with_options`, a header or a function, is refused by the meter, before its call is sent.)
        """
        given = dict(arguments)
        refuse_keys("client", *(given.get(name) for name in ("base_url", "organization", "project")))
        elsewhere = given.get("base_url") is not None or given.get("provider") is not None
        if not elsewhere:
            self._add_address(given)
            if given.get("api_key") is None and given.get("workload_identity") is None:
                given["api_key"] = self.require_key().get_secret_value()
        refusal = self._foreign_key(given, elsewhere)
        if refusal:
            raise KeyRefused(refusal=refusal.value, mode=self.mode)
        return given

    def client(self, **arguments: Any) -> OpenAI:
        """A metered `openai.OpenAI`; takes the SDK's arguments."""
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        return OpenAI(meter=self.meter, **self.connection(arguments))

    def async_client(self, **arguments: Any) -> AsyncOpenAI:
        """A metered `openai.AsyncOpenAI`; takes the SDK's arguments."""
        from ppkit.metering import AsyncOpenAI  # lazy: loads the SDK

        return AsyncOpenAI(meter=self.meter, **self.connection(arguments))

    def client_for(self, key: ApiKey, **arguments: Any) -> OpenAI:
        """A metered client for a key that is being checked: one attempt, 20 seconds, no wait for the ledger.

        A call that waited for other calls' reservations could leave after the person had stopped the check.
        """
        from ppkit.metering import Meter, OpenAI  # lazy: loads the SDK

        patience = {"max_retries": 0, "timeout": 20.0, **arguments}
        meter = Meter(self.ledger, self.catalogue, self.clock, mode=self.mode, busy_timeout_seconds=0)
        return OpenAI(meter=meter, **self.connection({"api_key": key.get_secret_value(), **patience}))

    def admin_client_for(self, key: ApiKey) -> OpenAI:
        """A client for the administration alone: limits, alerts, usage. It has no key to pay with."""
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        given: dict[str, Any] = {"admin_api_key": key.get_secret_value(), "api_key": ""}
        self._add_address(given)
        return OpenAI(meter=self.meter, **given)

    def _add_address(self, given: dict[str, Any]) -> None:
        if self.mode == "practice":
            given["base_url"] = self.practice_address().base_url
            given.pop("data_residency", None)  # it names one of OpenAI's own addresses
            # The SDK would read the real account's ids from the environment and send them along.
            given.setdefault("organization", "")
            given.setdefault("project", "")
            return
        # The SDK reads the environment alone; these may also come from `.env` or `config.toml`.
        chosen = {
            # As in the SDK, the caller's data residency wins over the settings' address.
            "base_url": None if given.get("data_residency") else self.settings.base_url,
            "organization": self.settings.organization,
            "project": self.settings.project,
        }
        used = {name: value for name, value in chosen.items() if value and given.get(name) is None}
        self._check_connection(given, used)
        given.update(used)

    def _check_connection(self, given: Mapping[str, Any], used: Mapping[str, str]) -> None:
        """Raises FaultyConnection or KeyInSetting for what the settings alone have decided."""
        from ppkit.connection_settings import ADDRESS, check_connection  # lazy: only a live client needs it

        environment = dict(self._environment())
        if given.get("base_url") is not None or given.get("data_residency"):
            environment.pop(ADDRESS, None)
        check_connection(used.get("base_url"), used.get("organization"), used.get("project"), environment)

    def require_key(self) -> ApiKey:
        """The key in force. Raises NoKeyLinked, or KeyPassedOver where there is one that cannot be used."""
        chosen = self.chosen_key()
        if chosen.key is None:
            raise self._no_usable_key(chosen)
        return chosen.key

    def _no_usable_key(self, chosen: KeyChoice) -> NoUsableKey:
        if chosen.refused:
            return KeyPassedOver(mode=self.mode, place=chosen.refused[0].source.label)
        return NoKeyLinked(mode=self.mode)

    def _foreign_key(self, given: Mapping[str, Any], elsewhere: bool) -> PasteRefusal | None:
        """Why the key that a client would use belongs to the other mode; None when it does not.

        Apart, so that no key stands in a frame of the traceback.
        """
        # Without a key of its own, a client for another address takes the environment's.
        key = given.get("api_key") or (self._environment().get(KEY_VARIABLE) if elsewhere else None)
        return foreign_key_in(clean(key)[0], self.mode) if isinstance(key, str) else None

    # --- the practice platform

    def practice_address(self) -> Address:
        """Where the practice platform listens; it is started when it is not running."""
        from ppkit.practice_platform.process import ensure_running  # lazy: only practice mode needs it

        with explained(self.texts):
            return ensure_running(self.settings.home)

    def practice_state(self) -> dict[str, Any]:
        """Where the learner stands on the practice platform: account, credit, keys, hour; no secret.

        Raises PracticeNotStarted or PracticeNotAnswering.
        """
        return self._practice_control().get("state")

    def _practice_control(self) -> Control:
        from ppkit.practice_platform.remote import Control  # lazy: only practice mode needs it

        return Control(self.practice_address())

    # --- the guided way

    @cached_property
    def progress(self) -> Progress:
        from ppkit.onboarding import Progress

        return Progress(self.home / "progress.json")

    @cached_property
    def wizard(self) -> Wizard:
        """The four steps. Raises ProgressDamaged, ProgressTooNew."""
        from ppkit.onboarding import Wizard

        return Wizard(self.progress, self.clock, self.mode)

    @cached_property
    def key_rotation(self) -> KeyRotation:
        """The drill "replace the key". Raises ProgressDamaged, ProgressTooNew."""
        from ppkit.onboarding import KeyRotation

        return KeyRotation(self.progress, self.clock, self.mode, self._output_tokens)

    def _output_tokens(self, key: ApiKey) -> int:
        """What has come back from calls paid with this key, by the ledger."""
        rows = self.ledger.report(by=(), where={"key": f"…{key.last4}"})
        return sum(int(row["output_tokens"] or 0) for row in rows)

    @cached_property
    def checkup(self) -> Checkup:
        from ppkit.checkup import Checkup

        return Checkup(
            self.client_for,
            self.clock,
            self.mode,
            self.highest_cost,
            machine_clock=self._machine_clock,
            admin_client_for=self.admin_client_for,
            own_calls=self._calls_of_checkups,
            is_linked=lambda key: key == self.linked_key,
            marked=lambda: tags(**CHECKUP_TAG),
        )

    def _calls_of_checkups(self, key: ApiKey) -> int:
        """How often our own checkups have called with this key, in the days that the platform is asked about.

        The ledger knows the key by its last four.
        """
        from ppkit.checkup.administration import USAGE_DAYS

        since = (self.clock.now() - timedelta(days=USAGE_DAYS)).date()
        (name, value), *_ = CHECKUP_TAG.items()
        where = {"key": f"…{key.last4}", f"tag:{name}": value}
        return sum(int(row["calls"] or 0) for row in self.ledger.report(since=since, where=where))

    def with_root_cause(self, diagnosis: Diagnosis, key: ApiKey) -> Diagnosis:
        """The same answer by its cause, where the practice platform's own state tells it; live nobody can."""
        from ppkit.checkup import CAUSES, with_root_cause
        from ppkit.onboarding import cause_in_practice

        if self.mode != "practice" or diagnosis.own or diagnosis.code not in CAUSES:
            return diagnosis
        cause = cause_in_practice(diagnosis.code, self.practice_state(), key)
        return with_root_cause(diagnosis, cause) if cause else diagnosis

    @cached_property
    def account_note(self) -> AccountNote:
        """The organization and project that the person wrote down."""
        from ppkit.onboarding import AccountNote

        return AccountNote(self.home / "account.json")

    @property
    def written_account(self) -> NotedAccount:
        """Where the credit should be: as the settings say, else as the person wrote down."""
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
            self._client_for_purse,
            collect_receipts,
            self.highest_cost,
            self.clock,
            plan_credits=self.plan_credits if self.mode == "practice" else None,
            has_key=lambda: self.linked_key is not None,
            on_own_key_used=lambda: self.wizard.record("link.used", key=self.linked_key),
        )

    def _client_for_purse(self, purse: Purse) -> OpenAI:
        return self._plan_client() if purse == "plan" else self.client()

    def _plan_client(self) -> OpenAI:
        """A client on the app's own practice account: its calls and costs are not the learner's."""
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        base_url = self.practice_address().console_url + "plan/v1"
        return OpenAI(
            meter=self._plan_meter,
            api_key=self._plan_key.get_secret_value(),
            base_url=base_url,
            organization="",
            project="",
        )

    @cached_property
    def _plan_key(self) -> ApiKey:
        return ApiKey(self._practice_control().post("plan-key")["key"])

    @cached_property
    def _plan_meter(self) -> Meter:
        from ppkit.metering import Meter  # lazy: loads the SDK

        books = open_ledger(f"sqlite:///{self.home / 'plan-ledger.sqlite3'}", self.clock, mode=self.mode)
        return Meter(books, self.catalogue, self.clock, mode=self.mode)

    def highest_cost(self, endpoint: str, body: Mapping[str, Any]) -> Money:
        """The most that this request can cost. Raises UnknownPrice, UnboundedRequest."""
        price = self.catalogue.price_of(str(body.get("model")), self.clock.now())
        if self.mode == "live":
            price = price_at(urlsplit(self.settings.base_url or "").hostname or "", price)
        return ceiling_of(endpoint, body, len(json.dumps(body).encode()), price).total


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
