"""A platform without latency, in a process of its own: canned answers from Starlette on uvicorn.

`python -m benchmarks.server` prints its port and serves until it is terminated.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

STREAM_CHUNKS = 200
MODEL = "gpt-6-luna"


def response(text: str, status: str = "completed") -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "status": status, "role": "assistant", "content": [part]}
    usage = {
        "input_tokens": 40,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 200,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 240,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": MODEL,
        "output": [item] if text else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage if status == "completed" else None,
    }


def response_stream() -> list[bytes]:
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    delta = {"type": "response.output_text.delta", **where, "delta": " parola"}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response("", "in_progress")},
        *(delta for _ in range(STREAM_CHUNKS - 2)),
        {"type": "response.completed", "response": response(" parola" * (STREAM_CHUNKS - 2))},
    ]
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in numbered]


def chat_stream(*, include_usage: bool) -> list[bytes]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    choice = {"index": 0, "delta": {"content": " parola"}, "finish_reason": None, "logprobs": None}
    nothing: dict[str, Any] = {"usage": None} if include_usage else {}
    chunks = [{**base, "choices": [choice], **nothing}] * STREAM_CHUNKS
    if include_usage:
        usage = {"prompt_tokens": 40, "completion_tokens": 200, "total_tokens": 240}
        chunks = [*chunks, {**base, "choices": [], "usage": usage}]
    lines = [f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n".encode() for chunk in chunks]
    return [*lines, b"data: [DONE]\n\n"]


WHOLE = json.dumps(response("Il mare d'inverno ha un colore che non sta nelle foto. " * 4)).encode()
RESPONSE_STREAM = response_stream()
CHAT_STREAMS = {wanted: chat_stream(include_usage=wanted) for wanted in (False, True)}


async def responses(request: Request) -> Response:
    return streamed(RESPONSE_STREAM) if b'"stream":true' in await request.body() else whole()


async def chat_completions(request: Request) -> Response:
    return streamed(CHAT_STREAMS[b'"include_usage":true' in await request.body()])


def whole() -> Response:
    return Response(WHOLE, media_type="application/json")


def streamed(events: list[bytes]) -> Response:
    async def one_by_one() -> AsyncIterator[bytes]:
        for event in events:
            yield event

    return StreamingResponse(one_by_one(), media_type="text/event-stream")


def main() -> None:
    # With IPPROTO_TCP said outright, asyncio sets TCP_NODELAY; without it every call waits some 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    routes = [
        Route("/v1/responses", responses, methods=["POST"]),
        Route("/v1/chat/completions", chat_completions, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
