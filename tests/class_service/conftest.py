"""A class in memory: a lesson, its gateway, a platform that answers as OpenAI does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from keys.canaries import key_of
from metering.fake_platform import MODEL, FakePlatform
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ppkit.class_service.class_app import class_app
from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.gateway import Upstream
from ppkit.class_service.learner_tokens import new_learner_token
from ppkit.class_service.roster import NewLearner, Roster
from ppkit.class_service.roster_places import RosterFile
from ppkit.class_service.running_lesson import RunningLesson, limit_lesson
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.metering import AsyncMeteredTransport, Meter
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.model_limits import ModelLimits
from ppkit.spending.prices import PriceCatalogue

AGENCY_KEY = key_of("practice", "agency")
START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def a_lesson(**changes: Any) -> ClassLesson:
    given: dict[str, Any] = {
        "id": "tuesday",
        "name": "Posts on Tuesday",
        "opens": START,
        "closes": START + timedelta(hours=2),
        "learners": 3,
        "limit_per_learner": Money.usd("0.10"),
        "limit_in_all": Money.usd("0.25"),
        "models": (MODEL,),
        "welcome": "Welcome!",
    }
    return ClassLesson(**(given | changes))


class ClassRoom:
    """One lesson that is served, and what tests ask of it."""

    def __init__(self, lesson: ClassLesson, ledger: Ledger, clock: ManualClock, folder: Path) -> None:
        self.lesson = lesson
        self.ledger = ledger
        self.budget = Budget(ledger)
        self.clock = clock
        self.platform = FakePlatform()
        self.roster = Roster(RosterFile(folder / "class.sqlite3"), clock, choose=itemgetter(0))
        self.join_code = self.roster.prepare(lesson).join_code
        limit_lesson(ledger, lesson)
        self.served = RunningLesson(lesson.id, self.roster, ledger, clock)
        limits = ModelLimits(context_window=100_000, max_output_tokens=1_000)
        prices = PriceCatalogue().with_user_price(MODEL, input="1", cached="0.1", output="5", limits=limits)
        self.meter = Meter(
            ledger, prices, clock, mode="practice", busy_timeout_seconds=0, async_sleep=self._sleep
        )
        self.waits: list[float] = []
        self.on_sleep: Callable[[], object] = lambda: None
        self.upstream = Upstream("http://platform.test/v1", ApiKey(AGENCY_KEY))
        self.app = self.gateway()

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.on_sleep()

    def gateway(self) -> Starlette:
        """One more of them, on the same ledger and roster."""
        transport = AsyncMeteredTransport(httpx2.MockTransport(self.platform), self.meter)
        client = httpx2.AsyncClient(transport=transport)
        return class_app(self.served, self.meter, self.upstream, self.clock, "practice", client=client)

    def join(self, visit: str = "visit") -> NewLearner:
        return self.served.join(self.join_code, visit)

    def sdk(self, token: str, app: Starlette | None = None) -> openai.AsyncOpenAI:
        """The unmodified SDK, as a learner has it."""
        return openai.AsyncOpenAI(
            base_url="http://class.test/v1",
            api_key=token,
            max_retries=0,
            http_client=httpx2.AsyncClient(transport=httpx2.ASGITransport(app or self.app)),
        )

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url="http://class.test", headers={"accept-language": "en"})

    def totals(self, scope: str) -> Any:
        return self.ledger.totals(scope=scope)


NewClass = Callable[..., ClassRoom]


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock, blank_ledger: Path) -> Iterator[Ledger]:
    path = shutil.copy(blank_ledger, tmp_path / "ledger.sqlite3")
    found = open_ledger(f"sqlite:///{path}", clock)
    yield found
    found.close()


@pytest.fixture
def new_class(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> NewClass:
    return lambda **changes: ClassRoom(a_lesson(**changes), ledger, clock, tmp_path)


@pytest.fixture
def room(new_class: NewClass) -> ClassRoom:
    return new_class()


def token_on(page: str) -> str:
    """The token that a page shows."""
    found = re.search(r"sk-class-[a-z0-9]+", page)
    assert found, page
    return found[0]


NOBODYS_TOKEN = new_learner_token()
