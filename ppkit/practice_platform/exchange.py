"""One request to an application in this process, and its answer as it comes, without a wire between them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message

Headers = list[tuple[bytes, bytes]]


class ExchangeBroken(Exception):
    """The application ended before its answer did: on a wire, the connection would have been lost."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its URL whole, its body complete."""

    method: str
    url: str
    headers: Headers = field(repr=False)  # a key is among them
    body: bytes = field(repr=False, default=b"")

    @property
    def scope(self) -> dict[str, object]:
        """As ASGI describes a request."""
        parts = urlsplit(self.url)
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": parts.scheme,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode("ascii"),
            "query_string": parts.query.encode("ascii"),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self.headers],
            "client": ("127.0.0.1", 1),
            "server": (parts.hostname, parts.port or 80),
        }


class Exchange:
    """Awaited in one event loop: `begin` once, `piece` until it returns None, `end` in any case."""

    def __init__(self, app: ASGIApp, asked: Asked) -> None:
        self._app = app
        self._asked = asked
        # One message at a time: the application generates no further than its caller listens.
        self._messages: asyncio.Queue[Message] = asyncio.Queue(1)
        self._left = asyncio.Event()
        self._has_asked = False
        self._is_complete = False
        self._running: asyncio.Future[None] | None = None

    async def begin(self) -> tuple[int, Headers]:
        """Status and headers. Raises ExchangeBroken, and TimeoutError as `asyncio.timeout` around it does."""
        self._running = asyncio.ensure_future(self._app(self._asked.scope, self._receive, self._messages.put))
        start = await self._next()
        return start["status"], list(start["headers"])

    async def piece(self) -> bytes | None:
        """What comes next of the body; None at its end. Raises ExchangeBroken."""
        if self._is_complete:
            return None
        message = await self._next()
        self._is_complete = not message.get("more_body", False)
        return bytes(message.get("body", b""))

    async def end(self) -> None:
        """The caller leaves: an application that has not ended is told so, and ends."""
        self._left.set()
        if self._running is None:  # its time was over before it began
            return
        while not self._running.done():
            await self._taken()
        if not self._running.cancelled():
            self._running.exception()  # what went wrong has shown in the answer

    async def _receive(self) -> Message:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": self._asked.body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _next(self) -> Message:
        if message := await self._taken():
            return message
        running = self._begun
        error = None if running.cancelled() else running.exception()
        raise ExchangeBroken from error

    @property
    def _begun(self) -> asyncio.Future[None]:
        assert self._running is not None, "`begin` comes first"
        return self._running

    async def _taken(self) -> Message | None:
        """The next message; None where the application has ended before one."""
        taking = asyncio.ensure_future(self._messages.get())
        waiting: set[asyncio.Future[Any]] = {taking, self._begun}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return taking.result() if taking.done() else None
        finally:
            taking.cancel()
