"""The events of a streamed response, in OpenAI's exact order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from ppkit.practice_platform import tokens
from ppkit.practice_platform.api.answer import EventStream
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.generation import Generation
from ppkit.practice_platform.api.rehearsals import trouble_in_stream
from ppkit.practice_platform.api.response_body import begun

Event = tuple[dict[str, Any], int]
"""An event, and how many output tokens it carries."""


def stream(
    call: ApiCall, body: dict[str, Any], generation: Generation, finish: Callable[[int | None], None]
) -> EventStream:
    """Send the finished response as it would have grown; `finish` gets the output tokens sent by then."""
    sent = 0

    async def events() -> AsyncIterator[str]:
        nonlocal sent
        pause_seconds = call.state.pause_seconds()
        answer = generation.answers[0]
        sent += answer.reasoning_tokens
        middle = answer.reasoning_tokens + (answer.tokens - answer.reasoning_tokens) // 2
        for number, (event, carried) in enumerate(events_of(body)):
            if carried and sent == middle and (trouble := trouble_in_stream(call)):
                yield error_record(trouble, number)
                return
            sent += carried
            yield record(event, number)
            if pause_seconds and carried:
                await call.state.sleep(pause_seconds)

    return EventStream(events(), lambda: finish(sent))


def record(event: dict[str, Any], number: int) -> str:
    text = json.dumps(event | {"sequence_number": number}, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {text}\n\n"


def error_record(trouble: dict[str, str | None], number: int) -> str:
    error = {name: trouble[name] for name in ("code", "message", "param")}
    return record({"type": "error", **error}, number)


def events_of(body: dict[str, Any]) -> Iterator[Event]:
    """The events that lead to this response; the same each time, so that a stream can be taken up again."""
    first = "queued" if body["background"] else "in_progress"
    yield {"type": "response.created", "response": begun(body, first)}, 0
    if body["background"]:
        yield {"type": "response.queued", "response": begun(body, "queued")}, 0
    yield {"type": "response.in_progress", "response": begun(body, "in_progress")}, 0
    for index, item in enumerate(body["output"]):
        yield from _EVENTS[item["type"]](index, item)
    yield {"type": f"response.{body['status']}", "response": body}, 0


def _thought_events(index: int, item: dict[str, Any]) -> Iterator[Event]:
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


def _search_events(index: int, item: dict[str, Any]) -> Iterator[Event]:
    place = {"item_id": item["id"], "output_index": index}
    added = item | {"status": "in_progress"}
    yield {"type": "response.output_item.added", "output_index": index, "item": added}, 0
    for step in ("in_progress", "searching", "completed"):
        yield {"type": f"response.web_search_call.{step}", **place}, 0
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0


def _message_events(index: int, item: dict[str, Any]) -> Iterator[Event]:
    part = item["content"][0]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    empty = item | {"status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": empty}, 0
    yield {"type": "response.content_part.added", **place, "part": part | {"text": "", "annotations": []}}, 0
    for piece in tokens.pieces(part["text"]):
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}, 1
    for number, annotation in enumerate(part["annotations"]):
        told = {"annotation_index": number, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **place, **told}, 0
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}, 0
    yield {"type": "response.content_part.done", **place, "part": part}, 0
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0


def _function_events(index: int, item: dict[str, Any]) -> Iterator[Event]:
    place = {"item_id": item["id"], "output_index": index}
    empty = item | {"status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": index, "item": empty}, 0
    for piece in tokens.pieces(item["arguments"]):
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


_EVENTS: dict[str, Callable[[int, dict[str, Any]], Iterator[Event]]] = {
    "reasoning": _thought_events,
    "web_search_call": _search_events,
    "message": _message_events,
    "function_call": _function_events,
}
