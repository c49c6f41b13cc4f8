"""A crowd of rude clients: malformed, huge, many, and the process killed under them. Others are served.

Every test drives a real process over sockets; nothing waits but for what the process does.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import openai
import psutil
import pytest

from ppkit.lock import FileLock
from ppkit.practice_platform.address import Address, read_port_file
from ppkit.practice_platform.connections import make_room
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control, PracticeNotAnswering

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"), pytest.mark.processes]

CHEAP = "gpt-6-luna"
CROWD = 1_000
"""Open connections; each takes a file descriptor here and one there."""


@contextmanager
def served(home: Path) -> Iterator[Address]:
    """A practice process of our own, ended afterwards."""
    command = [sys.executable, "-m", "ppkit.practice_platform", "--home", str(home), "--idle-seconds", "120"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["pid"] == process.pid
            address = read_port_file(home)
            assert address is not None
            yield address
        finally:
            process.kill()
            _out, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors, errors[-2_000:]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """One process for all that do not kill it."""
    with served(tmp_path_factory.mktemp("safety")) as found:
        yield found


@pytest.fixture(scope="module")
def key(address: Address) -> str:
    return str(Control(address).post("key", name="k", credit="1000")["key"])


def place_of(address: Address) -> tuple[str, int]:
    parts = urlsplit(address.base_url)
    return str(parts.hostname), int(parts.port or 0)


def connected(address: Address) -> socket.socket:
    return socket.create_connection(place_of(address), timeout=10)


def is_served(address: Address, key: str) -> bool:
    with openai.OpenAI(api_key=key, base_url=address.base_url, max_retries=0, timeout=60) as sdk:
        return bool(sdk.responses.create(model=CHEAP, input="Ciao").output_text)


def told(connection: socket.socket) -> bytes:
    """Everything that comes until the server closes."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /v1/models HTTP/1.1\r\n" + HOST
POST = b"POST /v1/responses HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
MALFORMED = {
    "noise": b"\x00\xff\x16\x03\x01 not http at all\r\n\r\n",
    "no path": b"GET\r\n\r\n",
    "a bad version": b"GET /v1/models HTTP/9.9\r\n" + HOST + b"\r\n",
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
    "a length that is none": POST + b"Content-Length: ten\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\nzz\r\n",
    "a chunk that is none": POST + CHUNKED + b"\r\nzz\r\n",
    "a header without a name": GET + b": x\r\n\r\n",
    "a folded header": GET + b"A: b\r\n c\r\n\r\n",
    "a header with a zero": GET + b"A: b\x00c\r\n\r\n",
    "huge headers": GET + b"A: " + b"a" * 200_000 + b"\r\n\r\n",
    "a thousand headers": GET + b"A: bcdefghijklmnop\r\n" * 1_000 + b"\r\n",
    "a huge path": b"GET /v1/" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "an upgrade": GET + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "another host": b"GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_http_is_refused_and_others_are_served(
    address: Address, key: str, request_bytes: bytes
) -> None:
    with connected(address) as rude:
        with suppress(OSError):  # it may be refused and closed before all of it has been sent
            rude.sendall(request_bytes)
            rude.shutdown(socket.SHUT_WR)
        answer = told(rude)
    assert answer[:12] in (b"", *(f"HTTP/1.1 {status}".encode() for status in (400, 401, 403, 404)))
    assert is_served(address, key)


def test_a_request_with_two_lengths_is_answered_and_its_connection_closed(address: Address, key: str) -> None:
    """What follows it might be no request of this client (RFC 9112, section 6.1)."""
    body = b'{"model": "gpt-6-luna", "input": "Ciao"}'
    head = POST + b"Authorization: Bearer " + key.encode() + b"\r\nContent-Type: application/json\r\n"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    lengths = b"Content-Length: %d\r\n" % len(chunks)
    hidden = GET + b"\r\n"
    with connected(address) as client:
        client.sendall(head + lengths + CHUNKED + b"\r\n" + chunks + hidden)
        received = told(client)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in received.partition(b"\r\n\r\n")[0].lower() + b"\r\n"
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("how", ["declared", "chunked"])
def test_a_body_of_a_hundred_megabytes_is_refused_without_being_held(
    address: Address, key: str, how: str
) -> None:
    """Only as much is sent as is taken: the refusal comes long before the end."""
    process = psutil.Process(address.pid)
    before = process.memory_info().rss
    highest = before
    head = f"POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    size, block = 100 * 2**20, b" " * 2**20
    with connected(address) as rude:
        if how == "declared":
            rude.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
        else:
            rude.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            block = b"100000\r\n" + block + b"\r\n"
        try:
            for _ in range(100):
                rude.sendall(block)
                highest = max(highest, process.memory_info().rss)
        except (BrokenPipeError, ConnectionResetError):
            pass  # cut off while still sending, which is fair
        else:
            assert rude.recv(12) == b"HTTP/1.1 413"
    assert highest - before < 40 * 2**20
    assert is_served(address, key)


def test_a_hundred_bodies_of_fifteen_megabytes_at_once_do_not_fill_the_memory(
    address: Address, key: str
) -> None:
    head = f"POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    block = b" " * (15 * 2**20 - 1)
    process = psutil.Process(address.pid)
    with ExitStack() as opened:
        crowd = [opened.enter_context(connected(address)) for _ in range(100)]
        for rude in crowd:
            rude.setblocking(False)
            rude.send(f"{head}Content-Length: {len(block) + 1}\r\n\r\n".encode())
        sent = dict.fromkeys(crowd, 0)
        deadline = time.monotonic() + 1.5  # time enough to fill it, if it took all
        while crowd and time.monotonic() < deadline:
            crowd = [rude for rude in crowd if _sent_some(rude, block, sent)]
            assert process.memory_info().rss < 250 * 2**20
    assert is_served(address, key)


def _sent_some(rude: socket.socket, block: bytes, sent: dict[socket.socket, int]) -> bool:
    """Send what fits; whether there is more to send, to a server that takes it."""
    try:
        sent[rude] += rude.send(memoryview(block)[sent[rude] : sent[rude] + 2**18])
    except BlockingIOError:
        return True
    except OSError:
        return False
    return sent[rude] < len(block)


def test_a_thousand_open_connections_keep_nobody_from_being_served(tmp_path: Path) -> None:
    make_room()  # here as there
    with served(tmp_path) as address, ExitStack() as opened:
        key = Control(address).post("key", name="k")["key"]
        crowd = [opened.enter_context(connected(address)) for _ in range(CROWD)]
        for number, silent in enumerate(crowd):
            if number % 2:  # half of them say nothing, half begin and stop
                silent.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: 127")
        assert is_served(address, key)
        asked = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        for silent in crowd[::20]:  # and those that were waiting are answered, too
            finished = b".0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            silent.sendall(finished if crowd.index(silent) % 2 else asked)
            assert told(silent).startswith(b"HTTP/1.1 401")


# --- killed at any moment


def over_and_over(work: Callable[[], None]) -> None:
    """Until the process is gone; what it refuses or answers wrongly is an error of this thread."""
    try:
        while True:
            work()
    except openai.APIStatusError:
        raise
    except (openai.APIError, PracticeNotAnswering):
        return


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_loses_nothing_that_was_accepted(tmp_path: Path, seed: int) -> None:
    address = ensure_running(tmp_path, idle_seconds=60)
    room = Control(address)
    first = room.post("key", name="first", credit="1.00")
    admin_key = room.post("admin-key")["key"]
    keys, gifts_made, calls = [first["key"]], [1], [0]
    sdk = openai.OpenAI(api_key=first["key"], base_url=address.base_url, max_retries=0, timeout=60)
    admin = openai.OpenAI(admin_api_key=admin_key, base_url=address.base_url, max_retries=0, timeout=60)

    def call() -> None:
        sdk.responses.create(model=CHEAP, input="Ciao")
        calls[0] += 1

    def stream() -> None:
        events = list(sdk.responses.create(model=CHEAP, input="Ciao", stream=True))
        calls[0] += events[-1].type == "response.completed"

    def buy_and_make_a_key() -> None:
        keys.append(room.post("key", name="k", credit="1.00")["key"])
        gifts_made[0] += 1

    def make_a_service_key() -> None:
        project = admin.admin.organization.projects.create(name="p")
        made = admin.admin.organization.projects.service_accounts.create(project.id, name="s")
        assert made.api_key is not None
        keys.append(made.api_key.value)

    workers = [
        threading.Thread(target=over_and_over, args=(work,), daemon=True)
        for work in (call, stream, buy_and_make_a_key, make_a_service_key)
    ]
    with sdk, admin:
        for worker in workers:
            worker.start()
        killer = threading.Timer(
            random.Random(seed).uniform(0.1, 0.6), os.kill, (address.pid, signal.SIGKILL)
        )
        killer.start()
        for worker in (killer, *workers):
            worker.join(60)
            assert not worker.is_alive()
    again = ensure_running(tmp_path, idle_seconds=60)
    try:
        assert again.pid != address.pid
        state = Control(again).get("state")
        assert calls[0] <= state["calls"] <= calls[0] + 2  # one of each kind may have been billed unheard
        gifts = [purchase for purchase in state["purchases"] if purchase["kind"] == "gift"]
        assert gifts_made[0] <= len(gifts) <= gifts_made[0] + 1
        bought = sum(purchase["amount_pico_usd"] for purchase in gifts)
        assert state["balance_pico_usd"] == bought - state["billed_pico_usd"]
        for secret in keys:
            with openai.OpenAI(api_key=secret, base_url=again.base_url, max_retries=0) as later:
                assert later.models.list().data
    finally:
        os.kill(again.pid, signal.SIGTERM)
        with FileLock(tmp_path / "practice" / "server.lock") as ended:
            assert ended.wait(60)
