"""A session without a network, a process or a clock of its own: real wizard and texts, a ledger in memory."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from ppkit.ai_assistant import Assistant
from ppkit.checkup import (
    Diagnosis,
    Finding,
    NotedAccount,
    Proposal,
    Rung,
    Skip,
    State,
    was_stopped,
    with_root_cause,
)
from ppkit.checkup.findings import FOUNDATIONS
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey, KeyCandidate, KeyChoice, KeyLine, PastedKey, SourceName
from ppkit.linking import take_back
from ppkit.metering.receipts import Receipt
from ppkit.money import Money
from ppkit.onboarding import (
    AccountNote,
    KeyRotation,
    PlatformKey,
    Progress,
    ProjectKeys,
    Wizard,
    cause_in_practice,
)
from ppkit.place import Place
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, open_ledger
from ppkit.spending.plan_credits import PlanCredits
from ppkit.spending.usage import Usage
from ppkit.widgets.view import View

if TYPE_CHECKING:
    from ppkit.sessions import Session

_numbers = count(1)
NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
# Put together here, so that no scanner takes this file for a leak.
PRACTICE_KEY = "sk-practice-" + "CANARY" * 8


def spend(session: Any, usd: str, model: str = "gpt-6-luna", key: str = "…7Q2f") -> None:
    """One call that was made and paid."""
    call = Call(f"call-{next(_numbers)}", model, key, "responses")
    session.ledger.reserve(call, Money.usd(usd))
    session.ledger.settle(call.id, Money.usd(usd), Usage(412, 96))


@dataclass
class FakeCheckup:
    """Runs without a network: `broken` names the rung that fails, with its diagnosis.

    Stopped when `cancelled` says so, or before the rung `stopped_at`.
    """

    broken: Mapping[Rung, Diagnosis] = field(default_factory=dict)
    keys: list[ApiKey] = field(default_factory=list)
    options: Mapping[str, Any] = field(default_factory=dict)
    paid: list[Rung] = field(default_factory=list)
    stopped_at: Rung | None = None

    def run(
        self,
        key: ApiKey,
        consent: bool | Callable[[Proposal], bool] = False,
        on_finding: Callable[[Finding], None] = lambda _finding: None,
        images: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
        **options: Any,
    ) -> list[Finding]:
        self.keys.append(key)
        self.options = options
        findings: list[Finding] = []
        for rung in Rung:
            if rung is self.stopped_at or cancelled() or was_stopped(findings):
                findings.append(Finding(rung, State.SKIPPED, facts={"reason": Skip.CANCELLED}))
            else:
                on_finding(Finding(rung, State.RUNNING))
                findings.append(self._finding(rung, findings, consent, images))
            on_finding(findings[-1])
        return findings

    def _finding(
        self, rung: Rung, before: Sequence[Finding], consent: bool | Callable[[Proposal], bool], images: bool
    ) -> Finding:
        if any(one.rung in FOUNDATIONS and one.state is State.FAILED for one in before):
            return Finding(rung, State.SKIPPED, facts={"reason": Skip.EARLIER})
        model = "gpt-image-2" if rung is Rung.IMAGES else "gpt-6-luna"
        offer = {"model": model, "highest_cost": Money.usd("0.0000108")}
        if rung is Rung.IMAGES and not images:
            return Finding(rung, State.SKIPPED, facts={"reason": Skip.NOT_ASKED, **offer})
        proposal = Proposal(rung, model, Money.usd("0.0000108"))
        agreed = consent(proposal) if callable(consent) else consent
        if rung in self.broken:
            foreseen: dict[str, object] = {"foreseen": True} if rung is Rung.CREDIT and not agreed else {}
            return Finding(rung, State.FAILED, self.broken[rung], facts=foreseen)
        if rung in (Rung.CREDIT, Rung.IMAGES):
            if not agreed:
                return Finding(rung, State.SKIPPED, facts={"reason": Skip.NO_CONSENT, **offer})
            self.paid.append(rung)
        return Finding(rung, State.PASSED, at=NOW)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
POST = "Il tramonto ha un nuovo indirizzo. 🌅 Dal 3 maggio la terrazza riapre: calici freschi e luce giusta."
POST += "\n#aperitivo #terrazza"


class FakeStream:
    """Events, and the response they came with."""

    def __init__(self, events: Sequence[SimpleNamespace]) -> None:
        self.response = SimpleNamespace(headers={"x-request-id": "req_1"})
        self._events = iter(events)

    def __iter__(self) -> Iterator[SimpleNamespace]:
        return self

    def __next__(self) -> SimpleNamespace:
        return next(self._events)


class FakeClient:
    """Answers like the SDK's client: a post in three pieces, an image of one pixel, or `trouble`."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.bodies: list[dict[str, Any]] = []
        self.responses = SimpleNamespace(create=self._respond)
        self.images = SimpleNamespace(generate=self._draw)
        self.models = SimpleNamespace(with_raw_response=SimpleNamespace(list=self._list))
        self.retries: list[object] = []
        self.deaf_to: dict[ApiKey | None, Exception] = {}  # what a key is answered instead of the models
        self.signed_in: ApiKey | None = None

    def with_options(self, **options: Any) -> FakeClient:
        self.retries.append(options.get("max_retries"))
        return self

    def close(self) -> None:
        """Nothing is open."""

    def _list(self) -> SimpleNamespace:
        if self.signed_in in self.deaf_to:
            raise self.deaf_to[self.signed_in]
        return SimpleNamespace(headers={})

    @contextmanager
    def _respond(self, **body: Any) -> Iterator[FakeStream]:
        self._remember(body)
        yield FakeStream(self._events(body["model"]))

    def _events(self, model: str) -> list[SimpleNamespace]:
        third = len(POST) // 3
        pieces = [POST[:third], POST[third : 2 * third], POST[2 * third :]]
        response = SimpleNamespace(
            output_text=POST, model=model, status="completed", output=[], error=None, incomplete_details=None
        )
        deltas = [SimpleNamespace(type="response.output_text.delta", delta=piece) for piece in pieces]
        return [*deltas, SimpleNamespace(type="response.completed", response=response)]

    def _draw(self, **body: Any) -> SimpleNamespace:
        self._remember(body)
        return SimpleNamespace(data=[SimpleNamespace(b64_json=base64.b64encode(PNG).decode())])

    def _remember(self, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        if self.trouble:
            raise self.trouble


RECEIPT = Receipt(
    call_id="call",
    model="gpt-6-luna",
    endpoint="responses",
    cost=Money.usd("0.000215"),
    reserved=Money.usd("0.001"),
    ceiling=Money.usd("0.001"),
    usage=Usage(412, 96),
    parts=None,
    capped_output_tokens=None,
    mark=None,
    waited_seconds=0.0,
)


class FakeProjectKeys:
    """What an admin key can do."""

    def __init__(self, keys: Sequence[PlatformKey]) -> None:
        self.keys = list(keys)
        self.revoked: list[str] = []

    def list(self) -> list[PlatformKey]:
        return [key for key in self.keys if key.id not in self.revoked]

    def revoke(self, key: PlatformKey) -> None:
        self.revoked.append(key.id)


class FakeSession:
    """What windows use of a session."""

    def __init__(self, folder: Path, language: str = "it", mode: str = "practice") -> None:
        self.language = language
        self.mode = mode
        self.clock = ManualClock(NOW)
        self.wizard_file = folder / "progress.json"
        self._wizard: Wizard | None = None
        self.ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite3", self.clock)
        self.budget = Budget(self.ledger)
        self.checkup = FakeCheckup()
        self.plan_credits = PlanCredits(self.ledger, quota=12)
        self.openai = FakeClient()
        self.receipt = RECEIPT
        self.assistant = Assistant(
            lambda _purse: cast(Any, self.openai),
            lambda: nullcontext([self.receipt] if self.key else []),
            lambda _endpoint, _body: Money.usd("0.000416"),
            self.clock,
            plan_credits=self.plan_credits,
            has_key=lambda: self.key is not None,
            on_own_key_used=lambda: self.wizard.record("link.used", key=self.key),
        )
        self.practice: dict[str, object] = {}
        self.key: ApiKey | None = None
        self.lines: list[KeyLine] = []
        self.place = Place.LOCAL
        self.used: list[str] = []
        self.stored: list[ApiKey] = []
        self.account_note = AccountNote(folder / "account.json")
        self.admin_key: ApiKey | None = None
        self.may_store = True
        self.saved: ApiKey | None = None
        self.uses: dict[ApiKey, int] = {}
        self.managed: ProjectKeys | None = None
        self._replacement: KeyRotation | None = None

    @property
    def wizard(self) -> Wizard:
        if self._wizard is None:
            self._wizard = Wizard(Progress(self.wizard_file), self.clock, self.mode)
        return self._wizard

    def restart(self) -> None:
        """What a new kernel would find: the files, and nothing in memory."""
        self._wizard = self._replacement = None

    @property
    def key_rotation(self) -> KeyRotation:
        if self._replacement is None:
            self._replacement = KeyRotation(
                Progress(self.wizard_file), self.clock, self.mode, lambda key: self.uses.get(key, 0)
            )
        return self._replacement

    def project_keys(self) -> ProjectKeys | None:
        return self.managed

    def client_for(self, key: ApiKey) -> FakeClient:
        self.openai.signed_in = key
        return self.openai

    def practice_address(self) -> SimpleNamespace:
        return SimpleNamespace(console_url="http://127.0.0.1:8123/", base_url="http://127.0.0.1:8123/v1")

    def practice_state(self) -> Mapping[str, object]:
        return self.practice

    @property
    def linked_key(self) -> ApiKey | None:
        return self.key

    def chosen_key(self) -> KeyChoice:
        found = KeyCandidate(SourceName.TYPED, PastedKey(key=self.key)) if self.key else None
        saved = KeyCandidate(SourceName.FILE, PastedKey(key=self.saved)) if self.saved else None
        return KeyChoice(found, (saved,) if saved else (), ())

    def with_root_cause(self, diagnosis: Diagnosis, key: ApiKey) -> Diagnosis:
        if self.mode != "practice":
            return diagnosis
        cause = cause_in_practice(diagnosis.code, self.practice, key)
        return with_root_cause(diagnosis, cause) if cause else diagnosis

    @property
    def written_account(self) -> NotedAccount:
        return self.account_note.read()

    def link_admin(self, key: ApiKey) -> None:
        self.admin_key = key

    def link(self, key: ApiKey, *, store: bool = False) -> None:
        before, self.key = self.key, key
        self._follow(before)
        if store:
            self.stored.append(key)

    def _follow(self, before: ApiKey | None) -> None:
        if take_back(Progress(self.wizard_file), before, self.key):
            self.wizard.reload()

    def forget(self, name: str | None = None) -> KeyChoice:
        if name is None:
            before, self.key = self.key, None
            self._follow(before)
        else:
            self.lines = [line for line in self.lines if line.name != name]
        return self.chosen_key()

    @property
    def binder_rule_first(self) -> bool:
        return self.mode == "live" and self.place is Place.BINDER

    def keys(self) -> list[KeyLine]:
        return self.lines

    def use(self, name: str) -> KeyChoice:
        self.used.append(name)
        return self.chosen_key()


def fake_session(folder: Path, **arguments: Any) -> Session:
    return cast("Session", FakeSession(folder, **arguments))


def click(window: View, action: str, secrets: Mapping[str, str] | None = None, **fields: str) -> None:
    """What the page sends for one click."""
    send(
        window,
        {"id": str(next(_numbers)), "action": action, "fields": fields, "secrets": dict(secrets or {})},
    )


def send(window: View, message: Mapping[str, object]) -> None:
    """One message as it arrives over the comm."""
    window._handle_custom_msg(message, [])
