"""A response as it travels: its head, the items of its output, its usage."""

from __future__ import annotations

from typing import Any

from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.generation import (
    SOURCE_MARK,
    SOURCE_TITLE,
    SOURCE_URL,
    FunctionCall,
    Generation,
)
from ppkit.practice_platform.api.response_request import ResponseRequest
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.rows import Bill
from ppkit.practice_platform.sample_posts import summary_of_thoughts


def usage_on_wire(bill: Bill) -> dict[str, Any]:
    return {
        "input_tokens": bill.input_tokens,
        "input_tokens_details": {
            "cached_tokens": bill.cached_tokens,
            "cache_write_tokens": bill.cache_write_tokens,
        },
        "output_tokens": bill.output_tokens,
        "output_tokens_details": {"reasoning_tokens": bill.reasoning_tokens},
        "total_tokens": bill.input_tokens + bill.output_tokens,
    }


def tool_usage_on_wire(bill: Bill) -> dict[str, Any]:
    """What hosted tools were used, beside the tokens; pictures are never made by a tool here."""
    none = {"image_tokens": 0, "text_tokens": 0}
    return {
        "image_gen": {
            "input_tokens": 0,
            "input_tokens_details": none,
            "output_tokens": 0,
            "output_tokens_details": none,
            "total_tokens": 0,
        },
        "web_search": {"num_requests": bill.searches},
    }


def body_of(call: ApiCall, asked: ResponseRequest, generation: Generation) -> dict[str, Any]:
    """The response when it is done."""
    now = call.state.platform.clock.timestamp()
    answer = generation.answers[0]
    return {
        "id": f"resp_{call.state.platform.token(48)}",
        "object": "response",
        "created_at": now,
        "completed_at": None if answer.cut else now,
        "status": "incomplete" if answer.cut else "completed",
        "background": asked.background,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if answer.cut else None,
        "model": asked.task.model.snapshot,
        "service_tier": asked.task.tier,
        "output": _output(call, asked, generation),
        "usage": usage_on_wire(generation.usage),
        "tool_usage": tool_usage_on_wire(generation.usage),
    } | asked.echo


def begun(body: dict[str, Any], status: str) -> dict[str, Any]:
    """The response while it is still pending (queued, in_progress)."""
    return body | {
        "status": status,
        "output": [],
        "usage": None,
        "tool_usage": None,
        "completed_at": None,
        "incomplete_details": None,
    }


def _output(call: ApiCall, asked: ResponseRequest, generation: Generation) -> list[dict[str, Any]]:
    """A reasoning item when the model thought, its searches, then a message or function calls."""
    answer, token = generation.answers[0], call.state.platform.token
    items: list[dict[str, Any]] = []
    if answer.reasoning_tokens:
        items.append(_thoughts(call, asked))
    items += [_search(token, query, asked) for query in asked.task.searches]
    status = "incomplete" if answer.cut else "completed"
    items += [_function_call(token, each, status) for each in answer.calls]
    if answer.pieces:
        part = {
            "type": "output_text",
            "text": answer.text,
            "annotations": _citations(answer.text) if asked.task.searches else [],
            "logprobs": [],
        }
        items.append(
            {
                "id": f"msg_{token(48)}",
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": [part],
            }
        )
    return items


def _function_call(token: Token, made: FunctionCall, status: str) -> dict[str, Any]:
    return {
        "id": f"fc_{token(48)}",
        "type": "function_call",
        "status": status,
        "call_id": f"call_{token(24)}",
        "name": made.tool.name,
        "arguments": made.arguments,
    }


def _search(token: Token, query: str, asked: ResponseRequest) -> dict[str, Any]:
    action: dict[str, Any] = {"type": "search", "query": query, "queries": [query]}
    if asked.with_sources:
        action["sources"] = [{"type": "url", "url": SOURCE_URL}]
    return {"id": f"ws_{token(48)}", "type": "web_search_call", "status": "completed", "action": action}


def _citations(text: str) -> list[dict[str, Any]]:
    """Where the text names its source; a text that was cut before names none."""
    start = text.find(SOURCE_MARK)
    if start < 0:
        return []
    place = {"start_index": start, "end_index": start + len(SOURCE_MARK)}
    return [{"type": "url_citation", **place, "url": SOURCE_URL, "title": SOURCE_TITLE}]


def _thoughts(call: ApiCall, asked: ResponseRequest) -> dict[str, Any]:
    """The reasoning item: sealed, with a summary where one is wished."""
    token = call.state.platform.token
    said = "\n".join(message.text for message in asked.task.messages if message.role == "user")
    summary = [{"type": "summary_text", "text": summary_of_thoughts(said)}] if asked.summary else []
    return {
        "id": f"rs_{token(48)}",
        "type": "reasoning",
        "summary": summary,
        "encrypted_content": f"practice-{token(24)}",
    }
