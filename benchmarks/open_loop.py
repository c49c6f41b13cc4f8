"""Open-loop load: when each call begins is fixed beforehand, whatever becomes of those before it.

A crowd of callers that wait for their answers sends less as soon as the service slows down, and so hides how
slow it is. Here each call has its moment, and its latency is counted from there, not from when it was sent.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

Kind = str
SHARES: dict[Kind, float] = {"response stream": 0.45, "chat stream": 0.2, "response": 0.35}
"""Of the texts; how many calls are for an image is told beside."""

TEXT_MODEL, IMAGE_MODEL = "gpt-6-luna", "gpt-image-2"
ANSWER_TOKENS = 20, 60
"""The least and the most that an answer may be long."""

CUT_OFF = 0
"""The status of a call whose connection broke."""

Signature = tuple[str, int]
"""What a bill knows a call by: its model, and the words of its prompt, of which no other call has as many."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: when it begins, in seconds from the start, who makes it, and what it asks for."""

    at_seconds: float
    learner: int
    kind: Kind
    signature: Signature
    output_tokens: int = 60

    @property
    def path(self) -> str:
        names = {"chat stream": "chat/completions", "image": "images/generations"}
        return names.get(self.kind, "responses")

    @property
    def body(self) -> dict[str, Any]:
        (model, words), tokens = self.signature, self.output_tokens
        text, is_stream = "mare " * words, "stream" in self.kind
        if self.kind == "image":
            return {"model": model, "prompt": text, "size": "1024x1024", "quality": "low"}
        if self.kind == "chat stream":
            messages = [{"role": "user", "content": text}]
            return {"model": model, "messages": messages, "max_completion_tokens": tokens, "stream": True}
        return {"model": model, "input": text, "max_output_tokens": tokens, "stream": is_stream}


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a call; milliseconds count from its intended start. `late_ms`: how late the load was.

    `url` is the gateway that it was sent to.
    """

    ask: Ask
    url: str
    status: int
    code: str
    late_ms: float
    first_byte_ms: float
    done_ms: float


def arrivals(learners: int, seconds: float, calls_a_second: float, images: float, seed: int = 7) -> list[Ask]:
    """Calls at random moments (a Poisson process), of random learners, no two with the same signature.

    `images` is their share.
    """
    chance = random.Random(seed)
    kinds = [*SHARES, "image"]
    shares = [*(share * (1 - images) for share in SHARES.values()), images]
    sizes = {TEXT_MODEL: itertools.count(1), IMAGE_MODEL: itertools.count(1)}
    asks, at = [], 0.0
    while (at := at + chance.expovariate(calls_a_second)) < seconds:
        (kind,) = chance.choices(kinds, shares)
        model = IMAGE_MODEL if kind == "image" else TEXT_MODEL
        learner = int(learners * chance.random() ** 3)  # some are far busier than others
        asks.append(Ask(at, learner, kind, (model, next(sizes[model])), chance.randint(*ANSWER_TOKENS)))
    return asks


class Places:
    """The addresses behind a proxy: in turn, without those that refuse a connection."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = list(urls)
        self._turn = 0

    def next(self) -> str:
        self._turn += 1
        return self._urls[self._turn % len(self._urls)]

    def is_gone(self, url: str) -> bool:
        """Nobody listens there: it is not asked again. False where there is no other."""
        if url in self._urls and len(self._urls) > 1:
            self._urls.remove(url)
        return url not in self._urls


async def send_all(
    asks: Sequence[Ask],
    places: Places,
    tokens: Sequence[str],
    incidents: Sequence[tuple[float, Callable[[], Awaitable[None]]]],
) -> list[Sent]:
    """Send each call at its moment, let each incident happen at its own; returns when all have ended."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
    async with httpx2.AsyncClient(timeout=120, limits=limits, trust_env=False) as client:
        started = time.perf_counter()

        async def happens(at_seconds: float, incident: Callable[[], Awaitable[None]]) -> None:
            await asyncio.sleep(started + at_seconds - time.perf_counter())
            await incident()

        others = [asyncio.ensure_future(happens(*one)) for one in incidents]
        running = []
        for ask in asks:
            await asyncio.sleep(max(0.0, started + ask.at_seconds - time.perf_counter()))
            running.append(
                asyncio.ensure_future(
                    _sent(client, places, ask, tokens[ask.learner], started + ask.at_seconds)
                )
            )
        found = await asyncio.gather(*running)
        await asyncio.gather(*others)
        return found


async def _sent(client: httpx2.AsyncClient, places: Places, ask: Ask, token: str, due: float) -> Sent:
    late_ms = (time.perf_counter() - due) * 1000
    status, code, first_byte_ms = CUT_OFF, "cut_off", 0.0
    headers = {"authorization": f"Bearer {token}"}
    while True:
        url = places.next()
        try:
            async with client.stream("POST", f"{url}/{ask.path}", json=ask.body, headers=headers) as answer:
                body = b""
                async for piece in answer.aiter_raw():
                    first_byte_ms = first_byte_ms or (time.perf_counter() - due) * 1000
                    body = piece if answer.status_code != 200 else b""
                status, code = answer.status_code, _code_of(answer.status_code, body)
        except httpx2.ConnectError:
            if places.is_gone(url):  # nothing has left: a proxy would try the next one, too
                continue
        except httpx2.HTTPError:
            status, code = CUT_OFF, "cut_off"
        return Sent(ask, url, status, code, late_ms, first_byte_ms, (time.perf_counter() - due) * 1000)


def _code_of(status: int, body: bytes) -> str:
    if status == 200:
        return ""
    try:
        return str(httpx2.Response(status, content=body).json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"
