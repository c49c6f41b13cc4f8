"""Reading the body of POST /responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.conversation import check_response
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.generation import (
    Message,
    TextTask,
    Tool,
    canonical,
    read_content,
    read_effort,
    read_tier,
)
from ppkit.practice_platform.api.parameters import (
    Parameters,
    check_shared,
    invalid_type,
    invalid_value,
    missing,
    only_with_stream,
    text_in,
)
from ppkit.practice_platform.api.tools import (
    WEB_SEARCH,
    Toolbox,
    need_the_word_json,
    read_choice,
    read_format,
    read_function,
    read_tools,
)
from ppkit.practice_platform.models import PracticeModel
from ppkit.practice_platform.structured import Schema

SMALLEST_MAX_OUTPUT_TOKENS = 16
INCLUDABLE = (
    "code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results",
    "message.input_image.image_url", "message.output_text.logprobs", "reasoning.encrypted_content",
    "web_search_call.action.sources", "web_search_call.results",
)  # fmt: skip
SUMMARIES = ("auto", "concise", "detailed")
ROLES = ("user", "assistant", "system", "developer")
KNOWN = frozenset([
    "background", "context_management", "conversation", "include", "input", "instructions",
    "max_output_tokens", "max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls",
    "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature",
    "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
])  # fmt: skip
NOT_IMITATED = ("conversation", "prompt", "context_management", "moderation")


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """The task, and what the answer repeats of the request."""

    task: TextTask
    stream: bool
    store: bool
    background: bool
    summary: bool
    with_sources: bool
    given: list[dict[str, Any]]
    echo: dict[str, Any]


def read_request(
    parameters: Parameters, model: PracticeModel, context_of: Callable[[str], list[Message]]
) -> ResponseRequest:
    """Check every parameter; `context_of` gives the turns of an earlier response by its id."""
    parameters.refuse_unknown(KNOWN)
    for name in NOT_IMITATED:
        if parameters.get(name):
            raise error_answers.not_imitated(f"The parameter '{name}'")
    _check_rest(parameters)
    instructions = parameters.text("instructions")
    previous = parameters.text("previous_response_id")
    messages = [Message("instructions", instructions)] if instructions else []
    messages += context_of(previous) if previous else []
    messages += [_item(item, index) for index, item in enumerate(_given(parameters))]
    check_response(messages)
    task = _task(parameters, model, messages)
    echo = {"instructions": instructions, "previous_response_id": previous}
    return ResponseRequest(
        task=task,
        stream=parameters.flag("stream"),
        store=parameters.flag("store", default=True),
        background=_background(parameters),
        summary=model.reasoning and _summary(parameters) is not None,
        with_sources="web_search_call.action.sources" in (parameters.array("include") or []),
        given=_given(parameters),
        echo=_echo(parameters, task) | echo,
    )


def _task(parameters: Parameters, model: PracticeModel, messages: list[Message]) -> TextTask:
    reasoning = parameters.mapping("reasoning") or {}
    text = parameters.mapping("text") or {}
    box = _toolbox(parameters)
    choice = read_choice(parameters.get("tool_choice"), box, _name_in)
    calls = box.calls(choice, messages)
    return TextTask(
        model=model,
        messages=messages,
        max_output_tokens=parameters.integer(
            "max_output_tokens", smallest=SMALLEST_MAX_OUTPUT_TOKENS, largest=model.max_output_tokens
        ),
        effort=read_effort(reasoning.get("effort"), model, "reasoning.effort"),
        tier=read_tier(parameters, model),
        schema=_format(text, messages),
        calls=calls,
        searches=() if calls else box.searches(choice, messages),
        extra_text=canonical(parameters.get("tools")) + canonical(text.get("format")),
        outside=parameters.get("previous_response_id") is not None,
        truncate=parameters.get("truncation") == "auto",
    )


def _toolbox(parameters: Parameters) -> Toolbox:
    given = [tool for tool in parameters.array("tools") or [] if isinstance(tool, dict)]
    return Toolbox(
        read_tools(parameters, _function, hosted=WEB_SEARCH),
        search=any(tool.get("type") in WEB_SEARCH for tool in given),
        parallel=parameters.flag("parallel_tool_calls", default=True),
        most_searches=parameters.integer("max_tool_calls", smallest=1),
    )


def _background(parameters: Parameters) -> bool:
    """Whether it goes on in the background; the wording of the refusal is ours."""
    asked = parameters.flag("background")
    if asked and not parameters.flag("store", default=True):
        raise ApiError(400, "Background mode requires 'store' to be true.", param="background")
    return asked


def _check_rest(parameters: Parameters) -> None:
    """Parameters that change nothing here still have to be of their type."""
    check_shared(parameters)
    options = parameters.mapping("stream_options")
    if options is not None:
        if not parameters.flag("stream"):
            raise only_with_stream()
        Parameters(options).flag("include_obfuscation")
    Parameters(parameters.mapping("text") or {}).choice("verbosity", ("low", "medium", "high"))
    for name in parameters.array("include") or []:
        if name not in INCLUDABLE:
            raise invalid_value("include", name, INCLUDABLE)


def _echoed_tools(parameters: Parameters) -> list[dict[str, Any]]:
    tools = parameters.array("tools") or []
    function = {"description": None, "parameters": None, "strict": True}
    search = {"search_context_size": "medium", "filters": None, "user_location": None}
    return [(search if tool["type"] in WEB_SEARCH else function) | tool for tool in tools]


def _echo(parameters: Parameters, task: TextTask) -> dict[str, Any]:
    text = parameters.mapping("text") or {}
    effort = task.effort if task.model.reasoning else None
    temperature = parameters.number("temperature", smallest=0, largest=2)
    top_p = parameters.number("top_p", smallest=0, largest=1)
    return {
        "max_output_tokens": task.max_output_tokens,
        "max_tool_calls": parameters.integer("max_tool_calls"),
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
        "tools": _echoed_tools(parameters),
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


def _given(parameters: Parameters) -> list[Any]:
    """The input as a list of items."""
    given = parameters.get("input")
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list):
        raise ApiError(
            400,
            "Invalid type for 'input': expected one of a string or array of input items.",
            param="input",
            code="invalid_type",
        )
    return given


def item_on_wire(item: dict[str, Any], number: str) -> dict[str, Any]:
    """A (checked) input item as GET …/input_items lists it; `number` makes its id."""
    kind = item.get("type", "message")
    if kind != "message":
        prefix = {"function_call": "fc", "function_call_output": "fco", "web_search_call": "ws"}.get(
            kind, "rs"
        )
        return {"id": f"{prefix}_{number}"} | item | {"status": "completed"}
    content, answered = item["content"], item["role"] == "assistant"
    parts = [{"type": "input_text", "text": content or ""}] if not isinstance(content, list) else content
    if answered:
        parts = [
            {"type": "output_text", "text": part.get("text", ""), "annotations": [], "logprobs": []}
            for part in parts
        ]
    else:
        parts = [{"detail": "auto"} | part if part["type"] == "input_image" else part for part in parts]
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": item["role"],
        "status": "completed",
        "content": parts,
    }


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
        return Message(role, found.text, found.images, found.outside, seen=found.seen)
    if kind == "function_call":
        call_id, function = text_in(item, "call_id", name), text_in(item, "name", name)
        return Message("tool", text_in(item, "arguments", name), calls=[(call_id, function)])
    if kind == "function_call_output":
        output = item.get("output")
        if output is None:
            raise missing(f"{name}.output")
        text = output if isinstance(output, str) else canonical(output)
        return Message("tool", text, answers=text_in(item, "call_id", name))
    if kind in ("reasoning", "web_search_call"):
        return Message("tool", "")
    raise error_answers.not_imitated(f"An input item of type {str(kind)[:40]}")


def _function(tool: dict[str, Any], index: int) -> Tool:
    return read_function(tool, f"tools[{index}]")


def _name_in(choice: Any) -> Any:
    return choice.get("name") if isinstance(choice, dict) else None


def _format(text: dict[str, Any], messages: list[Message]) -> Schema | None:
    asked = text.get("format") or {"type": "text"}
    schema = read_format(asked, "text.format")
    need_the_word_json(
        asked,
        [message.text for message in messages],
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type"
        " 'json_object'.",
        "input",
    )
    return schema
