"""A practice platform without a socket, and the official SDK in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice.app import create_app
from ppkit.practice.platform import Platform

from .strictly import BASE_URL

CONTROL_TOKEN = "control-" + "t" * 20


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


@pytest.fixture
def platform(tmp_path: Path, clock: ManualClock) -> Iterator[Platform]:
    found = Platform.open(tmp_path / "practice.sqlite3", clock)
    yield found
    found.close()


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
def app(platform: Platform) -> Starlette:
    return create_app(platform, control_token=CONTROL_TOKEN)


@pytest.fixture
def web(app: Starlette) -> Iterator[TestClient]:
    """Plain HTTP to the application, in process."""
    client = TestClient(app, base_url=BASE_URL)
    yield client
    client.close()


@pytest.fixture
def sdk(web: TestClient, secret: str) -> Iterator[openai.OpenAI]:
    """The unmodified SDK, signed in with an ordinary key; it does not retry."""
    with openai.OpenAI(api_key=secret, base_url=f"{BASE_URL}/v1", http_client=web, max_retries=0) as client:
        yield client


@pytest.fixture
def admin(web: TestClient, funded: Platform) -> Iterator[openai.OpenAI]:
    """The unmodified SDK, signed in with an admin key."""
    admin_key = funded.keys.create_admin("reports")[1]
    with openai.OpenAI(
        admin_api_key=admin_key, api_key="", base_url=f"{BASE_URL}/v1", http_client=web, max_retries=0
    ) as client:
        yield client
