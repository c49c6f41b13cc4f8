"""The class's practice host: one process, a platform for each learner, told by the system who is who."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from ppkit.clock import ManualClock, ShiftedClock
from ppkit.practice_platform.address import TOKEN_HEADER, find_running, offset_file_of
from ppkit.practice_platform.class_guest import DOOR, HOST_VARIABLE, NAME_VARIABLE, join
from ppkit.practice_platform.class_host import ClassHost, Naming, by_account, by_word, door, listening_at
from ppkit.practice_platform.errors import PracticeHostRefused
from ppkit.practice_platform.neighbours import TABLES, AccountProtocol, only_from
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control
from ppkit.practice_platform.server import ServingOptions, configured, listen

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Door:
    folder: Path

    def of(self, learner: str) -> dict[str, str]:
        """What a hub puts into the environment of a learner's programs."""
        return {HOST_VARIABLE: str(self.folder), NAME_VARIABLE: learner}


class _ServerInAThread(uvicorn.Server):
    """Signals belong to the main thread; this one is ended by hand."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def served(
    listener: socket.socket, config: uvicorn.Config, at_end: Callable[[], Awaitable[None]] | None = None
) -> Iterator[None]:
    """By a thread of its own; everything has ended when this returns."""
    server = _ServerInAThread(config)

    async def serve() -> None:
        await server.serve(sockets=[listener])
        if at_end:
            await at_end()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def open_door(folder: Path, name_of: Naming = by_word, *, separate_accounts: bool = False) -> Iterator[Door]:
    folder.mkdir(exist_ok=True)
    host = ClassHost(folder, ServingOptions(), separate_accounts=separate_accounts)
    with (
        listening_at(folder / DOOR) as listener,
        served(listener, configured(door(host, name_of), AccountProtocol), host.close),
    ):
        yield Door(folder)


async def answers_204(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def port_of(uid: int) -> Iterator[int]:
    """A port that serves this account's programs."""
    listener = listen(0)
    with served(listener, configured(answers_204, only_from(uid))):
        yield listener.getsockname()[1]


def asks(port: int, family: socket.AddressFamily, host: str) -> bytes:
    """What the port answers to a client of this version; nothing where the connection is cut."""
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect((host, port))
        try:
            client.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            return client.recv(100)
        except (ConnectionResetError, BrokenPipeError):
            return b""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Door]:
    with open_door(tmp_path / "host") as made:
        yield made


def test_each_learner_has_a_platform_of_their_own(opened: Door, tmp_path: Path) -> None:
    ada, bruno = (join(tmp_path / name, opened.of(name)) for name in ("ada", "bruno"))
    Control(ada).post("key", name="first", credit="5.00")
    assert Control(ada).get("state")["account"]
    assert not Control(bruno).get("state")["account"]
    # And neither can be steered with the other's control token.
    stolen = httpx2.get(bruno.console_url + "control/state", headers={TOKEN_HEADER: ada.control_token})
    assert stolen.status_code == 403


def test_a_learner_who_asks_again_finds_the_same_platform(opened: Door, tmp_path: Path) -> None:
    first = join(tmp_path / "ada", opened.of("ada"))
    assert find_running(tmp_path / "ada") == first
    assert join(tmp_path / "another folder", opened.of("ada")) == first


def test_the_ledgers_clock_follows_the_platform_on_the_host(opened: Door, tmp_path: Path) -> None:
    home = tmp_path / "ada"
    control = Control(join(home, opened.of("ada")))
    base = ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    clock = ShiftedClock(base, offset_file_of(home))
    control.post("clock", days=3, hours=0)
    assert (clock.now() - base.now()).days == 3


def test_what_was_done_is_there_after_the_host_was_restarted(tmp_path: Path) -> None:
    with open_door(tmp_path / "host") as before:
        Control(join(tmp_path / "ada", before.of("ada"))).post("key", name="first", credit="5.00")
    assert find_running(tmp_path / "ada") is None
    with open_door(tmp_path / "host") as after:
        assert Control(join(tmp_path / "ada", after.of("ada"))).get("state")["account"]


@pytest.mark.parametrize("name", ["", "../ada", "ada/bruno", ".ada", "a" * 64, "Ada"])
def test_a_name_that_is_no_folders_gets_no_platform(opened: Door, tmp_path: Path, name: str) -> None:
    with pytest.raises(PracticeHostRefused) as refused:
        join(tmp_path / "eve", opened.of(name))
    assert refused.value.facts["reason"] == "403"
    assert not (tmp_path / "eve").exists()


def test_where_learners_have_accounts_a_name_that_is_only_said_counts_for_nothing(tmp_path: Path) -> None:
    own = pwd.getpwuid(os.geteuid()).pw_name
    with open_door(tmp_path / "host", by_account, separate_accounts=True) as opened:
        address = join(tmp_path / "home", opened.of("ada"))
        assert find_running(tmp_path / "home") == address
        assert [path.name for path in opened.folder.iterdir() if path.is_dir()] == [own]


def test_a_host_that_is_away_is_told_and_no_platform_is_started_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOST_VARIABLE, str(tmp_path / "nobody here"))
    with pytest.raises(PracticeHostRefused):
        ensure_running(tmp_path / "ada")
    assert not (tmp_path / "ada" / "practice" / "practice.sqlite3").exists()


@pytest.mark.skipif(not TABLES[0].exists(), reason="this system does not tell whose sockets there are")
@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")], ids=["4", "6"]
)
def test_a_port_serves_the_programs_of_one_account_alone(family: socket.AddressFamily, host: str) -> None:
    with port_of(os.geteuid()) as port:
        assert asks(port, family, host).startswith(b"HTTP/1.1 204")
    with port_of(os.geteuid() + 1) as port:
        assert asks(port, family, host) == b""
