"""What carries an SDK client's requests to an application in this process, streams piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, TypeVar

import httpx2
from starlette.types import ASGIApp

from ppkit.practice_platform.address import Address
from ppkit.practice_platform.exchange import Asked, Exchange, ExchangeBroken, Headers
from ppkit.practice_platform.hand_turned_loop import HandTurnedLoop
from ppkit.practice_platform.in_process import ORIGIN, app_at

Result = TypeVar("Result")


def completed(app: ASGIApp, asked: Asked) -> tuple[int, Headers, bytes]:
    """Status, headers and body of one exchange. Raises ExchangeBroken."""
    loop = HandTurnedLoop()
    try:
        return loop.complete(_completed(app, asked))
    finally:
        loop.close()


class InProcessTransport(httpx2.BaseTransport):
    """For `httpx2.Client`. The caller waits while the application works: nothing else happens meanwhile."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        loop = HandTurnedLoop()
        exchange: Exchange | None = None
        try:
            exchange = loop.complete(_opened(self._app, _asked(request, request.read())))
            status, headers = loop.complete(_in_time(exchange.begin(), request))
        except BaseException:
            if exchange is not None:
                loop.complete(exchange.end())
            loop.close()
            raise
        return httpx2.Response(status, headers=headers, stream=_Stream(loop, exchange, request))


class AsyncInProcessTransport(httpx2.AsyncBaseTransport):
    """For `httpx2.AsyncClient`: the application works in the caller's own event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = Exchange(self._app, _asked(request, await request.aread()))
        try:
            status, headers = await _in_time(exchange.begin(), request)
        except BaseException:
            await exchange.end()
            raise
        return httpx2.Response(status, headers=headers, stream=_AsyncStream(exchange, request))


class _Stream(httpx2.SyncByteStream):
    def __init__(self, loop: HandTurnedLoop, exchange: Exchange, request: httpx2.Request) -> None:
        self._loop = loop
        self._exchange = exchange
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._loop.complete(_in_time(self._exchange.piece(), self._request))) is not None:
            yield piece

    def close(self) -> None:
        if not self._loop.is_closed():
            self._loop.complete(self._exchange.end())
            self._loop.close()


class _AsyncStream(httpx2.AsyncByteStream):
    def __init__(self, exchange: Exchange, request: httpx2.Request) -> None:
        self._exchange = exchange
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await _in_time(self._exchange.piece(), self._request)) is not None:
            yield piece

    async def aclose(self) -> None:
        await self._exchange.end()


def carrier(address: Address) -> httpx2.Client:
    """An HTTP client for the platform that is mounted with this address."""
    return httpx2.Client(transport=InProcessTransport(_app(address)))


def async_carrier(address: Address) -> httpx2.AsyncClient:
    """The same for clients that are awaited."""
    return httpx2.AsyncClient(transport=AsyncInProcessTransport(_app(address)))


def _app(address: Address) -> ASGIApp:
    app = app_at(address)
    assert app is not None, "whoever gives an address away has mounted it"
    return app


async def _completed(app: ASGIApp, asked: Asked) -> tuple[int, Headers, bytes]:
    exchange = Exchange(app, asked)
    try:
        status, headers = await exchange.begin()
        pieces = []
        while (piece := await exchange.piece()) is not None:
            pieces.append(piece)
    finally:
        await exchange.end()
    return status, headers, b"".join(pieces)


async def _opened(app: ASGIApp, asked: Asked) -> Exchange:
    return Exchange(app, asked)


async def _in_time(step: Coroutine[Any, Any, Result], request: httpx2.Request) -> Result:
    """The step, within the time that the client gives each of them; errors as a wire would bring them."""
    try:
        async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
            return await step
    except TimeoutError as error:
        raise httpx2.ReadTimeout("no answer in time", request=request) from error
    except ExchangeBroken:
        raise httpx2.RemoteProtocolError("the connection was closed in the middle", request=request) from None


def _asked(request: httpx2.Request, body: bytes) -> Asked:
    """Raises httpx2.ConnectError for another address, which nothing here leads to."""
    if f"{request.url.scheme}://{request.url.netloc.decode('ascii')}" != ORIGIN:
        raise httpx2.ConnectError("no way leads there from here", request=request)
    return Asked(request.method, str(request.url), list(request.headers.raw), body)
