"""A platform in memory that answers as OpenAI does and keeps a bill of its own, in pico-dollars."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx2

MODEL = "test-text"
PICO_PER_INPUT_TOKEN = 1_000_000
PICO_PER_CACHED_TOKEN = 100_000
PICO_PER_OUTPUT_TOKEN = 5_000_000

Answer = Callable[[httpx2.Request, dict[str, Any]], httpx2.Response]


class Chunks(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that arrives in pieces; after them, `then` is raised."""

    def __init__(self, chunks: Sequence[bytes], then: BaseException | None = None) -> None:
        self._chunks = chunks
        self._then = then
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._then is not None:
            raise self._then

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class FakePlatform:
    """Callable by `httpx2.MockTransport`. Queue an answer with `answer_with`, else it answers as asked."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.bodies: list[dict[str, Any]] = []
        self.billed_pico_usd = 0
        self._queue: list[Answer] = []
        self._numbers = iter(range(1, 1_000_000))

    def answer_with(self, *answers: Answer | httpx2.Response | BaseException) -> None:
        """What the next requests get, in order."""
        for answer in answers:
            self._queue.append(answer if callable(answer) else _always(answer))

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content) if request.content[:1] == b"{" else {}
        self.requests.append(request)
        self.bodies.append(body)
        return self._queue.pop(0)(request, body) if self._queue else self.usual(request, body)

    def bill(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> None:
        self.billed_pico_usd += (
            (input_tokens - cached_tokens) * PICO_PER_INPUT_TOKEN
            + cached_tokens * PICO_PER_CACHED_TOKEN
            + output_tokens * PICO_PER_OUTPUT_TOKEN
        )

    def usual(self, request: httpx2.Request, body: dict[str, Any]) -> httpx2.Response:
        """The answer of a platform in good health."""
        path = request.url.path.removeprefix("/v1")
        output_tokens = min(12, body.get("max_output_tokens") or body.get("max_completion_tokens") or 12)
        cached_tokens = 3 if body.get("prompt_cache_key") else 0
        model = body.get("model", MODEL)
        self.bill(10, 0 if path == "/embeddings" else output_tokens, cached_tokens)
        if path == "/responses":
            response = response_body(10, output_tokens, cached_tokens) | {"model": model}
            return (
                sse(response_events(response)) if body.get("stream") else httpx2.Response(200, json=response)
            )
        if path == "/chat/completions":
            if not body.get("stream"):
                return httpx2.Response(
                    200, json=chat_body(10, output_tokens, cached_tokens) | {"model": model}
                )
            options = body.get("stream_options") or {}
            return sse(chat_events(10, output_tokens, include_usage=bool(options.get("include_usage"))))
        if path == "/embeddings":
            return httpx2.Response(200, json=embedding_body(10) | {"model": model})
        if path in {"/images/generations", "/images/edits"}:
            return httpx2.Response(200, json=image_body(10, output_tokens))
        return httpx2.Response(200, json={"object": "list", "data": []})


def _always(answer: httpx2.Response | BaseException) -> Answer:
    def give(request: httpx2.Request, body: dict[str, Any]) -> httpx2.Response:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return give


def error(status: int, code: str | None = None) -> httpx2.Response:
    body = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": code}}
    return httpx2.Response(status, json=body, headers={"x-should-retry": "false"})


def sse(events: Sequence[bytes], then: BaseException | None = None, encoding: str = "") -> httpx2.Response:
    headers = {"content-type": "text/event-stream"} | ({"content-encoding": encoding} if encoding else {})
    return httpx2.Response(200, headers=headers, stream=Chunks(events, then))


def response_body(input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> dict[str, Any]:
    text = {
        "type": "output_text",
        "text": 'Un saluto, con "usage": dentro',
        "annotations": [],
        "logprobs": [],
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": MODEL,
        "output": [
            {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [text]}
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"cached_tokens": cached_tokens, "cache_write_tokens": 0},
            "output_tokens": output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input_tokens + output_tokens,
        },
    }


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def response_events(response: dict[str, Any], deltas: Sequence[str] = ("Un ", "saluto")) -> list[bytes]:
    """The events of a streamed response, as the SDK's accumulator wants them."""
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    item = {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    text = "".join(deltas)
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    data: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **where, "part": part},
        *(
            {"type": "response.output_text.delta", **where, "delta": delta, "logprobs": []}
            for delta in deltas
        ),
        {"type": "response.output_text.done", **where, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": {**item, "status": "completed"}},
        {"type": "response.completed", "response": response},
    ]
    return [event({**each, "sequence_number": number}) for number, each in enumerate(data)]


def chat_body(input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Un saluto", "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}],
        "usage": chat_usage(input_tokens, output_tokens, cached_tokens),
    }


def chat_usage(input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": {"cached_tokens": cached_tokens},
    }


def chat_events(
    input_tokens: int,
    output_tokens: int,
    *,
    include_usage: bool,
    deltas: Sequence[str] = ('Un "usage":null, ', "saluto ☕"),
) -> list[bytes]:
    """The chunks of a streamed chat completion, with the usage only where it is asked for."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    deltas_and_end: list[tuple[dict[str, Any], str | None]] = [
        ({"role": "assistant", "content": ""}, None),
        *(({"content": delta}, None) for delta in deltas),
        ({}, "stop"),
    ]
    nothing: dict[str, Any] = {"usage": None} if include_usage else {}
    chunks: list[dict[str, Any]] = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": end, "logprobs": None}], **nothing}
        for delta, end in deltas_and_end
    ]
    if include_usage:
        chunks.append({**base, "choices": [], "usage": chat_usage(input_tokens, output_tokens)})
    lines = [f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode() for chunk in chunks]
    return [*lines, b"data: [DONE]\n\n"]


def embedding_body(input_tokens: int) -> dict[str, Any]:
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": "AACAPwAAAEA="}],
        "model": MODEL,
        "usage": {"prompt_tokens": input_tokens, "total_tokens": input_tokens},
    }


def image_usage(input_tokens: int, output_tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"text_tokens": input_tokens, "image_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": output_tokens},
        "total_tokens": input_tokens + output_tokens,
    }


def image_body(input_tokens: int, output_tokens: int) -> dict[str, Any]:
    return {"created": 1, "data": [{"b64_json": "AAAA"}], "usage": image_usage(input_tokens, output_tokens)}


def image_events(input_tokens: int, output_tokens: int) -> list[bytes]:
    picture = {"b64_json": "AAAA", "created_at": 1, "size": "1024x1024", "quality": "low"}
    shared = {**picture, "background": "opaque", "output_format": "png"}
    return [
        event({"type": "image_generation.partial_image", "partial_image_index": 0, **shared}),
        event(
            {
                "type": "image_generation.completed",
                **shared,
                "usage": image_usage(input_tokens, output_tokens),
            }
        ),
    ]
