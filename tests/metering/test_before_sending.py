"""What is known not to have left, on real sockets: it holds nothing. What may have left is uncertain."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import AsyncOpenAI, Meter, OpenAI
from ppkit.money import Money

from .callers import KEY
from .fake_platform import MODEL, response_body

ASK: dict[str, Any] = {"model": MODEL, "input": "Ciao", "max_output_tokens": 16}


class Server(ThreadingHTTPServer):
    """Answers on kept connections and counts the bodies that reached it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        answer = httpx2.Response(200, json=response_body(10, 12)).content
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sync_call(meter: Meter, base_url: str, **sdk: Any) -> None:
    with OpenAI(meter=meter, api_key=KEY, base_url=base_url, max_retries=0, **sdk) as client:
        client.responses.create(**ASK)


def async_call(meter: Meter, base_url: str, **sdk: Any) -> None:
    async def calling() -> None:
        async with AsyncOpenAI(meter=meter, api_key=KEY, base_url=base_url, max_retries=0, **sdk) as client:
            await client.responses.create(**ASK)

    asyncio.run(calling())


def nothing_is_held(meter: Meter) -> bool:
    totals = meter.ledger.totals()
    return (totals.reserved, totals.counted, totals.calls) == (Money(0), Money(0), 0)


@pytest.mark.processes
@pytest.mark.parametrize("call", [sync_call, async_call])
def test_a_connection_that_is_refused_holds_nothing(meter: Meter, call: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(openai.APIConnectionError):
        call(meter, f"http://127.0.0.1:{port}/v1")
    assert nothing_is_held(meter)


@pytest.mark.processes
@pytest.mark.parametrize("call", [sync_call, async_call])
def test_a_server_that_does_not_speak_tls_holds_nothing(meter: Meter, call: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100_000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer_plainly)
        thread.start()
        with pytest.raises(openai.APIConnectionError):
            call(meter, f"https://127.0.0.1:{listener.getsockname()[1]}/v1")
        thread.join()
    assert nothing_is_held(meter)


def test_an_interrupt_while_connecting_holds_nothing(meter: Meter, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object, **_options: object) -> socket.socket:
        raise KeyboardInterrupt

    monkeypatch.setattr(socket, "create_connection", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sync_call(meter, "http://127.0.0.1:9/v1")
    assert nothing_is_held(meter)


@pytest.mark.processes
def test_a_connection_that_breaks_after_sending_is_uncertain(meter: Meter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100_000)

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(openai.APIConnectionError):
            sync_call(meter, f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        thread.join()
    assert [call.why for call in meter.ledger.uncertain()] == ["no_answer"]


# The connection that the closed loop left behind is closed by the collector, with a warning of asyncio's.
@pytest.mark.processes
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_used_in_a_second_event_loop_is_answered_and_billed_once(
    meter: Meter, server: Server
) -> None:
    client = AsyncOpenAI(meter=meter, api_key=KEY, base_url=server.base_url, max_retries=0)

    async def calling(*, last: bool) -> None:
        await client.responses.create(**ASK)
        if last:
            await client.close()

    asyncio.run(calling(last=False))
    asyncio.run(calling(last=True))
    gc.collect()
    meter.flush()
    totals = meter.ledger.totals()
    assert (len(server.bodies), totals.calls, totals.uncertain, totals.reserved) == (2, 2, Money(0), Money(0))


@pytest.mark.parametrize("asked_for", [False, True])
def test_a_closed_event_loop_holds_nothing_unless_the_body_was_on_its_way(
    meter: Meter, asked_for: bool
) -> None:
    class Dead(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if asked_for:
                assert isinstance(request.stream, httpx2.AsyncByteStream)
                async for _ in request.stream:
                    pass
            raise RuntimeError("Event loop is closed")

    with pytest.raises(RuntimeError):
        async_call(meter, "http://platform.test/v1", http_client=httpx2.AsyncClient(transport=Dead()))
    assert nothing_is_held(meter) is not asked_for
    assert bool(meter.ledger.totals().uncertain) is asked_for
