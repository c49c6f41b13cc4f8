"""What earlier calls cost is written while a later call waits for its answer, not before it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ppkit.clock import ManualClock
from ppkit.metering import AsyncOpenAI, Meter, OpenAI
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.flusher import Flusher
from ppkit.spending.ledger.group_commit import WORTH_A_PAUSE

from .callers import BASE_URL, KEY
from .fake_platform import FakePlatform
from .test_outcomes import ASK


class Wire(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Sends bodies piece by piece, as a real transport does; `moment` is told each moment of it."""

    def __init__(self, platform: FakePlatform, moment: Callable[[str], None]) -> None:
        self._platform, self._moment = platform, moment

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.SyncByteStream)
        body = []
        for piece in request.stream:
            body.append(piece)
            self._moment("leaving")
        return self._answer(request, body)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        body = []
        async for piece in request.stream:
            body.append(piece)
            self._moment("leaving")
        return self._answer(request, body)

    def _answer(self, request: httpx2.Request, body: list[bytes]) -> httpx2.Response:
        assert b"".join(body) == request.content
        self._moment("awaited")
        answer = self._platform(request)
        return httpx2.Response(200, headers=answer.headers, stream=_Bytes(answer.content))


class _Bytes(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_settlements_are_written_once_a_later_body_has_left(
    kind: str, meter: Meter, platform: FakePlatform, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flusher, "nudge", lambda _self: None)
    Budget(meter.ledger).set(hard="10")
    elsewhere = open_ledger(f"sqlite:///{ledger_path}", ManualClock(meter.clock.now()))
    written: list[tuple[str, int]] = []
    wire = Wire(platform, lambda moment: written.append((moment, elsewhere.totals().calls)))
    make_calls(kind, meter, wire, WORTH_A_PAUSE + 1)
    elsewhere.close()
    assert written[:-2] == [("leaving", 0), ("awaited", 0)] * WORTH_A_PAUSE
    assert written[-2:] == [("leaving", 0), ("awaited", WORTH_A_PAUSE)]
    assert meter.ledger.totals().calls == WORTH_A_PAUSE + 1
    assert meter.ledger.audit() == []


def make_calls(kind: str, meter: Meter, wire: Wire, count: int) -> None:
    sdk: dict[str, Any] = {"api_key": KEY, "base_url": BASE_URL, "meter": meter}
    if kind == "sync":
        client = OpenAI(http_client=httpx2.Client(transport=wire), **sdk)
        for _ in range(count):
            client.responses.create(**ASK)
        return

    async def calling() -> None:
        client = AsyncOpenAI(http_client=httpx2.AsyncClient(transport=wire), **sdk)
        for _ in range(count):
            await client.responses.create(**ASK)

    asyncio.run(calling())
