"""One connection to the practice platform: what uvicorn leaves open in HTTP itself."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

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


class CarefulProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with heads held back, and one answer at the most to a broken request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(HeadHolder(transport, self.loop))  # type: ignore[arg-type]  # as good as one

    def send_400_response(self, msg: str) -> None:
        """A request that breaks in its middle has a handler at work already, which must not answer too."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        super().send_400_response(msg)


def make_room() -> None:
    """Ask the system for as many file descriptors as a crowd of connections needs."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
