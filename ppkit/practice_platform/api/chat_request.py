"""Reading the body of POST /chat/completions."""

from __future__ import annotations

from typing import Any

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.conversation import check_chat
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
    text_in,
    unsupported,
)
from ppkit.practice_platform.api.tools import (
    Toolbox,
    need_the_word_json,
    read_choice,
    read_format,
    read_function,
    read_tools,
)
from ppkit.practice_platform.models import PracticeModel
from ppkit.practice_platform.structured import Schema

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
KNOWN = frozenset([
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n",
    "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed",
    "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
    "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
])  # fmt: skip

NOT_IMITATED = (
    "audio", "function_call", "functions", "logprobs", "moderation", "prediction", "top_logprobs",
    "web_search_options",
)  # fmt: skip


def read_task(parameters: Parameters, model: PracticeModel) -> TextTask:
    """Check every parameter. Raises ApiError 400 for what is missing, mistyped or out of range."""
    parameters.refuse_unknown(KNOWN)
    messages = _messages(parameters)
    if model.reasoning and parameters.get("max_tokens") is not None:
        raise unsupported("max_tokens", "max_completion_tokens")
    limit = parameters.integer("max_completion_tokens", smallest=1, largest=model.max_output_tokens)
    if limit is None:
        limit = parameters.integer("max_tokens", smallest=1, largest=model.max_output_tokens)
    for name, smallest, largest in _RANGES:
        parameters.number(name, smallest=smallest, largest=largest)
    for name in NOT_IMITATED:
        if parameters.get(name):
            raise error_answers.not_imitated(f"The parameter '{name}'")
    _check_rest(parameters)
    parallel = parameters.flag("parallel_tool_calls", default=True)
    box = Toolbox(read_tools(parameters, _function), search=False, parallel=parallel)
    return TextTask(
        model=model,
        messages=messages,
        max_output_tokens=limit,
        effort=read_effort(parameters.text("reasoning_effort"), model, "reasoning_effort"),
        tier=read_tier(parameters, model),
        count=parameters.integer("n", smallest=1, largest=128) or 1,
        stops=_stops(parameters),
        seed=parameters.integer("seed") or 0,
        schema=_format(parameters, messages),
        calls=box.calls(read_choice(parameters.get("tool_choice"), box, _name_in), messages),
        extra_text=canonical(parameters.get("tools")) + canonical(parameters.get("response_format")),
    )


def _check_rest(parameters: Parameters) -> None:
    """Parameters that change nothing here still have to be of their type."""
    parameters.choice("verbosity", ("low", "medium", "high"))
    parameters.mapping("logit_bias")
    check_shared(parameters)
    if parameters.get("modalities") not in (None, ["text"]):
        raise error_answers.not_imitated("Any modality but text")


_RANGES = (("temperature", 0, 2), ("top_p", 0, 1), ("frequency_penalty", -2, 2), ("presence_penalty", -2, 2))


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
    messages = [_message(message, index) for index, message in enumerate(given)]
    check_chat(messages)
    return messages


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
    return Message(
        role,
        found.text + canonical(message.get("tool_calls")),
        found.images,
        found.outside,
        calls=_calls(message, name) if role == "assistant" else (),
        answers=_call_id(message, name) if role == "tool" else None,
    )


def _calls(message: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """The (call id, function) pairs of an assistant's message."""
    found = []
    for index, given in enumerate(Parameters(message).array("tool_calls") or []):
        place = f"{name}.tool_calls[{index}]"
        if not isinstance(given, dict):
            raise invalid_type(place, "an object", given)
        if given.get("type") not in (None, "function"):
            raise error_answers.not_imitated(f"A tool call of type {str(given.get('type'))[:40]}")
        if not isinstance(given.get("function"), dict):
            raise missing(f"{place}.function")
        found.append((text_in(given, "id", place), text_in(given["function"], "name", f"{place}.function")))
    return found


def _call_id(message: dict[str, Any], name: str) -> str:
    return text_in(message, "tool_call_id", name)


def _stops(parameters: Parameters) -> list[str]:
    stop = parameters.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(part, str) for part in stops):
        raise invalid_type("stop", "a string or an array of strings", stop)
    if len(stops) > 4:
        raise ApiError(400, "Invalid 'stop': array too long.", param="stop", code="array_above_max_length")
    return stops


def _function(tool: dict[str, Any], index: int) -> Tool:
    place = f"tools[{index}].function"
    function = tool.get("function")
    if not isinstance(function, dict):
        raise missing(place)
    return read_function(function, place)


def _name_in(choice: Any) -> Any:
    function = choice.get("function") if isinstance(choice, dict) else None
    return function.get("name") if isinstance(function, dict) else None


def _format(parameters: Parameters, messages: list[Message]) -> Schema | None:
    asked = parameters.mapping("response_format") or {"type": "text"}
    schema = read_format(asked, "response_format")
    need_the_word_json(
        asked,
        [message.text for message in messages],
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type"
        " 'json_object'.",
        "messages",
    )
    return schema
