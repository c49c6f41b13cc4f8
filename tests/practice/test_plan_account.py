"""The app's own account on the practice platform, which plan credits stand for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from ppkit.money import ZERO
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control


@pytest.fixture
def control(tmp_path: Path) -> Iterator[tuple[Control, str]]:
    address = ensure_running(tmp_path, idle_seconds=60)
    yield Control(address), address.console_url
    os.kill(address.pid, signal.SIGTERM)


@pytest.mark.processes
def test_what_plan_credits_pay_for_never_shows_on_the_learners_account(control: tuple[Control, str]) -> None:
    room, console_url = control
    key = room.post("plan-key")["key"]
    with openai.OpenAI(api_key=key, base_url=f"{console_url}plan/v1") as client:
        assert client.responses.create(model="gpt-6-luna", input="Gelato").output_text
    state = room.get("state")
    assert not state["account"]
    assert state["calls"] == 0
    assert state["billed_pico_usd"] == ZERO.pico_usd


@pytest.mark.processes
def test_the_apps_key_opens_nothing_on_the_learners_account(control: tuple[Control, str]) -> None:
    room, console_url = control
    room.post("key", name="learner")
    key = room.post("plan-key")["key"]
    client = openai.OpenAI(api_key=key, base_url=f"{console_url}v1")
    with client, pytest.raises(openai.AuthenticationError):
        client.models.list()
