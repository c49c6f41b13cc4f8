"""The chunks of a streamed chat completion, in OpenAI's order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ppkit.practice_platform.api.answer import EventStream
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.chat_wire import reason, usage_on_wire
from ppkit.practice_platform.api.generation import GeneratedAnswer, Generation
from ppkit.practice_platform.api.rehearsals import trouble_in_stream

HEAD = ("id", "object", "created", "model", "service_tier", "system_fingerprint")
"""What every chunk says of its completion."""
OBFUSCATION_STEP = 16
PADDING = "practiceobfuscat"


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How a stream is sent: with the usage at its end, with padding that hides the lengths of its pieces."""

    include_usage: bool
    obfuscated: bool


def stream(
    call: ApiCall,
    generation: Generation,
    body: dict[str, Any],
    finish: Callable[[int | None], None],
    stream_options: StreamOptions,
) -> EventStream:
    """Send the finished completion in chunks, in OpenAI's order; billed when the stream ends, for what was
    sent by then.
    """
    sent = 0
    head = {name: body[name] for name in HEAD} | {"object": "chat.completion.chunk"}
    usage_field = {"usage": None} if stream_options.include_usage else {}

    def event(choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> str:
        chunk = head | {"choices": choices} | ({"usage": usage} if usage else usage_field)
        return _record(chunk, obfuscated=stream_options.obfuscated and bool(choices))

    async def events() -> AsyncIterator[str]:
        nonlocal sent
        pause_seconds = call.state.pause_seconds()
        for index, answer in enumerate(generation.answers):
            sent += answer.reasoning_tokens
            message = body["choices"][index]["message"]
            deltas = list(_deltas(answer, message))
            for number, (delta, carried) in enumerate(deltas):
                if number == (len(deltas) + 1) // 2 and (trouble := trouble_in_stream(call)):
                    yield f"data: {json.dumps({'error': trouble})}\n\n"
                    return
                sent += carried
                yield event([_delta(index, delta)])
                if pause_seconds and carried:
                    await call.state.sleep(pause_seconds)
            yield event([_delta(index, {}, reason(answer))])
        if stream_options.include_usage:
            yield event([], usage_on_wire(generation.usage))
        yield "data: [DONE]\n\n"

    return EventStream(events(), lambda: finish(sent))


def _record(chunk: dict[str, Any], *, obfuscated: bool) -> str:
    text = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
    if obfuscated:
        text = f'{text[:-1]},"obfuscation":"{_padding(text)}"}}'
    return f"data: {text}\n\n"


def _padding(chunk: str) -> str:
    """Letters that bring chunks to sizes in steps, so that their lengths do not reveal what they say."""
    return PADDING[: OBFUSCATION_STEP - len(chunk) % OBFUSCATION_STEP]


def _delta(index: int, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _deltas(answer: GeneratedAnswer, message: dict[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
    """(delta, output tokens it carries) pairs of one choice."""
    if not answer.calls:
        yield {"role": "assistant", "content": "", "refusal": None}, 0
        yield from (({"content": piece}, 1) for piece in answer.pieces)
        return
    for number, (called, whole) in enumerate(zip(answer.calls, message["tool_calls"], strict=True)):
        begun = whole | {"function": whole["function"] | {"arguments": ""}, "index": number}
        first = {"role": "assistant", "content": None} if number == 0 else {}
        yield first | {"tool_calls": [begun]}, 0
        for piece in called.pieces:
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}, 1
