"""POST /chat/completions, plain and streamed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response

from ppkit.practice.api import gate
from ppkit.practice.api.answer import CutShort, EventStream, JsonAnswer
from ppkit.practice.api.call import Call
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.generation import (
    Answer,
    Generation,
    Message,
    Task,
    Tool,
    canonical,
    generate,
    read_content,
    read_effort,
    read_tier,
)
from ppkit.practice.api.parameters import Parameters, invalid_type, invalid_value, missing, unsupported
from ppkit.practice.models import PracticeModel
from ppkit.practice.rows import Bill

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
KNOWN = frozenset(
    [
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "moderation",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    ]
)


async def create(call: Call) -> Response:
    gate.need_scope(call, "model.request")
    parameters = await call.parameters()
    model = gate.need_model(call, parameters, "text")
    gate.need_rate(call)
    gate.need_money(call)
    parameters.refuse_unknown(KNOWN)
    task = _task(parameters, model)
    stream = parameters.flag("stream")
    options = parameters.mapping("stream_options") or {}
    if options and not stream:
        raise ApiError(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
            code="invalid_value",
        )
    metadata = parameters.metadata()
    generation = generate(call, task)
    head = _head(call, generation)
    if stream:
        return _stream(call, generation, head, include_usage=bool(options.get("include_usage")))
    bill = generation.priced()
    _settle(call, bill)
    body = head | {
        "object": "chat.completion",
        "choices": [
            _choice(generation.task, index, answer) for index, answer in enumerate(generation.answers)
        ],
        "usage": usage_on_wire(bill),
    }
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


def _stream(call: Call, generation: Generation, head: dict[str, Any], *, include_usage: bool) -> EventStream:
    """Chunks in OpenAI's order; billed when the stream ends, for what was sent by then."""
    sent = 0
    usage_field = {"usage": None} if include_usage else {}

    def event(choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> str:
        chunk = head | {"choices": choices} | ({"usage": usage} if usage else usage_field)
        return f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n"

    async def events() -> AsyncIterator[str]:
        nonlocal sent
        pause = _pause_seconds(call)
        for index, answer in enumerate(generation.answers):
            sent += answer.reasoning_tokens
            yield event([_delta(index, _first_delta(generation.task, index))])
            for number, piece in enumerate(answer.pieces):
                if number == len(answer.pieces) // 2 and call.state.platform.faults.is_on("cut_stream"):
                    raise CutShort
                sent += 1
                yield event([_delta(index, _piece_delta(generation.task, piece))])
                if pause:
                    await asyncio.sleep(pause)
            yield event([_delta(index, {}, _reason(generation.task, answer))])
        if include_usage:
            yield event([], usage_on_wire(generation.usage))
        yield "data: [DONE]\n\n"

    return EventStream(events(), lambda: _settle(call, generation.priced(sent)))


def _pause_seconds(call: Call) -> float:
    return max(call.state.pace_seconds, 0.25 if call.state.platform.faults.is_on("slow_stream") else 0.0)


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


def _task(parameters: Parameters, model: PracticeModel) -> Task:
    messages = _messages(parameters)
    if model.reasoning and parameters.get("max_tokens") is not None:
        raise unsupported("max_tokens", "max_completion_tokens")
    limit = parameters.integer("max_completion_tokens", smallest=1, largest=model.max_output_tokens)
    if limit is None:
        limit = parameters.integer("max_tokens", smallest=1, largest=model.max_output_tokens)
    for name, smallest, largest in _RANGES:
        parameters.number(name, smallest=smallest, largest=largest)
    tools = parameters.array("tools")
    return Task(
        model=model,
        messages=messages,
        max_output_tokens=limit,
        effort=read_effort(parameters.text("reasoning_effort"), model, "reasoning_effort"),
        tier=read_tier(parameters, model),
        count=parameters.integer("n", smallest=1, largest=128) or 1,
        stops=_stops(parameters),
        seed=parameters.integer("seed") or 0,
        schema=_schema(parameters),
        forced_tool=_forced_tool(tools, parameters.get("tool_choice")),
        extra_text=canonical(tools) + canonical(parameters.get("response_format")),
    )


_RANGES = (
    ("temperature", 0, 2),
    ("top_p", 0, 1),
    ("frequency_penalty", -2, 2),
    ("presence_penalty", -2, 2),
)


def _messages(parameters: Parameters) -> list[Message]:
    given = parameters.array("messages")
    if given is None:
        raise missing("messages")
    if not given:
        raise ApiError(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array"
            " instead.",
            param="messages",
            code="empty_array",
        )
    return [_message(message, index) for index, message in enumerate(given)]


def _message(message: Any, index: int) -> Message:
    name = f"messages[{index}]"
    if not isinstance(message, dict):
        raise invalid_type(name, "an object", message)
    role = message.get("role")
    if role is None:
        raise missing(f"{name}.role")
    if role not in ROLES:
        raise invalid_value(f"{name}.role", role, ROLES)
    if "content" not in message and not message.get("tool_calls"):
        raise missing(f"{name}.content")
    found = read_content(message.get("content"), f"{name}.content", "chat")
    return Message(role, found.text + canonical(message.get("tool_calls")), found.images, found.outside)


def _stops(parameters: Parameters) -> list[str]:
    stop = parameters.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(part, str) for part in stops):
        raise invalid_type("stop", "a string or an array of strings", stop)
    if len(stops) > 4:
        raise ApiError(400, "Invalid 'stop': array too long.", param="stop", code="array_above_max_length")
    return stops


def _schema(parameters: Parameters) -> dict[str, Any] | None:
    asked = parameters.mapping("response_format") or {"type": "text"}
    kind = asked.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise invalid_value("response_format.type", kind, ("text", "json_object", "json_schema"))
    if kind == "json_schema":
        schema = (asked.get("json_schema") or {}).get("schema")
        if not isinstance(schema, dict):
            raise missing("response_format.json_schema.schema")
        return schema
    if kind == "json_object":
        return {"type": "object", "properties": {"text": {"type": "string"}}}
    return None


def _forced_tool(tools: list[Any] | None, choice: Any) -> Tool | None:
    """The function that tool_choice makes the model call; left to itself it answers in words."""
    functions = [tool.get("function") for tool in tools or [] if isinstance(tool, dict)]
    named = [tool for tool in functions if isinstance(tool, dict) and isinstance(tool.get("name"), str)]
    if choice in (None, "auto", "none"):
        return None
    wanted = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    for tool in named:
        if choice == "required" or tool["name"] == wanted:
            return Tool(tool["name"], tool.get("parameters") or {})
    raise ApiError(
        400,
        "Tool choice was given, but no such tool is in 'tools'.",
        param="tool_choice",
        code="invalid_value",
    )
