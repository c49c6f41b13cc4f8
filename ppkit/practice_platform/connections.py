"""One connection to the practice platform: slow senders and slow readers are cut off, others are served.

uvicorn waits without end for a request to arrive and for an answer to be taken; a handful of clients that
trickle bytes, or never read, would keep their memory and file descriptors for ever.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """How long is waited for a client.

    `request_seconds`: from the opening of the connection, or a request's first byte, to its last byte;
    `reading_seconds`: how long an answer that is ready may lie there until the client takes more of it.
    """

    request_seconds: float = 30.0
    reading_seconds: float = 60.0


MOST_CONNECTIONS = 8_192
"""File descriptors asked for, where the system allows so many."""

if sys.platform != "win32":
    import resource


class HeadHolder:
    """A transport that sends the head of an answer together with what follows it at once.

    uvicorn writes them apart, and each write costs a system call here and a wake-up there: a fifth of the
    time that a small answer takes. A head that nothing follows leaves with the next turn of the event loop.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 ") and not self._head:
            self._head = data
            self._loop.call_soon(self._send_head)
        elif data:
            data, self._head = self._head + data, b""
            self._transport.write(data)

    def close(self) -> None:
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head:
            self._transport.write(head)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class CloseAfterAmbiguity:
    """Ends the connection after a request whose length is given in two ways (RFC 9112, section 6.1).

    A proxy in front might have believed the other one, and would take the rest for a request of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name for name, _value in scope.get("headers", ())}
        if {b"content-length", b"transfer-encoding"} <= names:
            await self._app(scope, receive, _closing(send))
        else:
            await self._app(scope, receive, send)


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return closing


class WatchedProtocol(H11Protocol):
    """uvicorn's HTTP protocol with two deadlines; a client that misses one is dropped without a word."""

    def __init__(self, client_timeouts: ClientTimeouts, **named: Any) -> None:
        super().__init__(**named)
        self._client_timeouts = client_timeouts
        self._request_due: asyncio.TimerHandle | None = None
        self._reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(HeadHolder(transport, self.loop))  # type: ignore[arg-type]  # as good as one
        self._await_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.SEND_BODY or self.conn.their_state is h11.IDLE:
            self._await_request()
        else:
            self._request_is_there()

    def send_400_response(self, msg: str) -> None:
        """A request that breaks in its middle has a handler at work already, which must not answer too."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        super().send_400_response(msg)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:  # uvicorn's own timer watches the pause before the next request
            self._request_is_there()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_due = self.loop.call_later(self._client_timeouts.reading_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._answer_is_taken()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_there()
        self._answer_is_taken()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        """From the first byte on: a client that sends byte by byte gains no time by it."""
        if self._request_due is None:
            seconds = self._client_timeouts.request_seconds
            self._request_due = self.loop.call_later(seconds, self.transport.abort)

    def _request_is_there(self) -> None:
        if self._request_due is not None:
            self._request_due.cancel()
            self._request_due = None

    def _answer_is_taken(self) -> None:
        if self._reading_due is not None:
            self._reading_due.cancel()
            self._reading_due = None


def make_room() -> None:
    """Ask the system for as many file descriptors as a crowd of connections needs."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
