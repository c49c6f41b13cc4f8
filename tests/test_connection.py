"""The connection: one client for each purse and key, replaced when what it was made of has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from ppkit import clients
from ppkit.ai_assistant import Brief, Purse
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.keys import ApiKey
from ppkit.practice_link import PracticeLink
from ppkit.practice_platform.address import Address, write_port_file
from ppkit.practice_platform.in_process import unmount
from ppkit.sessions import Session
from ppkit.settings import Settings

FIRST, SECOND, OF_THE_PLAN = (
    ApiKey("sk-practice-" + letters * 8) for letters in ("FIRSTx", "SECOND", "PLANxx")
)


def at(port: int, pid: int = 1) -> Address:
    return Address(f"http://127.0.0.1:{port}/v1", f"http://127.0.0.1:{port}/", "token", pid)


class FoundAt(PracticeLink):
    """A platform at an address of the test's own."""

    port = 1

    def address(self) -> Address:
        return at(self.port)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    found = Session(Settings(home=tmp_path), environment={})
    found.practice_link = FoundAt(tmp_path, found.clock, found.texts)
    found.practice_link.plan_key = OF_THE_PLAN
    found.link(FIRST)
    yield found
    found.ledger.close()


def test_every_prompt_of_a_purse_goes_through_one_client(session: Session) -> None:
    own, plan = (session.connection.client_of(purse) for purse in (Purse.OWN_KEY, Purse.PLAN))
    assert session.connection.client_of(Purse.OWN_KEY) is own
    assert session.connection.client_of(Purse.PLAN) is plan
    assert (own.api_key, plan.api_key) == (FIRST.get_secret_value(), OF_THE_PLAN.get_secret_value())


def test_a_client_of_the_callers_own_never_has_the_http_client_of_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = httpx2.Client()
    learner = Session(Settings(home=tmp_path, mode="live"), environment={}, http_client=wire)
    monkeypatch.setattr("ppkit.clients.session", lambda: learner)
    drop_in: Any = clients.OpenAI  # an editor sees the SDK's signature and a meter, which may be left out
    drop_in(api_key="sk-proj-" + "OWNKEY" * 8).close()
    assert not wire.is_closed
    learner.ledger.close()


@pytest.mark.parametrize("given", [{}, {"http_client": None}])
def test_no_http_client_is_as_one_that_is_not_given(tmp_path: Path, given: dict[str, None]) -> None:
    with standing_on(WEB_PAGE):
        learner = Session(Settings(home=tmp_path), environment={})
        learner.link(FIRST)
        for made in (learner.connection.drop_in_arguments(given), learner.connection.async_arguments(given)):
            assert made["http_client"] is not None
        unmount(tmp_path)
    learner.ledger.close()


def test_a_key_is_tried_once_and_for_twenty_seconds(session: Session) -> None:
    connection = session.connection
    for client in (connection.client_for(SECOND), connection.admin_client_for(SECOND)):
        assert (client.max_retries, client.timeout) == (0, 20.0)
        client.close()


def test_another_key_or_address_or_process_has_a_client_of_its_own(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = session.connection.client_of(Purse.OWN_KEY)
    session.link(SECOND)
    second = session.connection.client_of(Purse.OWN_KEY)
    assert second is not first
    assert second.api_key == SECOND.get_secret_value()
    monkeypatch.setattr(FoundAt, "port", 2)
    moved = session.connection.client_of(Purse.OWN_KEY)
    assert str(moved.base_url) == "http://127.0.0.1:2/v1/"
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert session.connection.client_of(Purse.OWN_KEY) is not moved


def test_no_key_stands_in_what_the_connection_remembers(session: Session) -> None:
    session.connection.client_of(Purse.OWN_KEY)
    assert FIRST.get_secret_value() not in repr(vars(session.connection))


def test_a_platform_that_still_holds_its_port_file_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "practice").mkdir()
    answers = [at(1, os.getpid()), at(2, os.getpid())]
    asked: list[Path] = []

    def ensure_running(home: Path) -> Address:
        asked.append(home)
        write_port_file(home, answers[len(asked) - 1])
        return answers[len(asked) - 1]

    monkeypatch.setattr("ppkit.practice_platform.process.ensure_running", ensure_running)
    session = Session(Settings(home=tmp_path), environment={})
    link = session.practice_link
    assert [link.address(), link.address()] == [answers[0]] * 2
    assert len(asked) == 1
    (tmp_path / "practice" / "server.json").unlink()  # as the platform does when it is about to end
    assert [link.address(), link.address()] == [answers[1]] * 2
    assert len(asked) == 2


ANSWER: dict[str, object] = {
    "id": "r",
    "object": "response",
    "model": "gpt-4o-mini",
    "status": "completed",
    "output": [
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Ciao!", "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 10,
        "output_tokens": 3,
        "total_tokens": 13,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}
PAYING, LATER = (ApiKey("sk-proj-" + letters * 10) for letters in ("PAYING", "LATERx"))


@pytest.mark.parametrize("changed", [False, True])
def test_the_use_of_a_key_is_not_credited_to_one_that_is_linked_during_the_call(
    tmp_path: Path, changed: bool
) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["authorization"].endswith(PAYING.get_secret_value())
        if changed:  # in another window, whose clicks come in another thread
            elsewhere = Thread(target=lambda: learner.link(LATER))
            elsewhere.start()
            elsewhere.join()
        return httpx2.Response(200, json=ANSWER)

    wire = httpx2.Client(transport=httpx2.MockTransport(answer))
    settings = Settings(home=tmp_path, mode="live", base_url="http://wire.example/v1")
    learner = Session(settings, environment={}, http_client=wire)
    learner.link(PAYING)
    learner.assistant.write_post(Brief(topic="Ciao", model="gpt-4o-mini"))
    used = learner.progress.load().of("link.used")
    learner.ledger.close()
    assert (used.key if used else None) == (None if changed else PAYING.fingerprint)
