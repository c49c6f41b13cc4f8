"""The chunks of a streamed chat completion, in OpenAI's order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from ppkit.practice.api.answer import EventStream
from ppkit.practice.api.call import Call
from ppkit.practice.api.chat_wire import reason, tool_call, usage_on_wire
from ppkit.practice.api.generation import Generation, Task
from ppkit.practice.api.rehearsals import trouble_in_stream

OBFUSCATION_STEP = 16
PADDING = "practiceobfuscat"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a stream is sent: with the usage at its end, with padding that hides the lengths of its pieces."""

    include_usage: bool
    obfuscated: bool


def stream(
    call: Call,
    generation: Generation,
    head: dict[str, Any],
    finish: Callable[[int | None], None],
    manner: Manner,
) -> EventStream:
    """Chunks in OpenAI's order; billed when the stream ends, for what was sent by then."""
    sent = 0
    usage_field = {"usage": None} if manner.include_usage else {}

    def event(choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> str:
        chunk = head | {"choices": choices} | ({"usage": usage} if usage else usage_field)
        return _record(chunk, obfuscated=manner.obfuscated and bool(choices))

    async def events() -> AsyncIterator[str]:
        nonlocal sent
        pause_seconds = call.state.pause_seconds()
        for index, answer in enumerate(generation.answers):
            sent += answer.reasoning_tokens
            yield event(
                [_delta(index, _first_delta(generation.task, f"call_{call.state.platform.token(24)}"))]
            )
            for number, piece in enumerate(answer.pieces):
                if number == len(answer.pieces) // 2 and (trouble := trouble_in_stream(call)):
                    yield f"data: {json.dumps({'error': trouble})}\n\n"
                    return
                sent += 1
                yield event([_delta(index, _piece_delta(generation.task, piece))])
                if pause_seconds:
                    await call.state.sleep(pause_seconds)
            yield event([_delta(index, {}, reason(generation.task, answer))])
        if manner.include_usage:
            yield event([], usage_on_wire(generation.usage))
        yield "data: [DONE]\n\n"

    return EventStream(events(), lambda: finish(sent))


def _record(chunk: dict[str, Any], *, obfuscated: bool) -> str:
    text = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
    if obfuscated:
        text = f'{text[:-1]},"obfuscation":"{_padding(text)}"}}'
    return f"data: {text}\n\n"


def _padding(chunk: str) -> str:
    """Letters that bring chunks to sizes in steps, so that their lengths do not tell what they say."""
    return PADDING[: OBFUSCATION_STEP - len(chunk) % OBFUSCATION_STEP]


def _delta(index: int, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _first_delta(task: Task, call_id: str) -> dict[str, Any]:
    if task.forced_tool:
        call = tool_call(task.forced_tool, call_id, "") | {"index": 0}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": "assistant", "content": "", "refusal": None}


def _piece_delta(task: Task, piece: str) -> dict[str, Any]:
    if task.forced_tool:
        return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
    return {"content": piece}
