"""The class's practice host: one process, a platform for each learner, reached with the hub's tokens."""

from __future__ import annotations

import asyncio
import os
import pwd
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ppkit.clock import ManualClock, ShiftedClock
from ppkit.practice_platform.address import TOKEN_HEADER, find_running, offset_file_of
from ppkit.practice_platform.class_guest import HOST_VARIABLE, TOKEN_VARIABLE, join
from ppkit.practice_platform.class_host import ClassHost, door
from ppkit.practice_platform.errors import PracticeHostRefused
from ppkit.practice_platform.neighbours import SOCKETS, OnlyFrom, uid_at
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control
from ppkit.practice_platform.server import ServingOptions, configured, listen

pytestmark = pytest.mark.processes
TOKENS = {"token-of-ada": "ada", "token-of-bruno": "bruno"}


async def whose(token: str) -> str | None:
    return TOKENS.get(token)


@dataclass(frozen=True)
class Door:
    url: str

    def of(self, token: str) -> dict[str, str]:
        return {HOST_VARIABLE: self.url, TOKEN_VARIABLE: token}


class _ServerInAThread(uvicorn.Server):
    """Signals belong to the main thread; this one is ended by hand."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def served(app: ASGIApp, at_end: Callable[[], Awaitable[None]] | None = None) -> Iterator[str]:
    """The application, served by a thread of its own; everything has ended when this returns."""
    listener = listen(0)
    server = _ServerInAThread(configured(app))

    async def serve() -> None:
        await server.serve(sockets=[listener])
        if at_end:
            await at_end()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def open_door(folder: Path) -> Iterator[Door]:
    host = ClassHost(folder, ServingOptions())
    with served(door(host, whose), host.close) as url:
        yield Door(url)


class Noted:
    """An application that answers 204 and remembers whose program asked."""

    def __init__(self) -> None:
        self.uids: list[int | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.uids.append(uid_at(scope["client"], scope["server"]))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Door]:
    with open_door(tmp_path / "host") as made:
        yield made


def test_each_learner_has_a_platform_of_their_own(opened: Door, tmp_path: Path) -> None:
    ada, bruno = (join(tmp_path / name, opened.of(f"token-of-{name}")) for name in ("ada", "bruno"))
    Control(ada).post("key", name="first", credit="5.00")
    assert Control(ada).get("state")["account"]
    assert not Control(bruno).get("state")["account"]
    # And neither can be steered with the other's control token.
    stolen = httpx2.get(bruno.console_url + "control/state", headers={TOKEN_HEADER: ada.control_token})
    assert stolen.status_code == 403


def test_a_learner_who_asks_again_finds_the_same_platform(opened: Door, tmp_path: Path) -> None:
    first = join(tmp_path / "ada", opened.of("token-of-ada"))
    assert find_running(tmp_path / "ada") == first
    assert join(tmp_path / "another folder", opened.of("token-of-ada")) == first


def test_the_ledgers_clock_follows_the_platform_on_the_host(opened: Door, tmp_path: Path) -> None:
    home = tmp_path / "ada"
    control = Control(join(home, opened.of("token-of-ada")))
    base = ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    clock = ShiftedClock(base, offset_file_of(home))
    control.post("clock", days=3, hours=0)
    assert (clock.now() - base.now()).days == 3


def test_what_was_done_is_there_after_the_host_was_restarted(tmp_path: Path) -> None:
    with open_door(tmp_path / "host") as before:
        Control(join(tmp_path / "ada", before.of("token-of-ada"))).post("key", name="first", credit="5.00")
    assert find_running(tmp_path / "ada") is None
    with open_door(tmp_path / "host") as after:
        assert Control(join(tmp_path / "ada", after.of("token-of-ada"))).get("state")["account"]


@pytest.mark.parametrize("token", ["", "token-of-nobody"])
def test_a_token_that_the_hub_does_not_know_gets_no_platform(
    opened: Door, tmp_path: Path, token: str
) -> None:
    with pytest.raises(PracticeHostRefused) as refused:
        join(tmp_path / "eve", opened.of(token))
    assert refused.value.facts["reason"] == "401"
    assert not (tmp_path / "eve").exists()


def test_a_host_that_is_away_is_told_and_no_platform_is_started_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = listen(0)
    port = listener.getsockname()[1]
    listener.close()
    monkeypatch.setenv(HOST_VARIABLE, f"http://127.0.0.1:{port}")
    with pytest.raises(PracticeHostRefused):
        ensure_running(tmp_path / "ada")
    assert not (tmp_path / "ada" / "practice" / "practice.sqlite3").exists()


@pytest.mark.skipif(not SOCKETS.exists(), reason="this system does not tell whose sockets there are")
def test_the_account_at_the_other_end_of_a_connection_is_known() -> None:
    with served(app := Noted()) as url:
        httpx2.get(url)
    assert app.uids == [os.geteuid()]


@pytest.mark.skipif(not SOCKETS.exists(), reason="this system does not tell whose sockets there are")
def test_programs_of_another_account_are_refused() -> None:
    own = pwd.getpwuid(os.geteuid()).pw_name
    other = next(one.pw_name for one in pwd.getpwall() if one.pw_uid != os.geteuid())
    with served(OnlyFrom(app := Noted(), (own,))) as url:
        assert httpx2.get(url).status_code == 204
    with served(OnlyFrom(app, (other,))) as url:
        assert httpx2.get(url).status_code == 403
    assert app.uids == [os.geteuid()]
