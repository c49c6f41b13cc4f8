"""The metered transports carry bytes and wait; what it means is decided in `admission` and `answers`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2

from ppkit.metering.admission import admission, endpoint_of
from ppkit.metering.answers import Answer, answer_to
from ppkit.metering.flight import Flight
from ppkit.metering.meter import Meter
from ppkit.metering.unmetered import MARK, PASSAGES, tell_if_paid


class MeteredTransport(httpx2.BaseTransport):
    """Wraps any transport. With a `meter` of its own it meters every request; without, those that carry one.

    So a caller's HTTP client can be shared: only what comes from a metered client is metered, by its meter.
    What else is spent through it where metered clients call is told once, as an UnmeteredWarning.
    """

    tells_unmetered = True

    def __init__(self, inner: httpx2.BaseTransport, meter: Meter | None = None) -> None:
        self.inner = inner
        self._meter = meter

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        meter = _meter_of(request, self._meter)
        endpoint = None if meter is None else endpoint_of(meter, request)
        if meter is None or endpoint is None:
            return self.inner.handle_request(request)
        request.read()
        waits = admission(meter, endpoint, request)
        while True:
            try:
                meter.clock.sleep(next(waits))
            except StopIteration as admitted:
                flight: Flight = admitted.value
                break
        try:
            response = self.inner.handle_request(flight.request)
        except BaseException as error:
            flight.not_answered(error)
            raise
        if not response.is_success:
            flight.refused(response.status_code)
            return response
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return _with_stream(response, _Stream(response.stream, answer_to(flight, response)))

    def close(self) -> None:
        self.inner.close()


class AsyncMeteredTransport(httpx2.AsyncBaseTransport):
    """The same for asynchronous clients. The ledger is asked in the loop: it takes microseconds."""

    tells_unmetered = True

    def __init__(self, inner: httpx2.AsyncBaseTransport, meter: Meter | None = None) -> None:
        self.inner = inner
        self._meter = meter

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        meter = _meter_of(request, self._meter)
        endpoint = None if meter is None else endpoint_of(meter, request)
        if meter is None or endpoint is None:
            return await self.inner.handle_async_request(request)
        await request.aread()
        waits = admission(meter, endpoint, request)
        while True:
            try:
                seconds = next(waits)
            except StopIteration as admitted:
                flight: Flight = admitted.value
                break
            await meter.async_sleep(seconds)
        try:
            response = await self.inner.handle_async_request(flight.request)
        except BaseException as error:
            flight.not_answered(error)
            raise
        if not response.is_success:
            flight.refused(response.status_code)
            return response
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return _with_stream(response, _AsyncStream(response.stream, answer_to(flight, response)))

    async def aclose(self) -> None:
        await self.inner.aclose()


def _meter_of(request: httpx2.Request, own: Meter | None) -> Meter | None:
    """The meter that a client marked the request with, else the transport's own."""
    request.extensions.get(PASSAGES, []).append(True)
    meter: Meter | None = request.extensions.get(MARK) or own
    if meter is None:
        tell_if_paid("shared_http_client", request)
    return meter


def _with_stream(response: httpx2.Response, stream: _Stream | _AsyncStream) -> httpx2.Response:
    if not response.is_stream_consumed:
        response.stream = stream
        return response
    # A transport that made its answer in memory has read it already, and nobody would read the new stream.
    return httpx2.Response(
        response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
    )


class _Watched:
    """What both kinds of stream share: the settling of an answer that nobody read to its end."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __del__(self) -> None:
        flight = self.answer.flight
        if not flight.ended:
            flight.meter.abandon(self.answer)


class _Stream(_Watched, httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, answer: Answer) -> None:
        super().__init__(answer)
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        feed = self.answer.feed
        try:
            for chunk in self._inner:
                shown = feed(chunk)
                if shown:
                    yield shown
        except GeneratorExit:  # the caller stopped reading: `close` follows
            raise
        except BaseException:
            self.answer.broke()
            raise
        rest = self.answer.finish()
        if rest:
            yield rest

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self.answer.closed()


class _AsyncStream(_Watched, httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, answer: Answer) -> None:
        super().__init__(answer)
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        feed = self.answer.feed
        try:
            async for chunk in self._inner:
                shown = feed(chunk)
                if shown:
                    yield shown
        except GeneratorExit:
            raise
        except BaseException:
            self.answer.broke()
            raise
        rest = self.answer.finish()
        if rest:
            yield rest

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self.answer.closed()
