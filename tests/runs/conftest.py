"""A practice session whose wire ends in this process, and plain clients as a program would make them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from metering.fake_platform import FakePlatform

from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.practice_link import PracticeLink
from ppkit.practice_platform.address import Address
from ppkit.sessions import Session
from ppkit.settings import Settings

# Built so that no scanner takes it for a key.
KEY = "sk-practice-" + "Ab3" * 16
ADDRESS = Address("http://127.0.0.1:1/v1", "http://127.0.0.1:1/", "token", 1)
ASK: dict[str, Any] = {"model": "gpt-6-luna", "input": "Ciao"}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Session]:
    """A linked key and an empty ledger; the environment is put back afterwards."""
    monkeypatch.setattr(PracticeLink, "address", lambda _self: ADDRESS)
    monkeypatch.setattr(PracticeLink, "clock", clock)
    for name in list(os.environ):
        if name.startswith(("PPKIT_", "OPENAI_")):
            monkeypatch.delenv(name)
    made = Session(Settings(home=tmp_path, mode="practice", language="en"))
    made.link(ApiKey(KEY))
    yield made
    made.ledger.close()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    """What answers every HTTP client of this process."""
    answering = FakePlatform()
    mock = httpx2.MockTransport(answering)
    monkeypatch.setattr(
        httpx2.HTTPTransport, "handle_request", lambda _self, request: mock.handle_request(request)
    )
    return answering


def ask() -> str:
    """What somebody's program does: a client from the environment, one call."""
    return str(openai.OpenAI(max_retries=0).responses.create(**ASK).output_text)
