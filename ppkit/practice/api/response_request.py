"""Reading the body of POST /responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ppkit.practice.api import errors
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.generation import Message, Task, Tool, canonical, read_content, read_effort, read_tier
from ppkit.practice.api.parameters import Parameters, invalid_type, invalid_value, missing
from ppkit.practice.models import PracticeModel

SMALLEST_MAX_OUTPUT_TOKENS = 16
SUMMARIES = ("auto", "concise", "detailed")
ROLES = ("user", "assistant", "system", "developer")
KNOWN = frozenset(
    [
        "background",
        "context_management",
        "conversation",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "moderation",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    ]
)
NOT_IMITATED = ("background", "conversation", "prompt", "context_management", "moderation")


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """The task, and what the answer repeats of the request."""

    task: Task
    stream: bool
    store: bool
    echo: dict[str, Any]


def read_request(
    parameters: Parameters, model: PracticeModel, context_of: Callable[[str], list[Message]]
) -> ResponseRequest:
    """Check every parameter; `context_of` gives the turns of an earlier response by its id."""
    parameters.refuse_unknown(KNOWN)
    for name in NOT_IMITATED:
        if parameters.get(name):
            raise errors.not_imitated(f"The parameter '{name}'")
    instructions = parameters.text("instructions")
    previous = parameters.text("previous_response_id")
    reasoning = parameters.mapping("reasoning") or {}
    text = parameters.mapping("text") or {}
    tools = _tools(parameters)
    messages = [Message("instructions", instructions)] if instructions else []
    messages += context_of(previous) if previous else []
    messages += _input(parameters)
    task = Task(
        model=model,
        messages=messages,
        max_output_tokens=parameters.integer(
            "max_output_tokens", smallest=SMALLEST_MAX_OUTPUT_TOKENS, largest=model.max_output_tokens
        ),
        effort=read_effort(reasoning.get("effort"), model, "reasoning.effort"),
        tier=read_tier(parameters, model),
        schema=_schema(text),
        forced_tool=_forced_tool(tools, parameters.get("tool_choice")),
        extra_text=canonical(tools) + canonical(text.get("format")),
        outside=previous is not None,
    )
    return ResponseRequest(
        task=task,
        stream=parameters.flag("stream"),
        store=parameters.flag("store", default=True),
        echo=_echo(parameters, task)
        | {"instructions": instructions, "previous_response_id": previous, "tools": tools},
    )


def _echo(parameters: Parameters, task: Task) -> dict[str, Any]:
    text = parameters.mapping("text") or {}
    effort = task.effort if task.model.reasoning else None
    temperature = parameters.number("temperature", smallest=0, largest=2)
    top_p = parameters.number("top_p", smallest=0, largest=1)
    return {
        "max_output_tokens": task.max_output_tokens,
        "max_tool_calls": parameters.integer("max_tool_calls", smallest=1),
        "metadata": parameters.metadata() or {},
        "parallel_tool_calls": parameters.flag("parallel_tool_calls", default=True),
        "prompt_cache_key": parameters.text("prompt_cache_key"),
        "reasoning": {"effort": effort, "summary": _summary(parameters)},
        "safety_identifier": parameters.text("safety_identifier"),
        "temperature": 1.0 if temperature is None else temperature,
        "text": {
            "format": text.get("format") or {"type": "text"},
            "verbosity": text.get("verbosity") or "medium",
        },
        "tool_choice": parameters.get("tool_choice") or "auto",
        "top_logprobs": parameters.integer("top_logprobs", smallest=0, largest=20) or 0,
        "top_p": 1.0 if top_p is None else top_p,
        "truncation": parameters.choice("truncation", ("auto", "disabled"), "disabled"),
        "user": parameters.text("user"),
    }


def _summary(parameters: Parameters) -> str | None:
    asked = (parameters.mapping("reasoning") or {}).get("summary")
    if asked is None:
        return None
    if asked not in SUMMARIES:
        raise invalid_value("reasoning.summary", asked, SUMMARIES)
    return str(asked)


def _input(parameters: Parameters) -> list[Message]:
    given = parameters.get("input")
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        return [Message("user", given)]
    if not isinstance(given, list):
        raise ApiError(
            400,
            "Invalid type for 'input': expected one of a string or array of input items.",
            param="input",
            code="invalid_type",
        )
    return [_item(item, index) for index, item in enumerate(given)]


def _item(item: Any, index: int) -> Message:
    name = f"input[{index}]"
    if not isinstance(item, dict):
        raise invalid_type(name, "an object", item)
    kind = item.get("type", "message")
    if kind == "message":
        role = item.get("role")
        if role not in ROLES:
            raise invalid_value(f"{name}.role", role, ROLES)
        if "content" not in item:
            raise missing(f"{name}.content")
        found = read_content(item["content"], f"{name}.content", "responses")
        return Message(role, found.text, found.images, found.outside)
    if kind in ("function_call", "function_call_output", "reasoning"):
        content = item.get("arguments") or item.get("output") or ""
        return Message("tool", content if isinstance(content, str) else canonical(content))
    raise errors.not_imitated(f"An input item of type {str(kind)[:40]}")


def _tools(parameters: Parameters) -> list[dict[str, Any]]:
    tools = parameters.array("tools") or []
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise invalid_type(f"tools[{index}]", "an object", tool)
        if tool.get("type") != "function":
            raise errors.not_imitated(f"The tool '{str(tool.get('type'))[:40]}'")
        if not isinstance(tool.get("name"), str):
            raise missing(f"tools[{index}].name")
    return [{"description": None, "parameters": None, "strict": True} | tool for tool in tools]


def _forced_tool(tools: list[dict[str, Any]], choice: Any) -> Tool | None:
    if choice in (None, "auto", "none"):
        return None
    wanted = choice.get("name") if isinstance(choice, dict) else None
    for tool in tools:
        if choice == "required" or tool["name"] == wanted:
            return Tool(tool["name"], tool.get("parameters") or {})
    raise ApiError(
        400,
        "Tool choice was given, but no such tool is in 'tools'.",
        param="tool_choice",
        code="invalid_value",
    )


def _schema(text: dict[str, Any]) -> dict[str, Any] | None:
    asked = text.get("format") or {"type": "text"}
    kind = asked.get("type") if isinstance(asked, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object", "properties": {"text": {"type": "string"}}}
    if kind != "json_schema":
        raise invalid_value("text.format.type", kind, ("text", "json_object", "json_schema"))
    schema = asked.get("schema")
    if not isinstance(schema, dict):
        raise missing("text.format.schema")
    return schema
