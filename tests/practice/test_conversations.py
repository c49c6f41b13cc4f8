"""Conversations with function calls: every call has its output, every output its call."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from ppkit.practice_platform.platform import Platform

CHEAP = "gpt-6-luna"
USER = {"role": "user", "content": "Ciao"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "meteo", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sole"}
TOOLS: Any = [{"type": "function", "name": "meteo", "parameters": None, "strict": False}]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([USER, OUTPUT], "No tool call found for function call output with call_id call_1."),
        ([USER, OUTPUT, CALL], "No tool call found for function call output with call_id call_1."),
        ([USER, CALL], "No tool output found for function call call_1."),
        ([USER, CALL, USER], "No tool output found for function call call_1."),
        (
            [USER, CALL, CALL | {"call_id": "call_2"}, OUTPUT],
            "No tool output found for function call call_2.",
        ),
        ([USER, CALL, OUTPUT, OUTPUT], "Duplicate function call output found for call_id call_1."),
        ([USER, CALL, OUTPUT, CALL], "Duplicate function call found with call_id call_1."),
    ],
)
def test_a_response_refuses_what_does_not_fit_together(
    sdk: openai.OpenAI, funded: Platform, items: Any, message: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=message) as refusal:
        sdk.responses.create(model=CHEAP, input=items)
    assert (refusal.value.param, refusal.value.code) == ("input", None)
    assert refusal.value.type == "invalid_request_error"
    assert funded.usage.calls() == 0


def test_a_response_takes_outputs_in_any_order(sdk: openai.OpenAI) -> None:
    second = {"call_id": "call_2"}
    items: Any = [USER, CALL, CALL | second, OUTPUT | second, OUTPUT]
    assert sdk.responses.create(model=CHEAP, input=items).output_text


@pytest.mark.parametrize("field", ["call_id", "name", "arguments"])
def test_a_call_has_to_be_whole(sdk: openai.OpenAI, field: str) -> None:
    items: Any = [USER, {name: value for name, value in CALL.items() if name != field}]
    with pytest.raises(openai.BadRequestError) as refusal:
        sdk.responses.create(model=CHEAP, input=items)
    assert refusal.value.param == f"input[1].{field}"


def test_calls_of_an_earlier_response_wait_for_their_output(sdk: openai.OpenAI) -> None:
    ask: Any = {"model": CHEAP, "tools": TOOLS}
    first = sdk.responses.create(**ask, input="Usa meteo")
    (call,) = (item for item in first.output if item.type == "function_call")
    with pytest.raises(
        openai.BadRequestError, match=f"No tool output found for function call {call.call_id}"
    ):
        sdk.responses.create(**ask, input="E allora?", previous_response_id=first.id)
    given: Any = [OUTPUT | {"call_id": call.call_id}]
    second = sdk.responses.create(**ask, input=given, previous_response_id=first.id)
    assert second.output_text
    with pytest.raises(openai.BadRequestError, match="Duplicate function call output"):
        sdk.responses.create(**ask, input=given, previous_response_id=second.id)


def said(*ids: str) -> dict[str, Any]:
    calls = [{"id": each, "type": "function", "function": {"name": "f", "arguments": "{}"}} for each in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def told(call_id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": "sole"}


UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
    " 'tool_call_id'. The following tool_call_ids did not have response messages: "
)
NO_CALL = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."


@pytest.mark.parametrize(
    ("messages", "message", "param"),
    [
        ([USER, told("a")], NO_CALL, "messages.[1].role"),
        ([told("a")], NO_CALL, "messages.[0].role"),
        ([USER, said("a"), told("a"), USER, told("a")], NO_CALL, "messages.[4].role"),
        ([USER, said("a")], UNANSWERED + "a", "messages"),
        ([USER, said("a"), USER], UNANSWERED + "a", "messages"),
        ([USER, said("a", "b", "c"), told("b"), USER], UNANSWERED + "a, c", "messages"),
        ([USER, said("a"), USER, told("a")], UNANSWERED + "a", "messages"),
        (
            [USER, said("a"), told("b")],
            "'tool_call_id' of 'b' not found in 'tool_calls' of previous message.",
            "messages.[2].tool_call_id",
        ),
        (
            [USER, said("a"), told("a"), told("a")],
            r"Duplicate value for 'tool_call_id' of 'a', in messages\[2\] and messages\[3\].",
            "messages.[3].tool_call_id",
        ),
        ([USER, said("a"), {"role": "tool", "content": "x"}], "Missing", "messages[2].tool_call_id"),
    ],
)
def test_a_chat_refuses_what_does_not_fit_together(
    sdk: openai.OpenAI, funded: Platform, messages: Any, message: str, param: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=message) as refusal:
        sdk.chat.completions.create(model=CHEAP, messages=messages)
    assert refusal.value.param == param
    assert funded.usage.calls() == 0


def test_a_chat_takes_outputs_in_any_order_and_calls_again(sdk: openai.OpenAI) -> None:
    messages: Any = [USER, said("a", "b"), told("b"), told("a"), said("a"), told("a"), USER]
    assert sdk.chat.completions.create(model=CHEAP, messages=messages).choices[0].message.content
