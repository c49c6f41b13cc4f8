"""Tools and structured output as both text endpoints take them: checked, and which tool has to be called."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.generation import Message, Tool, asked_in
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, invalid_value, missing
from ppkit.practice_platform.api.schemas import SchemaPlace, check_schema
from ppkit.practice_platform.structured import FREE_JSON, Schema
from ppkit.practice_platform.tool_wishes import query_in, searches_in, wished

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MODES = ("none", "auto", "required")
FORMATS = ("text", "json_object", "json_schema")
MOST_TOOLS = 128
WEB_SEARCH = ("web_search", "web_search_2025_08_26")
"""Types of the one hosted tool that is imitated, on /responses."""

SEARCH_CHOICES = (*WEB_SEARCH, "web_search_preview", "web_search_preview_2025_03_11")
"""How a tool choice names it: the document knows the older names only, callers use the tool's own."""

ARGUMENTS: Schema = {"type": "object"}
"""What a function's arguments are, whether or not its schema says so."""


def read_function(given: dict[str, Any], place: str) -> Tool:
    """A function's name and parameters; `place` names it in complaints ("tools[0].function")."""
    name = named(given, place)
    description = Parameters(given).text("description") or ""
    parameters = given.get("parameters")
    if parameters is None:
        return Tool(name, ARGUMENTS, description)
    strict = Parameters(given).flag("strict")
    at = SchemaPlace(f"function '{name}'", f"{place}.parameters", "invalid_function_parameters")
    if not isinstance(parameters, dict):
        raise invalid_type(at.param, "an object", parameters)
    return Tool(name, ARGUMENTS | check_schema(parameters, at, strict=strict), description)


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


def read_tools(
    parameters: Parameters, read: Callable[[dict[str, Any], int], Tool], hosted: Sequence[str] = ()
) -> list[Tool]:
    """Every function by `read`, which gets the tool and its place in the list; tools of the types in
    `hosted` are passed over.
    """
    given = parameters.array("tools") or []
    if len(given) > MOST_TOOLS:
        raise ApiError(400, "Invalid 'tools': array too long.", param="tools", code="array_above_max_length")
    tools = []
    for index, tool in enumerate(given):
        if not isinstance(tool, dict):
            raise invalid_type(f"tools[{index}]", "an object", tool)
        if tool.get("type") in hosted:
            continue
        if tool.get("type") != "function":
            raise error_answers.not_imitated(f"The tool '{str(tool.get('type'))[:40]}'")
        tools.append(read(tool, index))
    return tools


@dataclass(frozen=True, slots=True)
class Choice:
    """What `tool_choice` allows and forces: `names` are the functions allowed, None for any."""

    mode: str
    names: Sequence[Any] | None = None
    search_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The functions offered, whether the web may be searched, and how many calls may be made at once."""

    functions: Sequence[Tool]
    search: bool
    parallel: bool
    most_searches: int | None = None

    def calls(self, choice: Choice, messages: Sequence[Message]) -> Sequence[Tool]:
        """The functions that the next answer calls; none when it answers in words.

        Of its own accord the model calls what the user's last message wishes for (see tool_wishes), and
        nothing whose output is there already. Where it has to call one, and nothing is wished for, it calls
        the first.
        """
        if choice.mode == "none":
            return ()
        allowed = [tool for tool in self.functions if choice.names is None or tool.name in choice.names]
        answered = _answered(messages)
        open_ones = [tool for tool in allowed if tool.name not in answered]
        found = wished(open_ones, asked_in(messages))
        if not found and choice.mode == "required" and not (choice.search_allowed and self.search):
            found = (open_ones or allowed)[:1]
        return found if self.parallel else found[:1]

    def searches(self, choice: Choice, messages: Sequence[Message]) -> Sequence[str]:
        """The queries that the web is searched with, before the answer is given in words."""
        if not self.search or not choice.search_allowed or choice.mode == "none":
            return ()
        asked = asked_in(messages)
        queries = [] if messages and messages[-1].answers else searches_in(asked)
        if choice.mode == "required":
            queries = queries or [query_in(asked)]
        return queries[: self.most_searches]


def _answered(messages: Sequence[Message]) -> set[str]:
    """The names of the functions that have been called since the user spoke last."""
    names: set[str] = set()
    for message in reversed(messages):
        if message.role == "user":
            break
        names |= {name for _call_id, name in message.calls}
    return names


def read_choice(given: Any, box: Toolbox, name_in: Callable[[Any], Any]) -> Choice:
    """`tool_choice`. `name_in` finds the name in {"type": "function", …}, which the two endpoints write
    differently. Raises ApiError 400 for what is not offered.
    """
    if given is None:
        return Choice("auto")
    choice = _choice(given, box, name_in)
    if choice.mode == "required" or choice.names is not None:
        if not box.functions and not box.search:
            raise ApiError(
                400,
                "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
                param="tool_choice",
                code="invalid_value",
            )
        names = [tool.name for tool in box.functions]
        offered = choice.names is None or any(name in names for name in choice.names)
        if not offered and not (choice.search_allowed and box.search):
            raise ApiError(
                400,
                f"Tool choice '{', '.join(map(str, choice.names or ()))[:100]}' not found in 'tools'"
                " parameter.",
                param="tool_choice",
                code="invalid_value",
            )
    return choice


def _choice(choice: Any, box: Toolbox, name_in: Callable[[Any], Any]) -> Choice:
    if isinstance(choice, str):
        if choice not in MODES:
            raise invalid_value("tool_choice", choice, MODES)
        return Choice(choice)
    if not isinstance(choice, dict):
        raise invalid_type("tool_choice", "one of a string or an object", choice)
    if choice.get("type") == "function":
        return Choice("required", [name_in(choice)], search_allowed=False)
    if choice.get("type") in SEARCH_CHOICES and box.search:
        return Choice("required", [])
    if choice.get("type") == "allowed_tools":
        inner = choice.get("allowed_tools", choice)
        allowed = inner.get("tools") if isinstance(inner, dict) else None
        if not isinstance(allowed, list):
            raise invalid_type("tool_choice.tools", "an array", allowed)
        if inner.get("mode") not in ("auto", "required"):
            raise invalid_value("tool_choice.mode", inner.get("mode"), ("auto", "required"))
        searched = [isinstance(tool, dict) and tool.get("type") in SEARCH_CHOICES for tool in allowed]
        names = [name_in(tool) for tool, is_search in zip(allowed, searched, strict=True) if not is_search]
        return Choice(inner["mode"], names, search_allowed=any(searched))
    raise error_answers.not_imitated(f"The tool choice '{str(choice.get('type'))[:40]}'")


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
    complaint = SchemaPlace(
        f"{'response_format' if wrapped else 'text'} '{name}'", param, "invalid_json_schema"
    )
    return check_schema(schema, complaint, strict=Parameters(inner).flag("strict"))


def need_the_word_json(asked: Any, texts: Sequence[str], message: str, param: str) -> None:
    """Free JSON has to be asked for in words too, or a real model might never stop writing blanks."""
    if asked.get("type") == "json_object" and not any("json" in text.lower() for text in texts):
        raise ApiError(400, message, param=param)
