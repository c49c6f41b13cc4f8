"""A session without a network, a process or a clock of its own: real wizard and texts, a ledger in memory."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from ppkit.assistant import Assistant
from ppkit.checkup import Diagnosis, Finding, Rung, Skip, State
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey, Chosen, Found, Lint, SourceName
from ppkit.metering.receipts import Receipt
from ppkit.money import Money
from ppkit.onboarding import Progress, Wizard
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, open_ledger
from ppkit.spending.usage import Usage

if TYPE_CHECKING:
    from ppkit.session import Session

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
# Put together here, so that no scanner takes this file for a leak.
PRACTICE_KEY = "sk-practice-" + "CANARY" * 8


def spend(session: Any, usd: str, model: str = "gpt-6-luna", key: str = "…7Q2f") -> None:
    """One call that was made and paid."""
    spend.count += 1  # type: ignore[attr-defined]
    call = Call(f"call-{spend.count}", model, key, "responses")  # type: ignore[attr-defined]
    session.ledger.reserve(call, Money.usd(usd))
    session.ledger.settle(call.id, Money.usd(usd), Usage(412, 96))
    session.ledger.flush()


spend.count = 0  # type: ignore[attr-defined]


@dataclass
class FakeCheckup:
    """Climbs without a network: `broken` names the rung that fails, with its diagnosis."""

    broken: Mapping[Rung, Diagnosis] = field(default_factory=dict)
    keys: list[ApiKey] = field(default_factory=list)

    def run(
        self,
        key: ApiKey,
        consent: bool = False,
        on_finding: Callable[[Finding], None] = lambda _finding: None,
        images: bool = False,
    ) -> list[Finding]:
        self.keys.append(key)
        findings: list[Finding] = []
        for rung in Rung:
            on_finding(Finding(rung, State.RUNNING))
            findings.append(self._finding(rung, findings, consent, images))
            on_finding(findings[-1])
        return findings

    def _finding(self, rung: Rung, before: Sequence[Finding], consent: bool, images: bool) -> Finding:
        if any(finding.state is State.FAILED for finding in before):
            return Finding(rung, State.SKIPPED, facts={"reason": Skip.EARLIER})
        if rung in self.broken:
            return Finding(rung, State.FAILED, self.broken[rung])
        offer = {"model": "gpt-6-luna", "highest_cost": Money.usd("0.0000108")}
        if rung is Rung.CREDIT and not consent:
            return Finding(rung, State.SKIPPED, facts={"reason": Skip.NO_CONSENT, **offer})
        if rung is Rung.IMAGES and not images:
            return Finding(rung, State.SKIPPED, facts={"reason": Skip.NOT_ASKED, **offer})
        return Finding(rung, State.PASSED, at=NOW)


class FakeCredits:
    """The plan's credits, in memory."""

    tariff: Mapping[str, int] = MappingProxyType({"text": 1, "image": 10})
    quota = 100

    def __init__(self, left: int) -> None:
        self._left = left

    def left(self) -> int:
        return self._left

    def take(self, kind: str) -> None:
        self._left -= self.tariff[kind]

    def give_back(self, kind: str) -> None:
        self._left += self.tariff[kind]


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
POST = "Il tramonto ha un nuovo indirizzo. 🌅 Dal 3 maggio la terrazza riapre: calici freschi e luce giusta."
POST += "\n#aperitivo #terrazza"


class FakeClient:
    """Answers like the SDK's client: a post in three pieces, an image of one pixel, or `trouble`."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.bodies: list[dict[str, Any]] = []
        self.responses = SimpleNamespace(create=self._respond)
        self.images = SimpleNamespace(generate=self._draw)

    @contextmanager
    def _respond(self, **body: Any) -> Iterator[Iterator[SimpleNamespace]]:
        self._remember(body)
        yield iter(self._events(body["model"]))

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


class FakeSession:
    """What windows use of a session."""

    def __init__(self, folder: Path, language: str = "it", mode: str = "practice") -> None:
        self.language = language
        self.mode = mode
        self.clock = ManualClock(NOW)
        self.wizard = Wizard(Progress(folder / "progress.json"), self.clock, mode)
        self.ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite3", self.clock)
        self.budget = Budget(self.ledger)
        self.checkup = FakeCheckup()
        self.plan_credits = FakeCredits(12)
        self.openai = FakeClient()
        self.assistant = Assistant(
            lambda _purse: cast(Any, self.openai),
            lambda: nullcontext([RECEIPT] if self.key else []),
            lambda _endpoint, _body: Money.usd("0.000416"),
            self.clock,
            plan_credits=self.plan_credits,
            has_key=lambda: self.key is not None,
            on_own_key_used=lambda: self.wizard.record("link.used"),
        )
        self.practice: dict[str, object] = {}
        self.key: ApiKey | None = None
        self.stored: list[ApiKey] = []

    def practice_address(self) -> SimpleNamespace:
        return SimpleNamespace(console_url="http://127.0.0.1:8123/", base_url="http://127.0.0.1:8123/v1")

    def practice_state(self) -> Mapping[str, object]:
        return self.practice

    @property
    def linked_key(self) -> ApiKey | None:
        return self.key

    def chosen_key(self) -> Chosen:
        found = Found(SourceName.TYPED, Lint(key=self.key)) if self.key else None
        return Chosen(found, (), ())

    def link(self, key: ApiKey, *, store: bool = False) -> None:
        self.key = key
        if store:
            self.stored.append(key)

    def forget(self) -> Chosen:
        self.key = None
        return self.chosen_key()


def fake_session(folder: Path, **arguments: Any) -> Session:
    return cast("Session", FakeSession(folder, **arguments))


def click(window: Any, action: str, secrets: Mapping[str, str] | None = None, **fields: str) -> None:
    """What the page sends for one click."""
    click.count += 1  # type: ignore[attr-defined]
    message = {"id": str(click.count), "action": action, "fields": fields, "secrets": dict(secrets or {})}  # type: ignore[attr-defined]
    window._handle_custom_msg(message, [])


click.count = 0  # type: ignore[attr-defined]
