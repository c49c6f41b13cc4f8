"""An answer on its way to one learner, who may be slow, or leave at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.lowlevel
import httpx2

from ppkit.class_service.passed_answer import MOST_AT_ONCE_BYTES, MOST_PIECES, PassedAnswer

SCOPE: dict[str, Any] = {"type": "http"}
PIECE = b"x" * 64 * 1024


class Pieces(httpx2.AsyncByteStream):
    """A stream that counts how much of it was read."""

    def __init__(self, count: int) -> None:
        self.count, self.read, self.closed = count, 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.count):
            self.read += 1
            yield PIECE

    async def aclose(self) -> None:
        self.closed = True


async def settled() -> None:
    """Everybody else has gone as far as they can."""
    for _ in range(1000):
        await anyio.lowlevel.checkpoint()


async def stays() -> Any:
    await anyio.sleep_forever()


def test_a_learner_who_reads_slowly_holds_up_the_platform_and_little_memory() -> None:
    stream, sent, held = Pieces(3 * MOST_PIECES), list[int](), list[int]()

    async def send(message: Any) -> None:
        await settled()
        sent.append(len(message.get("body", b"")))
        held.append(stream.read - sum(sent) // len(PIECE))

    asyncio.run(PassedAnswer(httpx2.Response(200, stream=stream), {})(SCOPE, stays, send))
    assert sum(sent) == stream.count * len(PIECE)
    assert max(sent) <= MOST_AT_ONCE_BYTES + len(PIECE)
    assert max(held) <= MOST_PIECES + 3  # those that wait, the one that would, and a write


class Shielded(Pieces):
    """Waits where it cannot be cancelled, as for a ledger, until the learner has left."""

    def __init__(self) -> None:
        super().__init__(1)
        self.left = anyio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield PIECE
        with anyio.CancelScope(shield=True):
            await self.left.wait()
            await settled()
        yield PIECE


def test_a_learner_who_leaves_while_a_wait_cannot_be_cancelled_is_nobodys_error() -> None:
    async def pass_it() -> Shielded:
        stream, came = Shielded(), anyio.Event()

        async def receive() -> Any:
            await came.wait()
            stream.left.set()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                came.set()

        await PassedAnswer(httpx2.Response(200, stream=stream), {})(SCOPE, receive, send)
        return stream

    assert asyncio.run(pass_it()).closed
