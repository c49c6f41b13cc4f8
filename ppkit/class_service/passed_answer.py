"""The platform's answer on its way to the learner: piece by piece as it comes, closed when nobody listens."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
import httpx2
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.types import Receive, Scope, Send

PASSED_ON = frozenset(
    {
        "content-type",
        "x-request-id",
        "openai-processing-ms",
        "openai-version",
        "retry-after",
        "retry-after-ms",
    }
)
"""What a learner may see of the platform's headers: none that tells of the account, its key or its limits."""

MOST_PIECES = 64
"""How many may wait for a learner who reads slowly: each is at most what one read brings, 64 KiB."""

MOST_AT_ONCE_BYTES = 64 * 1024
"""A write takes no more pieces once it has so many: what it holds is beside what waits."""


def kept_headers(answer: httpx2.Response) -> dict[str, str]:
    """Those that a learner may see, names in small letters."""
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() in PASSED_ON}


class AnswerBroke(Exception):
    """The platform's answer ended in its middle: the learner's connection has to break off, too."""


class PassedAnswer:
    """An ASGI application that sends one answer, each piece as soon as the learner takes it.

    Pieces that have come meanwhile wait, MOST_PIECES of them, and leave together, in writes of
    MOST_AT_ONCE_BYTES and a piece at most. Beyond that nothing more is read from the platform.

    A learner that goes away closes the platform's answer, so that the meter settles what was seen.
    """

    def __init__(self, answer: httpx2.Response, headers: Mapping[str, str]) -> None:
        self._answer = answer
        self._is_broken = False
        self._headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in (kept_headers(answer) | dict(headers)).items()
        ]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        read, come = anyio.create_memory_object_stream[bytes](MOST_PIECES)
        try:
            async with anyio.create_task_group() as group, come:
                group.start_soon(self._watch, receive, group.cancel_scope)
                group.start_soon(self._read, read)
                await self._pass(come, send)
                group.cancel_scope.cancel()
        finally:
            read.close()
            with anyio.CancelScope(shield=True):
                await self._answer.aclose()
        if self._is_broken:
            raise AnswerBroke

    async def _read(self, read: MemoryObjectSendStream[bytes]) -> None:
        with read:
            try:
                if self._answer.is_stream_consumed:  # the meter has read a failure, to see who tells it
                    await read.send(self._answer.content)
                    return
                async for piece in self._answer.aiter_raw():
                    try:
                        read.send_nowait(piece)  # `send` would let the other side run after each piece
                    except anyio.WouldBlock:
                        await read.send(piece)
            except httpx2.HTTPError:
                self._is_broken = True
            except anyio.BrokenResourceError:
                return  # the learner left while a wait could not be cancelled: nobody takes this piece

    async def _pass(self, come: MemoryObjectReceiveStream[bytes], send: Send) -> None:
        status = self._answer.status_code
        await send({"type": "http.response.start", "status": status, "headers": self._headers})
        async for piece in come:
            body = _with_what_is_at_hand(piece, come)
            await send({"type": "http.response.body", "body": body, "more_body": True})
        if not self._is_broken:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()


def _with_what_is_at_hand(piece: bytes, come: MemoryObjectReceiveStream[bytes]) -> bytes:
    """What has come meanwhile leaves together: a write for each piece costs more than all else of it."""
    pieces, size = [piece], len(piece)
    try:
        while size < MOST_AT_ONCE_BYTES:
            pieces.append(come.receive_nowait())
            size += len(pieces[-1])
    except (anyio.WouldBlock, anyio.EndOfStream):
        pass
    return b"".join(pieces)
