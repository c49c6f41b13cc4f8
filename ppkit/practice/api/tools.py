"""Tools and structured output as both text endpoints take them: checked, and which tool has to be called."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ppkit.practice.api import errors
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.generation import Tool
from ppkit.practice.api.parameters import Parameters, invalid_type, invalid_value, missing
from ppkit.practice.api.schemas import Place, check_schema
from ppkit.practice.structured import FREE_JSON, Schema

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MODES = ("none", "auto", "required")
FORMATS = ("text", "json_object", "json_schema")
MOST_TOOLS = 128


def read_function(given: dict[str, Any], place: str) -> Tool:
    """A function's name and parameters; `place` names it in complaints ("tools[0].function")."""
    name = named(given, place)
    parameters = given.get("parameters")
    if parameters is None:
        return Tool(name, {})
    strict = Parameters(given).flag("strict")
    at = Place(f"function '{name}'", f"{place}.parameters", "invalid_function_parameters")
    if not isinstance(parameters, dict):
        raise invalid_type(at.param, "an object", parameters)
    return Tool(name, check_schema(parameters, at, strict=strict))


def named(given: dict[str, Any], place: str) -> str:
    """The name in `given`: letters, digits, underscores and dashes, at most 64."""
    name = given.get("name")
    if name is None:
        raise missing(f"{place}.name")
    if not isinstance(name, str):
        raise invalid_type(f"{place}.name", "a string", name)
    if not NAME.fullmatch(name):
        raise ApiError(
            400,
            f"Invalid '{place}.name': string does not match pattern. Expected a string that matches the"
            " pattern '^[a-zA-Z0-9_-]+$' and has at most 64 characters.",
            param=f"{place}.name",
            code="invalid_value",
        )
    return name


def read_tools(parameters: Parameters, read: Callable[[dict[str, Any], int], Tool]) -> list[Tool]:
    """Every tool by `read`, which gets the tool and its place in the list."""
    given = parameters.array("tools") or []
    if len(given) > MOST_TOOLS:
        raise ApiError(400, "Invalid 'tools': array too long.", param="tools", code="array_above_max_length")
    tools = []
    for index, tool in enumerate(given):
        if not isinstance(tool, dict):
            raise invalid_type(f"tools[{index}]", "an object", tool)
        if tool.get("type") != "function":
            raise errors.not_imitated(f"The tool '{str(tool.get('type'))[:40]}'")
        tools.append(read(tool, index))
    return tools


def forced_tool(tools: Sequence[Tool], choice: Any, name_in: Callable[[Any], Any]) -> Tool | None:
    """The function that tool_choice makes the model call; left to itself it answers in words.

    `name_in` finds the name in {"type": "function", …}, which the two endpoints write differently.
    """
    if choice in (None, "auto", "none"):
        return None
    if not tools:
        raise ApiError(
            400,
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            param="tool_choice",
            code="invalid_value",
        )
    mode, names = _wish(choice, name_in)
    if mode != "required":
        return None
    for tool in tools:
        if names is None or tool.name in names:
            return tool
    raise ApiError(
        400,
        f"Tool choice '{', '.join(map(str, names or ()))[:100]}' not found in 'tools' parameter.",
        param="tool_choice",
        code="invalid_value",
    )


def _wish(choice: Any, name_in: Callable[[Any], Any]) -> tuple[str, list[Any] | None]:
    """(mode, names allowed; None: any)."""
    if isinstance(choice, str):
        if choice not in MODES:
            raise invalid_value("tool_choice", choice, MODES)
        return choice, None
    if not isinstance(choice, dict):
        raise invalid_type("tool_choice", "one of a string or an object", choice)
    if choice.get("type") == "function":
        return "required", [name_in(choice)]
    if choice.get("type") == "allowed_tools":
        inner = choice.get("allowed_tools", choice)
        allowed = inner.get("tools") if isinstance(inner, dict) else None
        if not isinstance(allowed, list):
            raise invalid_type("tool_choice.tools", "an array", allowed)
        if inner.get("mode") not in ("auto", "required"):
            raise invalid_value("tool_choice.mode", inner.get("mode"), ("auto", "required"))
        return inner["mode"], [name_in(tool) for tool in allowed]
    raise errors.not_imitated(f"The tool choice '{str(choice.get('type'))[:40]}'")


def read_format(asked: Any, place: str) -> Schema | None:
    """The schema of a text format, None for plain text; `place` is "response_format" or "text.format"."""
    if not isinstance(asked, dict):
        raise invalid_type(place, "an object", asked)
    kind = asked.get("type")
    if kind not in FORMATS:
        raise invalid_value(f"{place}.type", kind, FORMATS)
    if kind == "text":
        return None
    if kind == "json_object":
        return FREE_JSON
    # Chat completions wrap name and schema once more.
    wrapped = place == "response_format"
    inner, at = (asked.get("json_schema"), f"{place}.json_schema") if wrapped else (asked, place)
    if not isinstance(inner, dict):
        raise missing(at)
    name, schema = named(inner, at), inner.get("schema")
    if not isinstance(schema, dict):
        raise missing(f"{at}.schema")
    param = place if wrapped else f"{at}.schema"
    complaint = Place(f"{'response_format' if wrapped else 'text'} '{name}'", param, "invalid_json_schema")
    return check_schema(schema, complaint, strict=Parameters(inner).flag("strict"))


def need_the_word_json(asked: Any, texts: Sequence[str], message: str, param: str) -> None:
    """Free JSON has to be asked for in words too, or a real model might never stop writing blanks."""
    if asked.get("type") == "json_object" and not any("json" in text.lower() for text in texts):
        raise ApiError(400, message, param=param)
