"""The pieces of a chat completion as they travel: choices, tool calls, usage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ppkit.practice_platform.api.generation import FunctionCall, GeneratedAnswer
from ppkit.practice_platform.rows import Bill


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


def choice_on_wire(index: int, answer: GeneratedAnswer, token: Callable[[int], str]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text,
        "refusal": None,
        "annotations": [],
    }
    if answer.calls:
        calls = [tool_call(call, f"call_{token(24)}", call.arguments) for call in answer.calls]
        message |= {"content": None, "tool_calls": calls}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": reason(answer)}


def tool_call(call: FunctionCall, call_id: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": call.tool.name, "arguments": arguments}}


def reason(answer: GeneratedAnswer) -> str:
    if answer.cut:
        return "length"
    # A call of a tool that was named outright ends with "stop", one the model was only made to choose does
    # not; both are seen on the real API, and "tool_calls" is what client code looks for.
    return "tool_calls" if answer.calls else "stop"
