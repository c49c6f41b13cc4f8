"""The metered transports carry bytes and wait. They leave the meaning to `preflight` and `answer_readers`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
import httpx2

from ppkit.footing import footing
from ppkit.metering.answer_readers import AnswerReader, answer_to
from ppkit.metering.envelope import is_told_by_the_platform
from ppkit.metering.late_answers import LateAnswerReader
from ppkit.metering.meter import Meter
from ppkit.metering.pending_call import PendingCall
from ppkit.metering.preflight import Waits, preflight
from ppkit.metering.routes import METERED, may_tell_a_cost, route_of
from ppkit.metering.unmetered import MARK, PASSAGES, tell_if_paid
from ppkit.metering.wrapping import CARRIER

Result = TypeVar("Result")


class MeteredTransport(httpx2.BaseTransport):
    """Wraps any transport. With a `meter` of its own it meters every request; without, those that carry one.

    So a caller's HTTP client can be shared: only what comes from a metered client is metered, by its meter.
    What else is spent through it where metered clients call is reported once, as an UnmeteredWarning.
    """

    def __init__(
        self, inner: httpx2.BaseTransport, meter: Meter | None = None, *, tells_unmetered: bool = True
    ) -> None:
        self.inner = inner
        self.tells_unmetered = tells_unmetered
        self._meter = meter

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        meter = _meter_of(request, self._meter, tells=self.tells_unmetered)
        if meter is None:
            return self.inner.handle_request(request)
        route = route_of(request.method, request.url.path)
        if route in METERED:
            request.read()
        waits = preflight(meter, route, request, may_wait=footing().has_threads)
        try:
            while True:
                meter.clock.sleep(next(waits))
        except StopIteration as admitted:
            pending_call: PendingCall | None = admitted.value
        if pending_call is None:
            return self._overheard(meter, request)
        try:
            response = self._passed(pending_call.request)
        except BaseException as error:
            pending_call.not_answered(error, sends_by_stream=isinstance(self.inner, httpx2.HTTPTransport))
            raise
        if not response.is_success:
            told = False
            if response.is_server_error:
                try:
                    response.read()
                except BaseException as error:
                    pending_call.not_answered(error, sends_by_stream=False)
                    raise
                told = is_told_by_the_platform(request, response)
            pending_call.refused(response.status_code, by_platform=told)
            return response
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return _with_stream(response, _SyncSettlingStream(response.stream, answer_to(pending_call, response)))

    def _passed(self, request: httpx2.Request) -> httpx2.Response:
        carrier: httpx2.BaseTransport = request.extensions.get(CARRIER, self.inner)
        return carrier.handle_request(request)

    def _overheard(self, meter: Meter, request: httpx2.Request) -> httpx2.Response:
        """Let through uncounted; listened to where it may say what an earlier call has cost."""
        if not may_tell_a_cost(request.method, request.url.path):
            return self._passed(request)
        request.headers["accept-encoding"] = "identity"
        response = self._passed(request)
        if not response.is_success:
            return response
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return _with_stream(
            response, _SyncSettlingStream(response.stream, LateAnswerReader(meter, request, response))
        )

    def close(self) -> None:
        self.inner.close()


class AsyncMeteredTransport(httpx2.AsyncBaseTransport):
    """The same for asynchronous clients.

    The ledger is asked in the loop where that takes microseconds, in a thread where a network lies between.
    """

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, meter: Meter | None = None, *, tells_unmetered: bool = True
    ) -> None:
        self.inner = inner
        self.tells_unmetered = tells_unmetered
        self._meter = meter
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        meter = _meter_of(request, self._meter, tells=self.tells_unmetered)
        if meter is None:
            return await self._passed(request)
        route = route_of(request.method, request.url.path)
        if route in METERED:
            await request.aread()
        pending_call = await _admitted(meter, preflight(meter, route, request))
        if pending_call is None:
            return await self._overheard(meter, request)
        try:
            response = await self._passed(pending_call.request)
        except BaseException as error:
            by_stream = isinstance(self.inner, httpx2.AsyncHTTPTransport)
            await _beside(meter, partial(pending_call.not_answered, error, sends_by_stream=by_stream))
            raise
        if not response.is_success:
            told = False
            if response.is_server_error:
                try:
                    await response.aread()
                except BaseException as error:
                    await _beside(meter, partial(pending_call.not_answered, error, sends_by_stream=False))
                    raise
                told = is_told_by_the_platform(request, response)
            await _beside(meter, partial(pending_call.refused, response.status_code, by_platform=told))
            return response
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        answer = answer_to(pending_call, response)
        return _with_stream(response, _AsyncSettlingStream(response.stream, answer, meter))

    async def _passed(self, request: httpx2.Request) -> httpx2.Response:
        self._leave_closed_loop()
        carrier: httpx2.AsyncBaseTransport = request.extensions.get(CARRIER, self.inner)
        return await carrier.handle_async_request(request)

    async def _overheard(self, meter: Meter, request: httpx2.Request) -> httpx2.Response:
        """As with the other transport."""
        if not may_tell_a_cost(request.method, request.url.path):
            return await self._passed(request)
        request.headers["accept-encoding"] = "identity"
        response = await self._passed(request)
        if not response.is_success:
            return response
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        answer = LateAnswerReader(meter, request, response)
        return _with_stream(response, _AsyncSettlingStream(response.stream, answer, meter))

    def _leave_closed_loop(self) -> None:
        """Forget the connections of an event loop that is closed, as after a second `asyncio.run`.

        They would still carry a request out, and bring no answer back: it would be billed, and lost.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # another library's loop
            return
        before, self._loop = self._loop, loop
        if before is not None and before is not loop and before.is_closed():
            pool = getattr(self.inner, "_pool", None)
            connections = getattr(pool, "_connections", None)
            if isinstance(connections, list):
                connections.clear()

    async def aclose(self) -> None:
        self._leave_closed_loop()
        await self.inner.aclose()


def _meter_of(request: httpx2.Request, own: Meter | None, *, tells: bool) -> Meter | None:
    """The meter that a client marked the request with, else the transport's own."""
    request.extensions.get(PASSAGES, []).append(True)
    meter: Meter | None = request.extensions.get(MARK) or own
    if meter is None and tells:
        tell_if_paid("shared_http_client", request)
    return meter


def _with_stream(
    response: httpx2.Response, stream: _SyncSettlingStream | _AsyncSettlingStream
) -> httpx2.Response:
    if not response.is_stream_consumed:
        response.stream = stream
        return response
    # A transport that made its answer in memory has read it already, and nobody would read the new stream.
    return httpx2.Response(
        response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
    )


class _SettlingStream:
    """What both kinds of stream share: the settling of an answer that nobody read to its end."""

    def __init__(self, answer: AnswerReader) -> None:
        self.answer = answer
        self._is_over = False  # read to its end: what follows from it is done

    def __del__(self) -> None:
        if self._is_over:
            return
        pending_call = self.answer.pending_call
        if pending_call is not None and not pending_call.ended:
            pending_call.meter.abandon(self.answer)


class _SyncSettlingStream(_SettlingStream, httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, answer: AnswerReader) -> None:
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
        self._is_over = True
        if rest:
            yield rest

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            if not self._is_over:
                self.answer.closed()


class _AsyncSettlingStream(_SettlingStream, httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, answer: AnswerReader, meter: Meter) -> None:
        super().__init__(answer)
        self._inner = inner
        self._meter = meter

    async def __aiter__(self) -> AsyncIterator[bytes]:
        feed, may_settle = self.answer.feed, self.answer.may_settle
        is_remote = self._meter.ledger.is_remote
        try:
            async for chunk in self._inner:
                # A thread for each piece costs more than all else; and none is free while the ledger is away.
                beside = is_remote and may_settle(chunk)
                shown = await _beside(self._meter, partial(feed, chunk)) if beside else feed(chunk)
                if shown:
                    yield shown
        except GeneratorExit:
            raise
        except BaseException:
            await _beside(self._meter, self.answer.broke)
            raise
        rest = await _beside(self._meter, self.answer.finish)
        self._is_over = True
        if rest:
            yield rest

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            if not self._is_over:
                await _beside(self._meter, self.answer.closed)


async def _beside(meter: Meter, work: Callable[[], Result]) -> Result:
    """Do what may ask the ledger: here, or in a thread where the loop would have to wait for a network.

    A task that is cancelled meanwhile leaves the work to its thread.
    """
    if not meter.ledger.is_remote:
        return work()
    with anyio.CancelScope(shield=True):
        result = await anyio.to_thread.run_sync(work)
    return result  # noqa: RET504 (mypy: a cancel scope may swallow what it runs)


async def _admitted(meter: Meter, waits: Waits) -> PendingCall | None:
    """Walk through a preflight, waiting where it waits."""
    if not meter.ledger.is_remote:
        try:
            while True:
                await meter.async_sleep(next(waits))
        except StopIteration as admitted:
            pending_call: PendingCall | None = admitted.value
            return pending_call
    preflight_run = _PreflightInThreads(waits)
    try:
        while (seconds := await _beside(meter, preflight_run.step)) is not None:
            await meter.async_sleep(seconds)
    except BaseException:
        await _beside(meter, preflight_run.abandon)
        raise
    return preflight_run.pending_call


class _PreflightInThreads:
    """A preflight that goes on in threads. Abandoned in the middle of a step, it gives back what it gets."""

    def __init__(self, waits: Waits) -> None:
        self.pending_call: PendingCall | None = None
        self._waits = waits
        self._step = threading.Lock()
        self._is_abandoned = False

    def step(self) -> float | None:
        """Go on until the preflight waits or admits the call (None). Raises its refusals."""
        with self._step:
            if self._is_abandoned:
                return None
            try:
                return next(self._waits)
            except StopIteration as admitted:
                self.pending_call = admitted.value
                return None

    def abandon(self) -> None:
        """The caller is gone: nothing is sent."""
        with self._step:
            self._is_abandoned = True
            if self.pending_call is not None:
                self.pending_call.release()
