"""Calls with what a platform reports of them, and how they are booked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.ledger import Entry
from ppkit.spending.prices import PriceCatalogue

from .callers import Caller
from .fake_platform import FakePlatform, sse

TEXT = "word " * 600
CATALOGUE = PriceCatalogue()
CIAO: dict[str, Any] = {"messages": [{"role": "user", "content": "Ciao"}]}
MINI = CIAO | {"model": "gpt-5.4-mini"}
NEWS: dict[str, Any] = {"model": "gpt-5.4-mini", "input": "news", "tools": [{"type": "web_search"}]}
RESP: dict[str, Any] = {"model": "gpt-5.4-mini", "input": "Ciao", "max_output_tokens": 2000}
USD_OF_600_TOKENS = "0.00271875"
"""What `RESP` costs where 25 tokens went in and 600 came out."""
CREATE, EMBED, DRAW, RESPOND = (
    "chat.completions.create",
    "embeddings.create",
    "images.generate",
    "responses.create",
)


def booked(caller: Caller, meter: Meter, platform: FakePlatform, method: str, **call: Any) -> Entry:
    """The entry of one call; a list of events is answered as a stream."""
    answer = call.pop("answer")
    if isinstance(answer, Mapping):
        platform.answer_with(httpx2.Response(200, json=answer))
        caller.call(method, **call)
    else:
        lines = [each if each == "[DONE]" else json.dumps(each) for each in answer]
        platform.answer_with(sse([f"data: {line}\n\n".encode() for line in lines]))
        caller.stream(method, **call)
    meter.flush()
    assert meter.ledger.audit() == []
    return meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"])


def tokens(prompt: int, completion: int, total: int | None = None) -> dict[str, int]:
    total = prompt + completion if total is None else total
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def chat(usage: object, model: str = "gpt-5.4-mini", text: str = TEXT) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def chunks(*reports: object, finished_with: object = None, text: str = TEXT) -> list[Any]:
    """A chat in one chunk, its finish (perhaps with a report) and chunks with nothing but a report."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.4-mini"}
    said = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
    finish = base | {"choices": [stop]} | ({} if finished_with is None else {"usage": finished_with})
    tail = [base | {"choices": [], "usage": report} for report in reports]
    return [base | {"choices": [said]}, finish, *tail, "[DONE]"]


def response(model: str, read: int, written: int, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    message = {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": model,
        "output": [*items, message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    } | more


def search(number: int, kind: str = "search") -> dict[str, Any]:
    action = {"type": kind, "query": "x", "url": "https://a.test", "pattern": "x"}
    return {"id": f"ws_{number}", "type": "web_search_call", "status": "completed", "action": action}


SEARCHES = [search(number) for number in range(4)]


def paid(entry: Entry) -> Money:
    assert entry.cost is not None
    return entry.cost


def last_entry(meter: Meter, platform: FakePlatform) -> Entry:
    meter.flush()
    assert meter.ledger.audit() == []
    return meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"])


def drawn(written: int) -> dict[str, Any]:
    usage = {
        "input_tokens": 23,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
        "output_tokens": written,
        "total_tokens": 23 + written,
    }
    return {"type": "image_generation.completed", "b64_json": "AAAA", "created_at": 1, "usage": usage}
