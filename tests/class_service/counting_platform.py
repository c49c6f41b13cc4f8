"""A platform on a socket, in the test's own event loop, that keeps a bill of each call by its id."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from metering.fake_platform import response_body, response_events
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

INPUT_TOKENS, OUTPUT_TOKENS = 10, 20


class CountingPlatform:
    """Answers `POST /v1/responses`, whole or as a stream; `calls` counts them by the id they came with."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.url = ""

    async def respond(self, request: Request) -> Response:
        body = await request.json()
        self.calls[request.headers["x-client-request-id"]] += 1
        self.keys.add(request.headers["authorization"])
        answer = response_body(INPUT_TOKENS, OUTPUT_TOKENS) | {"model": body["model"]}
        if not body.get("stream"):
            return JSONResponse(answer)

        async def events() -> AsyncIterator[bytes]:
            for event in response_events(answer):
                yield event
                await asyncio.sleep(0)

        return StreamingResponse(events(), media_type="text/event-stream")

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        app = Starlette(routes=[Route("/v1/responses", self.respond, methods=["POST"])])
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1024)
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            config = uvicorn.Config(app, lifespan="off", log_level="critical", access_log=False)
            server = _Server(config)
            running = asyncio.ensure_future(server.serve(sockets=[listener]))
            try:
                yield
            finally:
                server.should_exit = True
                await running


class _Server(uvicorn.Server):
    def capture_signals(self) -> object:  # type: ignore[override]  # the test's own handlers stay
        return _nothing()


def _nothing() -> object:
    import contextlib

    return contextlib.nullcontext()


def events_of(text: str) -> list[str]:
    """The types of the events in a stream."""
    return [json.loads(line[6:])["type"] for line in text.splitlines() if line.startswith("data: {")]
