"""The practice process: found or started, once; ended by a signal, by idleness; nothing lost when killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from ppkit.lock import FileLock
from ppkit.practice_platform import address as address_room
from ppkit.practice_platform.address import (
    TOKEN_HEADER,
    Address,
    answers,
    port_file_of,
    read_port_file,
    write_port_file,
)
from ppkit.practice_platform.errors import (
    PracticeAlreadyRunning,
    PracticeDatabaseTooNew,
    PracticeDatabaseUnreadable,
    PracticePortTaken,
)
from ppkit.practice_platform.process import ensure_running, find_running
from ppkit.practice_platform.server import ServingOptions, listen, serve

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"), pytest.mark.processes]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A data folder; whatever practice process runs in it is ended afterwards."""
    yield tmp_path
    if address := read_port_file(tmp_path):  # not asked: a busy machine may be slow to answer
        with suppress(ProcessLookupError):
            os.kill(address.pid, signal.SIGKILL)


def control(address: Address, method: str, path: str, body: Any = None) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(address.base_url).netloc, timeout=60)
    headers = {TOKEN_HEADER: address.control_token}
    connection.request(method, f"/control{path}", json.dumps(body) if body is not None else None, headers)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def wait_for(condition: Callable[[], bool], timeout_seconds: float = 60) -> None:
    """Poll a real process; it has no clock of ours."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def has_gone(pid: int) -> bool:
    """Nor has it ended with nobody to take its exit code."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_is_started_once_and_ends_cleanly_on_a_signal(home: Path) -> None:
    found: list[Address] = []
    callers = [threading.Thread(target=lambda: found.append(ensure_running(home))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(set(found)) == 1
    address = found[0]
    assert find_running(home) == address
    assert port_file_of(home).stat().st_mode & 0o777 == 0o600
    assert (home / "practice" / "practice.sqlite3").stat().st_mode & 0o777 == 0o600
    assert address.control_token not in repr(address)
    key = control(address, "POST", "/key", {"name": "k", "credit": "1.00"})["key"]
    with openai.OpenAI(api_key=key, base_url=address.base_url, max_retries=0) as client:
        with client.responses.stream(model="gpt-6-luna", input="Ciao") as stream:
            assert stream.get_final_response().output_text
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="sk-practice-" + "CANARY" * 8).models.list()
    os.kill(address.pid, signal.SIGTERM)
    wait_for(lambda: not port_file_of(home).exists())
    assert find_running(home) is None
    wait_for(lambda: has_gone(address.pid))  # though its starter, this process, lives on
    log = (home / "practice" / "server.log").read_text()
    assert [json.loads(line)["pid"] for line in log.splitlines()] == [address.pid]  # one line, no traceback
    for secret in (key, "CANARY", address.control_token):
        assert secret not in log


def test_a_connection_cut_on_purpose_looks_like_one_and_leaves_no_traceback(home: Path) -> None:
    address = ensure_running(home)
    key = control(address, "POST", "/key", {"name": "k", "credit": "1.00"})["key"]
    with openai.OpenAI(api_key=key, base_url=address.base_url, max_retries=0) as client:
        control(address, "POST", "/faults", {"name": "connection_reset", "on": True})
        with pytest.raises(openai.APIConnectionError):
            client.models.list()
        control(address, "POST", "/faults", {"name": "connection_reset", "on": False})
        control(address, "POST", "/faults", {"name": "cut_stream", "on": True})
        texts: list[str] = []
        with pytest.raises(openai.APIError):  # noqa: PT012  (the stream breaks while it is read)
            for event in client.responses.create(model="gpt-6-luna", input="Ciao", stream=True):
                if event.type == "response.output_text.delta":
                    texts.append(event.delta)
        assert texts
    state = control(address, "GET", "/state")
    assert state["calls"] == 1  # what was sent before the cut is billed
    assert "Traceback" not in (home / "practice" / "server.log").read_text()


def test_a_killed_process_loses_no_purchase_key_or_billed_call(home: Path) -> None:
    address = ensure_running(home)
    key = control(address, "POST", "/key", {"name": "k", "credit": "5.00"})["key"]
    answered = 0
    killer = threading.Timer(0.5, os.kill, (address.pid, signal.SIGKILL))
    with openai.OpenAI(api_key=key, base_url=address.base_url, max_retries=0) as client:
        killer.start()
        try:
            while True:
                client.responses.create(model="gpt-6-luna", input="Ciao")
                answered += 1
        except openai.APIConnectionError:
            pass
        killer.join()
        again = ensure_running(home)
        assert again.pid != address.pid
        state = control(again, "GET", "/state")
        assert state["calls"] - answered in (0, 1)  # the call under way may have been billed, never lost
        assert state["balance_pico_usd"] == 5 * 10**12 - state["billed_pico_usd"]
        with openai.OpenAI(api_key=key, base_url=again.base_url, max_retries=0) as later:
            later.responses.create(model="gpt-6-luna", input="Ciao")


def test_one_that_was_just_told_to_stop_can_be_followed_at_once(home: Path) -> None:
    first = ensure_running(home)
    os.kill(first.pid, signal.SIGTERM)
    wait_for(lambda: find_running(home) is None)
    assert ensure_running(home).pid != first.pid


def test_one_that_was_told_to_stop_is_not_found_even_while_it_still_answers(home: Path) -> None:
    first = ensure_running(home)
    token = {TOKEN_HEADER: first.control_token}
    open_connection = http.client.HTTPConnection(urlsplit(first.base_url).netloc, timeout=60)
    open_connection.request("GET", "/control/ping", headers=token)
    open_connection.getresponse().read()
    os.kill(first.pid, signal.SIGTERM)
    wait_for(lambda: find_running(home) is None)
    second = ensure_running(home)
    open_connection.close()
    assert second.pid != first.pid
    assert find_running(home) == second


def test_a_server_that_takes_its_port_file_away_while_it_is_asked_is_not_found(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ensure_running(home)

    def told_to_stop_meanwhile(asked: Address) -> bool:
        port_file_of(home).unlink()
        return answers(asked)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(address_room, "answers", told_to_stop_meanwhile)
        assert find_running(home) is None
    write_port_file(home, address)


def test_the_next_one_listens_where_the_last_one_did(home: Path) -> None:
    first = ensure_running(home)
    for stop in (signal.SIGTERM, signal.SIGKILL):
        before = ensure_running(home)
        os.kill(before.pid, stop)
        with FileLock(home / "practice" / "server.lock") as ended:
            assert ended.wait(60)
        after = ensure_running(home)
        assert after.pid != before.pid
        assert after.console_url == first.console_url
        assert after.control_token != before.control_token


@pytest.mark.parametrize("memory", ["taken", "", "x", "-1", "70000", "80"])
def test_any_free_port_serves_when_the_former_one_cannot(home: Path, memory: str) -> None:
    (home / "practice").mkdir()
    with listen(0) as taken:
        port = str(taken.getsockname()[1])
        (home / "practice" / "port").write_text(port if memory == "taken" else memory)
        ready: list[Address] = []
        serve(home, on_ready=ready.append, serving=ServingOptions(idle_seconds=0.05))
    assert urlsplit(ready[0].base_url).port not in (int(port), 80)
    assert (home / "practice" / "port").read_text() == f"{urlsplit(ready[0].base_url).port}\n"


def test_a_stale_port_file_is_seen_through(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    (home / "practice").mkdir()
    stranger = socket.create_server(("127.0.0.1", 0))
    port = stranger.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    for pid in (ended.pid, os.getpid()):  # a dead process; a living one where something else has the port
        write_port_file(home, Address(f"{origin}/v1", f"{origin}/", "token", pid))
        if pid == os.getpid():
            stranger.close()
        assert find_running(home) is None
    for damage in ("", "{", "[]", '{"pid": "x"}'):
        port_file_of(home).write_text(damage)
        assert find_running(home) is None
    address = ensure_running(home)
    assert read_port_file(home) == address


def test_a_server_on_that_port_that_does_not_know_the_token_is_not_ours(home: Path) -> None:
    address = ensure_running(home)
    other = Address(address.base_url, address.console_url, "another-token", address.pid)
    write_port_file(home, other)
    assert find_running(home) is None
    write_port_file(home, address)


@pytest.mark.timeout(120)
def test_idleness_ends_it(home: Path) -> None:
    """That it returns at all is the proof."""
    ready: list[Address] = []
    serve(home, on_ready=ready.append, serving=ServingOptions(idle_seconds=0.2))
    assert len(ready) == 1
    assert not port_file_of(home).exists()


def test_a_second_server_and_a_taken_port_are_errors_here_and_now(home: Path, tmp_path: Path) -> None:
    ensure_running(home)
    with pytest.raises(PracticeAlreadyRunning):
        serve(home, on_ready=lambda _address: None)
    taken = listen(0)
    with pytest.raises(PracticePortTaken):
        serve(tmp_path / "other", taken.getsockname()[1], on_ready=lambda _address: None)
    taken.close()


@pytest.mark.parametrize("what", ["damaged", "newer"])
def test_data_that_cannot_be_used_is_named_and_kept(home: Path, what: str) -> None:
    folder = home / "practice"
    folder.mkdir()
    if what == "damaged":
        (folder / "practice.sqlite3").write_bytes(b"junk" * 1000)
    else:
        ensure_running(home)
        address = find_running(home)
        assert address is not None
        os.kill(address.pid, signal.SIGTERM)
        with FileLock(folder / "server.lock") as ended:
            assert ended.wait(60)
        connection = sqlite3.connect(folder / "practice.sqlite3")
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    before = (folder / "practice.sqlite3").read_bytes()
    expected = PracticeDatabaseUnreadable if what == "damaged" else PracticeDatabaseTooNew
    with pytest.raises(expected):
        ensure_running(home)
    assert (folder / "practice.sqlite3").read_bytes() == before


def test_the_command_prints_one_line_without_the_token_when_ready(home: Path) -> None:
    command = [sys.executable, "-m", "ppkit.practice_platform", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        assert set(line) == {"base_url", "console_url", "pid"}
        assert line["pid"] == process.pid
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_who_leaves_a_stream_early_pays_for_what_was_sent_until_then(home: Path) -> None:
    address = ensure_running(home, pace_milliseconds=20)
    key = control(address, "POST", "/key", {"name": "k", "credit": "1.00"})["key"]
    with openai.OpenAI(api_key=key, base_url=address.base_url, max_retries=0) as client:
        whole = client.responses.create(model="gpt-6-astra", input="Ciao").usage
        billed = control(address, "GET", "/state")["billed_pico_usd"]
        assert whole is not None
        with client.responses.create(model="gpt-6-astra", input="Ciao", stream=True) as stream:
            pieces = 0
            for event in stream:
                pieces += event.type == "response.output_text.delta"
                if pieces == 3:
                    break
    wait_for(lambda: control(address, "GET", "/state")["calls"] == 2)
    partly = control(address, "GET", "/state")["billed_pico_usd"] - billed
    output = (partly - whole.input_tokens * 10**7) // (5 * 10**7)  # 10 USD in, 50 USD out per million tokens
    assert 3 <= output < whole.output_tokens
