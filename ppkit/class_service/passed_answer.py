"""The platform's answer on its way to the learner: piece by piece as it comes, closed when nobody listens."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
import httpx2
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


def kept_headers(answer: httpx2.Response) -> dict[str, str]:
    """Those that a learner may see, names in small letters."""
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() in PASSED_ON}


class AnswerBroke(Exception):
    """The platform's answer ended in its middle: the learner's connection has to break off, too."""


class PassedAnswer:
    """An ASGI application that sends one answer, unbuffered.

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
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._watch, receive, group.cancel_scope)
                await self._pass(send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._answer.aclose()
        if self._is_broken:
            raise AnswerBroke

    async def _pass(self, send: Send) -> None:
        status = self._answer.status_code
        await send({"type": "http.response.start", "status": status, "headers": self._headers})
        try:
            if self._answer.is_stream_consumed:  # the meter has read a failure, to see who tells it
                await send({"type": "http.response.body", "body": self._answer.content, "more_body": True})
            else:
                async for chunk in self._answer.aiter_raw():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except httpx2.HTTPError:
            self._is_broken = True
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()
