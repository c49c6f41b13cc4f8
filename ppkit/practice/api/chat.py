"""POST /chat/completions, plain and streamed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from ppkit.practice.api import gate, stored
from ppkit.practice.api.answer import EventStream, JsonAnswer
from ppkit.practice.api.call import Call
from ppkit.practice.api.chat_request import read_task
from ppkit.practice.api.generation import (
    Answer,
    Generation,
    Task,
    Tool,
    generate,
)
from ppkit.practice.api.parameters import Parameters, only_with_stream
from ppkit.practice.api.rehearsals import refuse, trouble_in_stream
from ppkit.practice.rows import Bill

OBFUSCATION_STEP = 16
PADDING = "practiceobfuscat"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a stream is sent: with the usage at its end, with padding that hides the lengths of its pieces."""

    include_usage: bool
    obfuscated: bool


async def create(call: Call) -> Response:
    gate.need_scope(call, "model.request")
    parameters = await call.parameters()
    model = gate.need_model(call, parameters, "text")
    gate.need_rate(call)
    gate.need_money(call)
    task = read_task(parameters, model)
    stream = parameters.flag("stream")
    options = Parameters(parameters.mapping("stream_options") or {})
    if options.body and not stream:
        raise only_with_stream()
    manner = Manner(options.flag("include_usage"), options.flag("include_obfuscation", default=True))
    metadata, store = parameters.metadata(), parameters.flag("store")
    if stream:
        refuse(call, "text_stream")
    generation = generate(call, task)
    head = _head(call, generation)
    body = head | {
        "object": "chat.completion",
        "choices": [
            _choice(generation.task, index, answer) for index, answer in enumerate(generation.answers)
        ],
        "usage": usage_on_wire(generation.usage),
    }

    def finish(sent_tokens: int | None) -> None:
        """Bill what was generated, and keep the completion when it is complete."""
        bill = generation.priced(sent_tokens)
        with call.state.platform.database.write():
            _settle(call, bill)
            if store and bill.output_tokens == generation.usage.output_tokens:
                context = {"messages": parameters.array("messages")}
                stored.keep(call, "chat", body | {"metadata": metadata or {}}, context)

    if stream:
        return _stream(call, generation, head, finish, manner)
    finish(None)
    return JsonAnswer(body | ({"metadata": metadata} if metadata else {}))


def _settle(call: Call, bill: Bill) -> None:
    platform = call.state.platform
    platform.usage.bill(call.caller, call.user_id, bill)
    call.state.rates.count(
        call.project_id, call.model, platform.clock.timestamp(), tokens=bill.input_tokens + bill.output_tokens
    )


def _head(call: Call, generation: Generation) -> dict[str, Any]:
    platform = call.state.platform
    return {
        "id": f"chatcmpl-{platform.token(29)}",
        "object": "chat.completion.chunk",
        "created": platform.clock.timestamp(),
        "model": generation.task.model.snapshot,
        "service_tier": generation.task.tier,
        "system_fingerprint": "fp_practice",
    }


def usage_on_wire(bill: Bill) -> dict[str, Any]:
    return {
        "prompt_tokens": bill.input_tokens,
        "completion_tokens": bill.output_tokens,
        "total_tokens": bill.input_tokens + bill.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": bill.cached_tokens,
            "cache_write_tokens": bill.cache_write_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": bill.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _choice(task: Task, index: int, answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text,
        "refusal": None,
        "annotations": [],
    }
    if task.forced_tool:
        message |= {"content": None, "tool_calls": [_tool_call(task.forced_tool, index, answer.text)]}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": _reason(task, answer)}


def _tool_call(tool: Tool, index: int, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_practice{index}",
        "type": "function",
        "function": {"name": tool.name, "arguments": arguments},
    }


def _reason(task: Task, answer: Answer) -> str:
    if answer.cut:
        return "length"
    # A call of a tool that was named outright ends with "stop", one the model was only made to choose does
    # not;
    # both are seen on the real API, and "tool_calls" is what client code looks for.
    return "tool_calls" if task.forced_tool else "stop"


def _stream(
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
        text = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
        if manner.obfuscated and choices:
            text = f'{text[:-1]},"obfuscation":"{_padding(text)}"}}'
        return f"data: {text}\n\n"

    async def events() -> AsyncIterator[str]:
        nonlocal sent
        pause_seconds = call.state.pause_seconds()
        for index, answer in enumerate(generation.answers):
            sent += answer.reasoning_tokens
            yield event([_delta(index, _first_delta(generation.task, index))])
            for number, piece in enumerate(answer.pieces):
                if number == len(answer.pieces) // 2 and (trouble := trouble_in_stream(call)):
                    yield f"data: {json.dumps({'error': trouble})}\n\n"
                    return
                sent += 1
                yield event([_delta(index, _piece_delta(generation.task, piece))])
                if pause_seconds:
                    await call.state.sleep(pause_seconds)
            yield event([_delta(index, {}, _reason(generation.task, answer))])
        if manner.include_usage:
            yield event([], usage_on_wire(generation.usage))
        yield "data: [DONE]\n\n"

    return EventStream(events(), lambda: finish(sent))


def _padding(chunk: str) -> str:
    """Letters that bring chunks to sizes in steps, so that their lengths do not tell what they say."""
    return PADDING[: OBFUSCATION_STEP - len(chunk) % OBFUSCATION_STEP]


def _delta(index: int, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _first_delta(task: Task, index: int) -> dict[str, Any]:
    if task.forced_tool:
        call = _tool_call(task.forced_tool, index, "") | {"index": 0}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": "assistant", "content": "", "refusal": None}


def _piece_delta(task: Task, piece: str) -> dict[str, Any]:
    if task.forced_tool:
        return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
    return {"content": piece}
