"""HTTP clients of the `httpx` package, which the SDK still takes and some frameworks use: metered too.

Since version 3 the SDK sends through `httpx2`, a fork with the same interface and classes of its own.
Requests and answers are turned from one kind into the other and back, so that one meter reads both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar

import httpx
import httpx2

from ppkit.metering.meter import Meter
from ppkit.metering.transport import AsyncMeteredTransport, MeteredTransport
from ppkit.metering.unmetered import MARK

Answer = httpx.Response | httpx2.Response
Turned = TypeVar("Turned", httpx.Response, httpx2.Response)
_OF_ENCODED_BODY = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class OldMeteredTransport(httpx.BaseTransport):
    """Wraps a transport of the old package, as MeteredTransport does one of the new."""

    def __init__(
        self, inner: httpx.BaseTransport, meter: Meter | None = None, *, tells_unmetered: bool = True
    ) -> None:
        self._inner = inner
        self.tells_unmetered = tells_unmetered
        self._metered = MeteredTransport(_ToOld(inner), meter, tells_unmetered=tells_unmetered)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if MARK not in request.extensions:
            return self._inner.handle_request(request)
        request.read()
        try:
            answer = self._metered.handle_request(_new_request(request))
        except httpx2.TransportError as error:
            raise _old_error(error) from None
        return _turned(answer, httpx.Response, _EitherStream(answer.stream))

    def close(self) -> None:
        self._inner.close()


class AsyncOldMeteredTransport(httpx.AsyncBaseTransport):
    """The same for asynchronous clients."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, meter: Meter | None = None, *, tells_unmetered: bool = True
    ) -> None:
        self._inner = inner
        self.tells_unmetered = tells_unmetered
        self._metered = AsyncMeteredTransport(_AsyncToOld(inner), meter, tells_unmetered=tells_unmetered)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if MARK not in request.extensions:
            return await self._inner.handle_async_request(request)
        await request.aread()
        try:
            answer = await self._metered.handle_async_request(_new_request(request))
        except httpx2.TransportError as error:
            raise _old_error(error) from None
        return _turned(answer, httpx.Response, _AsyncEitherStream(answer.stream))

    async def aclose(self) -> None:
        await self._inner.aclose()


class _ToOld(httpx2.BaseTransport):
    """Sends what the meter lets pass through the transport of the old package."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            answer = self._inner.handle_request(_old_request(request))
        except httpx.TransportError as error:
            raise _new_error(error) from error
        return _turned(answer, httpx2.Response, _EitherStream(answer.stream))


class _AsyncToOld(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            answer = await self._inner.handle_async_request(_old_request(request))
        except httpx.TransportError as error:
            raise _new_error(error) from error
        return _turned(answer, httpx2.Response, _AsyncEitherStream(answer.stream))


# ---------------------------------------------------------------- from one kind into the other


def _new_request(request: httpx.Request) -> httpx2.Request:
    """Its extensions are the same object: what is noted on the way is seen by who sent it."""
    made = httpx2.Request(
        request.method, str(request.url), headers=list(request.headers.raw), content=request.content
    )
    made.extensions = request.extensions
    return made


def _old_request(request: httpx2.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        str(request.url),
        headers=list(request.headers.raw),
        content=request.content,
        extensions=dict(request.extensions),
    )


def _turned(answer: Answer, kind: type[Turned], stream: Any) -> Turned:
    """The answer in the classes of the other package; its body comes through `stream`."""
    if answer.is_stream_consumed:  # made in memory, and decoded already
        return kind(answer.status_code, headers=_plain(answer), content=answer.content)
    return kind(
        answer.status_code,
        headers=list(answer.headers.raw),
        stream=stream,
        extensions=dict(answer.extensions),
    )


def _plain(answer: Answer) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_ENCODED_BODY]


def _new_error(error: httpx.TransportError) -> httpx2.TransportError:
    kind = getattr(httpx2, type(error).__name__, httpx2.TransportError)
    made: httpx2.TransportError = kind(str(error))
    return made


def _old_error(error: httpx2.TransportError) -> BaseException:
    """The exception that was turned, where there was one."""
    before = error.__cause__
    if isinstance(before, httpx.TransportError):
        return before
    kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
    return kind(str(error))


class _EitherStream(httpx.SyncByteStream, httpx2.SyncByteStream):
    """A body that both packages read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _AsyncEitherStream(httpx.AsyncByteStream, httpx2.AsyncByteStream):
    """The same for asynchronous clients."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
