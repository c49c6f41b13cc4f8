"""Tools: called of the model's own accord by a rule, alone and in parallel, and never for ever."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from ppkit.money import Money
from ppkit.practice_platform.models import practice_models
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.tool_wishes import searches_in

from .strictly import complaints, examined

CHEAP = "gpt-6-luna"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Bologna"]}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTIONS = {
    "get_weather": "Get the current weather in a city",
    "orari_treni": "Gli orari dei treni tra due stazioni",
    "save_draft": "Save a draft of the post",
}


def for_responses(*names: str) -> Any:
    return [
        {"type": "function", "name": name, "description": FUNCTIONS[name], "parameters": CITY, "strict": True}
        for name in names or FUNCTIONS
    ]


def for_chats(*names: str) -> Any:
    return [
        {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
        for tool in for_responses(*names)
    ]


def grown_from(stream: Any) -> list[Any]:
    events = [event.to_dict(mode="json") for event in stream]
    for event in events:
        known = dict(event)
        if event["type"] == "response.function_call_arguments.done":
            known.pop("name")  # OpenAI's document requires it, the SDK's type does not know it
        assert complaints(known, ResponseStreamEvent) == []
    return events


def called_in_response(sdk: openai.OpenAI, prompt: str, **more: Any) -> list[str]:
    given: Any = {"model": CHEAP, "input": prompt, "tools": for_responses(), **more}
    response = examined(sdk.responses.with_raw_response.create(**given))
    calls = [item for item in response.output if item.type == "function_call"]
    assert all(json.loads(call.arguments) == {"city": "Bologna"} for call in calls)
    assert bool(response.output_text) != bool(calls)
    events = grown_from(sdk.responses.create(**given, stream=True))
    grown = [item["name"] for item in events[-1]["response"]["output"] if item["type"] == "function_call"]
    assert grown == [call.name for call in calls]
    return grown


def called_in_chat(sdk: openai.OpenAI, prompt: str, **more: Any) -> list[str]:
    given: Any = {
        "model": CHEAP,
        "messages": [{"role": "user", "content": prompt}],
        "tools": for_chats(),
        **more,
    }
    (choice,) = examined(sdk.chat.completions.with_raw_response.create(**given)).choices
    calls = choice.message.tool_calls or []
    assert all(json.loads(call.function.arguments) == {"city": "Bologna"} for call in calls)
    assert choice.finish_reason == ("tool_calls" if calls else "stop")
    assert (choice.message.content is None) == bool(calls)
    arguments: dict[int, str] = {}
    names: dict[int, str] = {}
    for chunk in sdk.chat.completions.create(**given, stream=True):
        assert complaints(chunk.to_dict(mode="json"), ChatCompletionChunk) == []
        for part in chunk.choices[0].delta.tool_calls or []:
            names.setdefault(part.index, part.function.name)
            arguments[part.index] = arguments.get(part.index, "") + (part.function.arguments or "")
    assert list(names.values()) == [call.function.name for call in calls]
    assert list(arguments.values()) == [call.function.arguments for call in calls]
    return list(names.values())


WISHES = [
    ("What is the weather like in Bologna?", ["get_weather"]),
    ("Please use get_weather", ["get_weather"]),
    ("Get_Weather!", ["get_weather"]),
    ("Is there a current forecast for my city?", ["get_weather"]),
    ("Quali sono gli orari dei treni?", ["orari_treni"]),
    ("Orario del treno per Bologna, e com'è il weather?", ["get_weather", "orari_treni"]),
    ("Write a post about coffee", []),
    ("Ciao", []),
]


@pytest.mark.parametrize(("prompt", "names"), WISHES)
def test_a_function_is_called_when_the_prompt_wishes_for_it(
    sdk: openai.OpenAI, prompt: str, names: list[str]
) -> None:
    assert called_in_response(sdk, prompt) == names
    assert called_in_chat(sdk, prompt) == names


def test_one_at_a_time_where_parallel_calls_are_not_wanted(sdk: openai.OpenAI) -> None:
    prompt = "get_weather, orari_treni"
    for called in (called_in_response, called_in_chat):
        assert called(sdk, prompt) == ["get_weather", "orari_treni"]
        assert called(sdk, prompt, parallel_tool_calls=False) == ["get_weather"]


def test_what_tool_choice_says_goes(sdk: openai.OpenAI) -> None:
    for called in (called_in_response, called_in_chat):
        assert called(sdk, "use get_weather", tool_choice="none") == []
        assert called(sdk, "Ciao", tool_choice="required") == ["get_weather"]
        assert called(sdk, "gli orari dei treni", tool_choice="required") == ["orari_treni"]
    only = {"type": "function", "name": "save_draft"}
    assert called_in_response(sdk, "use get_weather", tool_choice=only) == ["save_draft"]
    allowed: Any = {"type": "allowed_tools", "mode": "auto", "tools": [only]}
    assert called_in_response(sdk, "use get_weather", tool_choice=allowed) == []
    assert called_in_response(sdk, "Ciao", tool_choice=allowed | {"mode": "required"}) == ["save_draft"]
    unknown: Any = {"type": "function", "name": "nobody"}
    with pytest.raises(openai.BadRequestError, match="not found in 'tools'"):
        called_in_response(sdk, "Ciao", tool_choice=unknown)


@pytest.mark.parametrize("parallel", [True, False])
@pytest.mark.parametrize("stored", [True, False])
def test_an_agent_comes_to_its_end(sdk: openai.OpenAI, parallel: bool, stored: bool) -> None:
    given: Any = {"model": CHEAP, "tools": for_responses(), "parallel_tool_calls": parallel}
    items: list[Any] = [{"role": "user", "content": "get_weather, then save_draft"}]
    called: list[str] = []
    response = sdk.responses.create(**given, input=items)
    while calls := [item for item in response.output if item.type == "function_call"]:
        assert len(called) < 5
        called += [call.name for call in calls]
        outputs: list[Any] = [
            {"type": "function_call_output", "call_id": call.call_id, "output": "done"} for call in calls
        ]
        if stored:
            response = sdk.responses.create(**given, input=outputs, previous_response_id=response.id)
        else:
            items += [item.to_dict() for item in response.output] + outputs
            response = sdk.responses.create(**given, input=items)
    assert called == ["get_weather", "save_draft"]
    assert response.output_text


def test_a_chat_agent_comes_to_its_end_and_starts_anew_with_the_next_wish(sdk: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "the weather, please"}]
    for _turn in range(2):
        answer = sdk.chat.completions.create(model=CHEAP, messages=messages, tools=for_chats())
        message = answer.choices[0].message
        assert message.tool_calls
        messages.append(message.to_dict())
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": "sun"} for call in message.tool_calls
        ]
        last = sdk.chat.completions.create(model=CHEAP, messages=messages, tools=for_chats())
        assert last.choices[0].message.content
        messages += [last.choices[0].message.to_dict(), {"role": "user", "content": "and the weather now?"}]


def test_a_call_that_is_cut_off_says_so(sdk: openai.OpenAI) -> None:
    long = {"type": "object", "properties": {"text": {"type": "string"}}}
    tools: Any = [{"type": "function", "name": "write", "parameters": long, "strict": False}]
    given: Any = {"model": CHEAP, "input": "write", "tools": tools, "max_output_tokens": 16}
    response = examined(sdk.responses.with_raw_response.create(**given, reasoning={"effort": "none"}))
    assert (response.status, response.output[-1].status) == ("incomplete", "incomplete")
    assert response.usage.output_tokens == 16


def test_a_stored_chat_has_the_call_ids_that_were_streamed(sdk: openai.OpenAI) -> None:
    given: Any = {"messages": [{"role": "user", "content": "get_weather"}], "tools": for_chats()}
    first, *_rest = sdk.chat.completions.create(model=CHEAP, **given, store=True, stream=True)
    kept = sdk.chat.completions.retrieve(first.id).choices[0].message.tool_calls
    streamed = first.choices[0].delta.tool_calls
    assert kept is not None
    assert streamed is not None
    assert kept[0].id == streamed[0].id


# --- searches

SEARCH: Any = [{"type": "web_search"}]


def searched(sdk: openai.OpenAI, prompt: str, **more: Any) -> Any:
    given: Any = {"model": CHEAP, "input": prompt, "tools": SEARCH, **more}
    return examined(sdk.responses.with_raw_response.create(**given))


def searches(response: Any) -> list[str]:
    return [item.action.query for item in response.output if item.type == "web_search_call"]


def test_the_web_is_searched_when_the_prompt_asks_and_each_search_costs(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    plain = searched(sdk, "Scrivi un post")
    assert searches(plain) == []
    assert plain.tool_usage.web_search.num_requests == 0
    before = funded.limits.spent()
    response = searched(sdk, "Cerca sul web gli orari. Poi cerca i prezzi.")
    assert searches(response) == ["Cerca sul web gli orari.", "Poi cerca i prezzi."]
    assert response.tool_usage.web_search.num_requests == 2
    (note,) = response.output[-1].content[0].annotations
    text = response.output_text
    assert text[note.start_index : note.end_index] == f"([example.com]({note.url}))"
    price = practice_models().named(CHEAP).price
    usage = response.usage
    tokens = usage.input_tokens * price.input + usage.output_tokens * price.output
    assert funded.limits.spent() - before == Money(tokens) + Money.usd("0.02")


def test_searches_stay_within_max_tool_calls(sdk: openai.OpenAI) -> None:
    prompt = "Search for cats. Search for dogs. Search for birds. Search for fish."
    assert len(searches(searched(sdk, prompt))) == 3
    assert len(searches(searched(sdk, prompt, max_tool_calls=2))) == 2


def test_a_search_is_forced_or_forbidden_by_tool_choice(sdk: openai.OpenAI) -> None:
    for kind in ("web_search", "web_search_preview"):
        ask: Any = {"model": CHEAP, "input": "Ciao bella", "tools": SEARCH, "tool_choice": {"type": kind}}
        assert searches(sdk.responses.create(**ask)) == ["Ciao bella"]
    assert searches(searched(sdk, "Ciao bella", tool_choice="required")) == ["Ciao bella"]
    assert searches(searched(sdk, "Search for cats", tool_choice="none")) == []


def test_a_search_is_streamed_stored_and_given_back(sdk: openai.OpenAI) -> None:
    include: Any = ["web_search_call.action.sources"]
    given: Any = {"model": CHEAP, "input": "Search for cats", "tools": SEARCH, "include": include}
    events = grown_from(sdk.responses.create(**given, stream=True))
    kinds = [event["type"] for event in events]
    steps = [f"response.web_search_call.{step}" for step in ("in_progress", "searching", "completed")]
    assert [kind for kind in kinds if "web_search" in kind] == steps
    assert "response.output_text.annotation.added" in kinds
    done: Any = events[-1]["response"]
    first: Any = done["output"]
    (search,) = (item for item in first if item["type"] == "web_search_call")
    assert search["action"]["sources"]
    again = sdk.responses.create(
        model=CHEAP, input=[{"role": "user", "content": "Search for cats"}, *first, USER], tools=SEARCH
    )
    assert again.output_text


USER: Any = {"role": "user", "content": "Thanks"}


def test_searches_are_a_line_of_the_costs_and_a_report_of_their_own(
    sdk: openai.OpenAI, admin: openai.OpenAI, funded: Platform
) -> None:
    searched(sdk, "Search for cats. Search for dogs.")
    usage = admin.admin.organization.usage
    start = int(funded.clock.now().timestamp()) // 86_400 * 86_400
    costs = examined(usage.with_raw_response.costs(start_time=start, group_by=["line_item"]))
    lines = {row.line_item: row for bucket in costs.data for row in bucket.results}
    line = lines["web search tool calls"]
    assert (line.amount.value, line.quantity, line.quantity_unit) == (0.02, 2, None)
    report = examined(usage.with_raw_response.web_search_calls(start_time=start, group_by=["model"]))
    (row,) = (row for bucket in report.data for row in bucket.results)
    assert (row.num_requests, row.num_model_requests, row.model) == (2, 1, CHEAP)


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("Write about our research", 0),
        ("Scrivi un post sulla ricerca", 0),
        ("Cerca le ultime notizie su Bologna", 1),
        ("Look it up on the web", 1),
        ("Latest news?\nE poi cerca su internet", 2),
    ],
)
def test_each_sentence_that_asks_for_the_web_is_a_query(prompt: str, count: int) -> None:
    assert len(searches_in(prompt)) == count


@pytest.mark.parametrize("schema", [{}, {"parameters": None}, {"parameters": {}}])
def test_a_function_whose_arguments_nobody_described_gets_an_empty_object(
    sdk: openai.OpenAI, schema: dict[str, Any]
) -> None:
    function: Any = {"name": "save_draft", **schema}
    chosen: Any = {"type": "function", "function": {"name": "save_draft"}}
    (choice,) = examined(
        sdk.chat.completions.with_raw_response.create(
            model=CHEAP,
            messages=[{"role": "user", "content": "Ciao"}],
            tools=[{"type": "function", "function": function}],
            tool_choice=chosen,
        )
    ).choices
    (call,) = choice.message.tool_calls or []
    assert call.function.arguments == "{}"
