"""A session without a network, a process or a real clock: real wizard and texts, a ledger in memory."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast

import httpx2

from ppkit.ai_assistant import Purse
from ppkit.checkup import Diagnosis, Finding, Proposal, Rung, Skip, State, was_stopped
from ppkit.checkup.findings import FOUNDATIONS
from ppkit.clock import Clock, ManualClock
from ppkit.drafts import DraftingAssistant
from ppkit.keys import ApiKey
from ppkit.linking import Linking
from ppkit.metering import HardLimitReached
from ppkit.metering.receipts import COLLECTORS, Receipt
from ppkit.money import Money
from ppkit.onboarding import PlatformKey, ProjectKeys
from ppkit.practice_link import PagesPort, PracticeLink
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.remote import PracticeNotAnswering
from ppkit.practice_platform.visitor import Answer
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.ledger import Call
from ppkit.spending.plan_credits import PlanCredits
from ppkit.spending.usage import Usage
from ppkit.widgets.base.view import View
from ppkit.widgets.base.window_group import window_group_of

_numbers = count(1)
NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
# Put together here, so that no scanner takes this file for a leak.
PRACTICE_KEY = "sk-practice-" + "CANARY" * 8
REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/responses")


def limit_reached() -> HardLimitReached:
    return HardLimitReached(
        REQUEST,
        scope="all",
        limit=Money.usd("0.001"),
        spent=Money.usd("0.0004"),
        reserved=Money(0),
        asked=Money.usd("0.006"),
        resets_at=datetime(2026, 12, 1, tzinfo=UTC),
    )


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
        self.receipt = RECEIPT  # of a call that a linked key pays
        self.bodies: list[dict[str, Any]] = []
        self.responses = SimpleNamespace(create=self._respond)
        self.images = SimpleNamespace(generate=self._draw, edit=self._draw)
        self.models = SimpleNamespace(with_raw_response=SimpleNamespace(list=self._list))
        self.deaf_to: dict[ApiKey | None, Exception] = {}  # what a key is answered instead of the models
        self.signed_in: ApiKey | None = None

    def with_options(self, **_options: Any) -> FakeClient:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def _list(self) -> SimpleNamespace:
        if self.signed_in in self.deaf_to:
            raise self.deaf_to[self.signed_in]
        return SimpleNamespace(headers={})

    def _respond(self, **body: Any) -> Any:
        self._remember(body)
        events = self._events(body["model"])
        return nullcontext(FakeStream(events)) if body.get("stream") else events[-1].response

    def _events(self, model: str) -> list[SimpleNamespace]:
        third = len(POST) // 3
        pieces = [POST[:third], POST[third : 2 * third], POST[2 * third :]]
        response = SimpleNamespace(
            output_text=POST, model=model, status="completed", output=[], error=None, incomplete_details=None
        )
        deltas = [SimpleNamespace(type="response.output_text.delta", delta=piece) for piece in pieces]
        return [*deltas, SimpleNamespace(type="response.completed", response=response)]

    def _draw(self, **body: Any) -> Any:
        """Whole, or with two unfinished pictures before it."""
        self._remember(body)
        encoded = base64.b64encode(PNG).decode()
        if not body.get("stream"):
            return SimpleNamespace(data=[SimpleNamespace(b64_json=encoded)])
        what = "image_edit" if "image" in body else "image_generation"
        kinds = ("partial_image", "partial_image", "completed")
        return nullcontext([SimpleNamespace(type=f"{what}.{kind}", b64_json=encoded) for kind in kinds])

    def _remember(self, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        if self.trouble:
            raise self.trouble
        if self.signed_in:
            for receipts in COLLECTORS.get():
                receipts.append(self.receipt)


class FakeProjectKeys:
    """What an admin key can do."""

    def __init__(self, keys: Sequence[PlatformKey]) -> None:
        self.keys = list(keys)
        self.revoked: list[str] = []

    def list(self) -> list[PlatformKey]:
        return [key for key in self.keys if key.id not in self.revoked]

    def revoke(self, key: PlatformKey) -> None:
        self.revoked.append(key.id)


class FakePracticeLink(PracticeLink):
    """A platform that says what the test has written in `found`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.found: dict[str, object] = {}
        self.pages: dict[str, Answer] = {}
        self.sent: list[tuple[str, str | None]] = []
        self.port: PagesPort = 8123
        self.mails: list[EmailMessage] = []
        self.is_down = False

    def visit(self, address: str, form: str | None = None) -> Answer:
        """What the test has put at this address."""
        self.sent.append((address, form))
        if address not in self.pages:
            raise PracticeNotAnswering(reason="ConnectionRefusedError")
        return self.pages[address]

    def deliver(self, mail: EmailMessage) -> None:
        if self.is_down:
            raise ConnectionError
        self.mails.append(mail)

    def alerts_in_inbox(self) -> int:
        return len(self.mails)

    def pages_port(self) -> PagesPort:
        return self.port

    def address(self) -> Address:
        return Address("http://127.0.0.1:8123/v1", "http://127.0.0.1:8123/", "token", 1)

    def state(self) -> dict[str, Any]:
        return self.found


class FakeConnection:
    """One client for every key and purse."""

    def __init__(self, client: FakeClient, linking: Linking) -> None:
        self._client = client
        self._linking = linking

    @property
    def linked_key(self) -> ApiKey | None:
        return self._linking.linked_key

    def one_look(self) -> AbstractContextManager[None]:
        return self._linking.one_look()

    def client_for(self, key: ApiKey) -> FakeClient:
        self._client.signed_in = key
        return self._client

    def client_of(self, _purse: Purse) -> FakeClient:
        self._client.signed_in = self.linked_key
        return self._client


class FakeSession(Session):
    """A session on a wire of the test's own, with a ledger, keys and progress in a folder of the test's."""

    def __init__(
        self,
        folder: Path,
        language: Literal["it", "en"] = "it",
        mode: Literal["practice", "live"] = "practice",
        **environment: str,
    ) -> None:
        clock = ManualClock(NOW)
        super().__init__(Settings(home=folder, language=language, mode=mode), clock, environment)
        self.openai = FakeClient()
        self.checkup = cast(Any, FakeCheckup())
        self.platform = FakePracticeLink(clock)
        self.practice_link = self.platform
        self.connection = cast(Any, FakeConnection(self.openai, self.linking))
        self.accounting.plan_credits = PlanCredits(self.ledger, quota=12)
        self.assistant = DraftingAssistant(
            lambda: self.drafts,
            self.connection,
            lambda _endpoint, _body: Money.usd("0.000416"),
            plan_credits=self.accounting.plan_credits,
            use_record=self.wizard,
            clock=self.clock,
        )
        self.managed: ProjectKeys | None = None
        self.platform_account = cast(Any, SimpleNamespace(project_keys=lambda: self.managed))

    def restart(self) -> None:
        """What a new kernel would find: the files, and nothing in memory but the key in the environment."""
        self.progress._known = None
        for name in ("wizard", "key_rotation"):
            vars(self).pop(name, None)


def may_switch(*sessions: Any) -> None:
    """From now on, a page of one of these sessions is switched to the other."""
    by_mode = {session.mode: session for session in sessions}
    for session in sessions:
        window_group_of(session).enter = by_mode.__getitem__


def click(window: View, action: str, secrets: Mapping[str, str] | None = None, **fields: str) -> None:
    """What the page sends for one click."""
    send(
        window,
        {"id": str(next(_numbers)), "action": action, "fields": fields, "secrets": dict(secrets or {})},
    )


def send(window: View, message: Mapping[str, object]) -> None:
    """One message as it arrives over the comm."""
    window._handle_custom_msg(message, [])
