"""A practice platform without a socket, and the official SDK in front of it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast
from zlib import crc32

import httpx2
import openai
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform

from .blocking import Blocking
from .openapi_document import Heard, OpenAiDocument, document_of
from .strictly import BASE_URL

Connect = Callable[..., openai.OpenAI]
CONTROL_TOKEN = "control-" + "t" * 20


@pytest.fixture(scope="session")
def openai_document(tmp_path_factory: pytest.TempPathFactory) -> OpenAiDocument | None:
    """OpenAI's own document, None where the environment does not name it."""
    folder = tmp_path_factory.getbasetemp()
    return document_of(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(autouse=True)
def held_against_the_document(
    openai_document: OpenAiDocument | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Every answer of the wire, whichever test asks for it, is one that OpenAI's document knows."""
    if openai_document is None:
        yield
        return
    complaints: list[str] = []
    answer = Starlette.__call__

    async def listening(self: Starlette, scope: Scope, receive: Receive, send: Send) -> None:
        heard = Heard(send)
        await answer(self, scope, receive, heard)
        if scope["type"] == "http":
            complaints.extend(heard.complaints(openai_document, scope["method"], scope["path"]))

    monkeypatch.setattr(Starlette, "__call__", listening)
    yield
    assert not complaints, "\n".join(dict.fromkeys(complaints))


@pytest.fixture
def funded(platform: Platform) -> Platform:
    """Signed up, with 5 USD of credit and no card (so that nothing is bought automatically)."""
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.billing.give_credits(Money.usd(5))
    return platform


@pytest.fixture
def secret(funded: Platform) -> str:
    return funded.create_key("PostPickr-AI")[1]


@pytest.fixture
def plan(tmp_path: Path, clock: ManualClock, blank_practice: Path) -> Iterator[Platform]:
    """The app's own account, beside the learner's."""
    found = Platform.open(shutil.copy(blank_practice, tmp_path / "plan.sqlite3"), clock)
    yield found
    found.close()


@pytest.fixture
def slept() -> list[float]:
    """The seconds that the application wanted to wait, in order; it did not."""
    return []


@pytest.fixture
def app(request: pytest.FixtureRequest, platform: Platform, slept: list[float]) -> Starlette:
    """The application; the account of the app is part of it where the test asks for `plan`."""
    plan = request.getfixturevalue("plan") if "plan" in request.fixturenames else None

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return create_app(platform, plan=plan, control_token=CONTROL_TOKEN, sleep=sleep)


@pytest.fixture
def web(app: Starlette) -> Iterator[TestClient]:
    """Plain HTTP to the application, in process."""
    with TestClient(app, base_url=BASE_URL) as client:
        yield client


BOTH_CLIENTS = ("test_every_route_by_sdk", "test_wire_texts")
"""Here each client of the SDK meets every route, and texts in all their forms. Elsewhere the platform is the
subject, and the two take turns from test to test.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "connect" in metafunc.fixturenames:
        turn = crc32(metafunc.function.__name__.encode()) % 2
        is_subject = metafunc.module.__name__.rpartition(".")[2] in BOTH_CLIENTS
        clients = ("sync", "async") if is_subject else (("sync", "async")[turn],)
        metafunc.parametrize("connect", clients, indirect=True)


@pytest.fixture
def connect(request: pytest.FixtureRequest, web: TestClient, app: Starlette) -> Iterator[Connect]:
    """Makes clients of the unmodified SDK that do not retry: OpenAI, and AsyncOpenAI behind the same face."""
    base_url = f"{BASE_URL}/v1"
    with ExitStack() as opened:
        if request.param == "sync":
            yield lambda **keys: openai.OpenAI(**keys, base_url=base_url, http_client=web, max_retries=0)
            return
        loop = opened.enter_context(asyncio.Runner()).get_loop()  # closes what generators have left open
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app))
        opened.callback(lambda: loop.run_until_complete(http.aclose()))

        def connect_async(**keys: Any) -> openai.OpenAI:
            client = openai.AsyncOpenAI(**keys, base_url=base_url, http_client=http, max_retries=0)
            return cast(openai.OpenAI, Blocking(client, loop))

        yield connect_async


@pytest.fixture
def sdk(connect: Connect, secret: str) -> openai.OpenAI:
    """Signed in with an ordinary key."""
    return connect(api_key=secret)


@pytest.fixture
def admin(connect: Connect, funded: Platform) -> openai.OpenAI:
    """Signed in with an admin key."""
    return connect(admin_api_key=funded.keys.create_admin("reports")[1], api_key="")
