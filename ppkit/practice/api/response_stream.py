"""The events of a streamed response, in OpenAI's exact order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from ppkit.practice import tokens
from ppkit.practice.api.answer import EventStream
from ppkit.practice.api.call import Call
from ppkit.practice.api.generation import Generation
from ppkit.practice.api.rehearsals import trouble_in_stream


def stream(
    call: Call, body: dict[str, Any], generation: Generation, finish: Callable[[int | None], None]
) -> EventStream:
    """Send the finished response as it would have grown; `finish` gets the output tokens sent by then."""
    sent = 0

    async def events() -> AsyncIterator[str]:
        nonlocal sent
        pause_seconds = call.state.pause_seconds()
        answer = generation.answers[0]
        sent += answer.reasoning_tokens
        for number, (event, carried) in enumerate(_events(body, answer.pieces)):
            is_middle = carried and sent - answer.reasoning_tokens == len(answer.pieces) // 2
            if is_middle and (trouble := trouble_in_stream(call)):
                error = {name: trouble[name] for name in ("code", "message", "param")}
                yield _record({"type": "error", **error}, number)
                return
            sent += carried
            yield _record(event, number)
            if pause_seconds and carried:
                await call.state.sleep(pause_seconds)

    return EventStream(events(), lambda: finish(sent))


def _record(event: dict[str, Any], number: int) -> str:
    text = json.dumps(event | {"sequence_number": number}, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {text}\n\n"


def _events(body: dict[str, Any], pieces: Any) -> Iterator[tuple[dict[str, Any], int]]:
    """(event, output tokens it carries) pairs."""
    begun = body | {
        "status": "in_progress",
        "output": [],
        "usage": None,
        "completed_at": None,
        "incomplete_details": None,
    }
    yield {"type": "response.created", "response": begun}, 0
    yield {"type": "response.in_progress", "response": begun}, 0
    for index, item in enumerate(body["output"]):
        if item["type"] == "message":
            yield from _message_events(index, item, pieces)
        elif item["type"] == "function_call":
            yield from _function_events(index, item, pieces)
        else:
            yield from _thought_events(index, item)
    yield {"type": f"response.{body['status']}", "response": body}, 0


def _thought_events(index: int, item: dict[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
    added = {"type": "response.output_item.added", "output_index": index, "item": item | {"summary": []}}
    yield added, 0
    for number, part in enumerate(item["summary"]):
        place = {"item_id": item["id"], "output_index": index, "summary_index": number}
        kind = "response.reasoning_summary"
        yield {"type": f"{kind}_part.added", **place, "part": part | {"text": ""}}, 0
        for piece in tokens.pieces(part["text"]):
            yield {"type": f"{kind}_text.delta", **place, "delta": piece}, 0
        yield {"type": f"{kind}_text.done", **place, "text": part["text"]}, 0
        yield {"type": f"{kind}_part.done", **place, "part": part}, 0
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0


def _message_events(index: int, item: dict[str, Any], pieces: Any) -> Iterator[tuple[dict[str, Any], int]]:
    part = item["content"][0]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    empty = item | {"status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": empty}, 0
    yield {"type": "response.content_part.added", **place, "part": part | {"text": ""}}, 0
    for piece in pieces:
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}, 1
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}, 0
    yield {"type": "response.content_part.done", **place, "part": part}, 0
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0


def _function_events(index: int, item: dict[str, Any], pieces: Any) -> Iterator[tuple[dict[str, Any], int]]:
    place = {"item_id": item["id"], "output_index": index}
    empty = item | {"status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": index, "item": empty}, 0
    for piece in pieces:
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}, 1
    yield (
        {
            "type": "response.function_call_arguments.done",
            **place,
            "name": item["name"],
            "arguments": item["arguments"],
        },
        0,
    )
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0
