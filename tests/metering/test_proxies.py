"""Proxies in the environment: practice never leaves this machine, live mode obeys as the SDK does."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import httpx2
import openai
import pytest

from ppkit.metering import AsyncOpenAI, Meter, OpenAI

from .callers import KEY

CLOSED = "127.0.0.1:1"
VARIABLES = [
    ("HTTP_PROXY", f"http://{CLOSED}"),
    ("http_proxy", f"http://{CLOSED}"),
    ("ALL_PROXY", f"http://{CLOSED}"),
    ("ALL_PROXY", f"socks5://{CLOSED}"),
]


class _Models(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"object": "list", "data": []}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """A platform on this machine that lists its models."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Models) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def in_mode(meter: Meter, mode: Literal["practice", "live"]) -> Meter:
    return Meter(meter.ledger, meter.catalogue, meter.clock, mode=mode)


@pytest.mark.processes
@pytest.mark.parametrize(("name", "proxy"), VARIABLES)
def test_practice_calls_pass_no_proxy(
    meter: Meter, address: str, monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.setenv(name, proxy)
    arguments: dict[str, Any] = {"api_key": KEY, "base_url": address, "max_retries": 0}
    with OpenAI(meter=in_mode(meter, "practice"), **arguments) as client:
        assert client.with_options(timeout=60).models.list().data == []

    async def listed() -> list[Any]:
        async with AsyncOpenAI(meter=in_mode(meter, "practice"), **arguments) as client:
            return (await client.with_options(timeout=60).models.list()).data

    assert asyncio.run(listed()) == []


@pytest.mark.parametrize(
    ("mode", "base_url"), [("live", "http://127.0.0.1:9/v1"), ("practice", "http://elsewhere.test/v1")]
)
def test_every_other_call_goes_through_the_proxy(
    meter: Meter, monkeypatch: pytest.MonkeyPatch, mode: Literal["practice", "live"], base_url: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{CLOSED}")
    key = KEY if mode == "practice" else "sk-proj-" + "CANARY" * 8
    with OpenAI(meter=in_mode(meter, mode), api_key=key, base_url=base_url) as client:
        assert client._client._transport_for_url(httpx2.URL(base_url)) is not client._client._transport
    with OpenAI(meter=in_mode(meter, mode), api_key=key, base_url=base_url) as client:
        assert type(client._client) is type(openai.OpenAI(api_key=key)._client)


@pytest.mark.processes
def test_a_callers_own_http_client_stays_the_callers(meter: Meter, address: str) -> None:
    with httpx2.Client() as own:
        client = OpenAI(meter=in_mode(meter, "practice"), api_key=KEY, base_url=address, http_client=own)
        assert client._client is own


@pytest.mark.parametrize(
    ("ours", "theirs"), [(OpenAI, openai.OpenAI), (AsyncOpenAI, openai.AsyncOpenAI)], ids=["sync", "async"]
)
def test_without_proxies_the_client_is_set_as_the_sdk_sets_it(meter: Meter, ours: Any, theirs: Any) -> None:
    wanted = theirs(api_key=KEY, base_url="http://127.0.0.1:9/v1")
    made = ours(meter=in_mode(meter, "practice"), api_key=KEY, base_url="http://127.0.0.1:9/v1")
    assert made.timeout == wanted.timeout
    for name in ("timeout", "follow_redirects", "max_redirects"):
        assert getattr(made._client, name) == getattr(wanted._client, name)
    assert pool_of(made) == pool_of(wanted) != {}


def pool_of(client: Any) -> dict[str, Any]:
    transport = client._client._transport
    pool = vars(getattr(transport, "inner", transport)._pool)
    return {
        name: pool[name]
        for name in pool
        if name.startswith(("_max", "_keep", "_http", "_retries", "_socket"))
    }
