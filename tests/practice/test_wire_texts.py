"""Responses and chat completions, examined by the official SDK."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel
from starlette.testclient import TestClient

from ppkit.money import Money
from ppkit.practice_platform.platform import Platform

from .pictures_to_send import data_url
from .strictly import complaints, examined

CHEAP = "gpt-6-luna"
PROMPT = "Scrivi un post sul lancio della nostra gelateria a Bologna"


def records(text: str) -> list[dict[str, Any]]:
    """The JSON of each server-sent event."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def test_a_response_fits_the_types_of_the_sdk(sdk: openai.OpenAI) -> None:
    response = examined(
        sdk.responses.with_raw_response.create(model=CHEAP, input=PROMPT, metadata={"a": "b"})
    )
    assert response.status == "completed"
    assert response.output_text.startswith("[Risposta di esercitazione]")
    assert "gelateria" in response.output_text
    assert response.metadata == {"a": "b"}


def test_an_english_prompt_is_answered_in_english(sdk: openai.OpenAI) -> None:
    text = sdk.responses.create(model=CHEAP, input="Write a post about our new bakery in town").output_text
    assert text.startswith("[Practice answer]")
    assert "bakery" in text


def test_a_chat_completion_fits_the_types_of_the_sdk(sdk: openai.OpenAI) -> None:
    chat = examined(
        sdk.chat.completions.with_raw_response.create(
            model=CHEAP, messages=[{"role": "user", "content": PROMPT}], n=3, seed=7
        )
    )
    assert [choice.index for choice in chat.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in chat.choices}) > 1
    assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens


def test_the_same_prompt_and_seed_give_the_same_text(sdk: openai.OpenAI) -> None:
    texts = {
        sdk.chat.completions.create(model=CHEAP, messages=[{"role": "user", "content": PROMPT}], seed=7)
        .choices[0]
        .message.content
        for _ in range(3)
    }
    assert len(texts) == 1


def test_the_output_bound_really_cuts(sdk: openai.OpenAI) -> None:
    chat = sdk.chat.completions.create(
        model=CHEAP, messages=[{"role": "user", "content": PROMPT}], max_completion_tokens=5
    )
    assert chat.choices[0].finish_reason == "length"
    assert chat.usage is not None
    assert chat.usage.completion_tokens == 5
    response = examined(
        sdk.responses.with_raw_response.create(model=CHEAP, input=PROMPT, max_output_tokens=16)
    )
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.usage.output_tokens == 16


def test_a_stop_sequence_ends_the_text_before_it(sdk: openai.OpenAI) -> None:
    chat = sdk.chat.completions.create(
        model=CHEAP, messages=[{"role": "user", "content": PROMPT}], stop="\n\n"
    )
    assert chat.choices[0].finish_reason == "stop"
    assert "\n\n" not in (chat.choices[0].message.content or "")


def test_reasoning_models_think_within_the_output_bound(sdk: openai.OpenAI) -> None:
    response = examined(sdk.responses.with_raw_response.create(model="gpt-5", input=PROMPT))
    assert response.output[0].type == "reasoning"
    assert response.usage.output_tokens_details.reasoning_tokens == 128
    tight = examined(
        sdk.responses.with_raw_response.create(model="gpt-5", input=PROMPT, max_output_tokens=100)
    )
    assert (tight.status, tight.output_text) == ("incomplete", "")
    assert tight.usage.output_tokens == 100


@pytest.mark.parametrize(
    "arguments",
    [{}, {"max_output_tokens": 20}, {"model": "gpt-5"}, {"model": "gpt-5", "max_output_tokens": 64}],
    ids=["plain", "cut", "thinking", "all thought"],
)
def test_a_streamed_response_has_the_events_in_order(
    web: TestClient, secret: str, arguments: dict[str, Any]
) -> None:
    body = {"model": CHEAP, "input": PROMPT, "stream": True} | arguments
    answer = web.post("/v1/responses", json=body, headers={"authorization": f"Bearer {secret}"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = records(answer.text)
    for event in events:
        assert complaints(event, ResponseStreamEvent) == []
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    names = [event["type"].removeprefix("response.") for event in events]
    assert names[:2] == ["created", "in_progress"]
    assert names[-1] in ("completed", "incomplete")
    if not arguments:
        assert list(dict.fromkeys(names)) == [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]


def test_the_sdk_adds_a_streamed_response_up_to_the_plain_one(sdk: openai.OpenAI) -> None:
    plain = sdk.responses.create(model=CHEAP, input=PROMPT)
    with sdk.responses.stream(model=CHEAP, input=PROMPT) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text == plain.output_text
    assert final.usage == plain.usage


def test_chat_chunks_come_in_order_and_usage_only_when_asked(web: TestClient, secret: str) -> None:
    body = {
        "model": CHEAP,
        "messages": [{"role": "user", "content": PROMPT}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    headers = {"authorization": f"Bearer {secret}"}
    text = web.post("/v1/chat/completions", json=body, headers=headers).text
    assert text.endswith("data: [DONE]\n\n")
    chunks = records(text)
    for chunk in chunks:
        assert complaints(chunk, ChatCompletionChunk) == []
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == len(chunks) - 3
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    del body["stream_options"]
    assert all(
        "usage" not in chunk
        for chunk in records(web.post("/v1/chat/completions", json=body, headers=headers).text)
    )


def test_the_sdk_adds_a_streamed_chat_up_to_the_plain_one(sdk: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": PROMPT}]
    plain = sdk.chat.completions.create(model=CHEAP, messages=messages, n=2)
    with sdk.chat.completions.stream(model=CHEAP, messages=messages, n=2) as stream:
        for _event in stream:
            pass
        final = stream.get_final_completion()
    assert [choice.message.content for choice in final.choices] == [
        choice.message.content for choice in plain.choices
    ]


def test_structured_output_fits_the_schema(sdk: openai.OpenAI) -> None:
    class Post(BaseModel):
        text: str
        hashtags: list[str]
        network: str | None
        score: int

    parsed = sdk.responses.parse(model=CHEAP, input=PROMPT, text_format=Post).output_parsed
    assert parsed is not None
    assert parsed.hashtags
    chat = sdk.chat.completions.parse(
        model=CHEAP, messages=[{"role": "user", "content": PROMPT}], response_format=Post
    )
    assert isinstance(chat.choices[0].message.parsed, Post)


def test_a_forced_tool_is_called(sdk: openai.OpenAI) -> None:
    schema: Any = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Bologna"]}}}
    tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": schema}}]
    chat = examined(
        sdk.chat.completions.with_raw_response.create(
            model=CHEAP, messages=[{"role": "user", "content": PROMPT}], tools=tools, tool_choice="required"
        )
    )
    assert chat.choices[0].finish_reason == "tool_calls"
    assert json.loads(chat.choices[0].message.tool_calls[0].function.arguments) == {"city": "Bologna"}
    response = examined(
        sdk.responses.with_raw_response.create(
            model=CHEAP,
            input=PROMPT,
            tools=[{"type": "function", "name": "weather", "parameters": schema, "strict": False}],
            tool_choice={"type": "function", "name": "weather"},
        )
    )
    assert response.output[0].name == "weather"


def test_a_stored_response_is_found_continued_and_deleted(sdk: openai.OpenAI) -> None:
    first = sdk.responses.create(model=CHEAP, input=PROMPT)
    again = examined(sdk.responses.with_raw_response.retrieve(first.id))
    assert again.output_text == first.output_text
    second = sdk.responses.create(model=CHEAP, input="Più breve", previous_response_id=first.id)
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens
    items = sdk.responses.input_items.list(first.id).data
    assert complaints(items[0].to_dict(), type(items[0])) == []
    sdk.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError, match="Previous response"):
        sdk.responses.create(model=CHEAP, input="E ora?", previous_response_id=first.id)


def test_a_response_not_stored_is_not_found(sdk: openai.OpenAI) -> None:
    response = sdk.responses.create(model=CHEAP, input=PROMPT, store=False)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(response.id)


def test_a_repeated_long_beginning_is_cached_and_cheaper(sdk: openai.OpenAI, funded: Platform) -> None:
    brief = "Linee guida del marchio: tono cordiale, frasi brevi, nessuna promessa. " * 120
    before = funded.balance()
    first = sdk.responses.create(model="gpt-5.4", input=f"{brief} Uno", max_output_tokens=16)
    between = funded.balance()
    second = sdk.responses.create(model="gpt-5.4", input=f"{brief} Due", max_output_tokens=16)
    assert first.usage is not None
    assert second.usage is not None
    assert first.usage.input_tokens_details.cached_tokens == 0
    cached = second.usage.input_tokens_details.cached_tokens
    assert cached >= 1024
    assert cached % 128 == 0
    saved = (before - between) - (between - funded.balance())
    # 2.50 USD per million tokens uncached, 0.25 cached; both prompts are equally long.
    assert saved == Money(cached * (2_500_000 - 250_000))


def test_models_with_a_write_price_pay_for_filling_the_cache_and_less_for_reading_it(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    """0.10 USD per million tokens of input, 0.125 put into the cache, 0.01 read from it."""
    brief = "Brand guidelines: friendly tone, short sentences, no promises. " * 120
    seen = []
    for _ in range(2):
        before = funded.balance()
        chat = sdk.chat.completions.create(model=CHEAP, messages=[{"role": "user", "content": brief}])
        assert chat.usage is not None
        details = chat.usage.prompt_tokens_details
        assert details is not None
        cached, written = details.cached_tokens or 0, details.cache_write_tokens or 0
        fresh = chat.usage.prompt_tokens - cached - written
        cost = fresh * 100_000 + written * 125_000 + cached * 10_000 + chat.usage.completion_tokens * 500_000
        assert before - funded.balance() == Money(cost)
        seen.append((cached >= 1024, written >= 1024))
    assert seen == [(False, True), (True, False)]


def test_an_input_that_is_too_long_is_refused_unless_it_may_be_truncated(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    said = "parola " * 300_000
    with pytest.raises(openai.BadRequestError) as refusal:
        sdk.responses.create(model="gpt-4o-mini", input=said)
    assert refusal.value.code == "context_length_exceeded"
    assert funded.usage.calls() == 0
    response = sdk.responses.create(model="gpt-4o-mini", input=said, truncation="auto")
    assert response.usage is not None
    assert response.usage.input_tokens == 128_000


def test_input_never_counts_more_tokens_than_the_body_has_bytes(web: TestClient, secret: str) -> None:
    picture = {"type": "input_image", "image_url": data_url()}
    for content in ("a", "😀" * 50, "ab " * 500, [{"type": "input_text", "text": "?"}, picture]):
        body = {"model": CHEAP, "input": [{"role": "user", "content": content}]}
        answer = web.post("/v1/responses", json=body, headers={"authorization": f"Bearer {secret}"})
        assert answer.json()["usage"]["input_tokens"] <= len(answer.request.content)


def test_names_full_of_signs_survive_the_round_trip(sdk: openai.OpenAI) -> None:
    odd = "\"<script>&'\u202e مرحبا 😀 \u0000 " + "x" * 10_000
    response = sdk.responses.create(model=CHEAP, input="ciao", metadata={"k": odd[:500]}, instructions=odd)
    assert response.instructions == odd
    assert (response.metadata or {})["k"] == odd[:500]


def test_chunks_are_padded_so_that_their_lengths_tell_nothing_unless_that_is_unwanted(
    web: TestClient, secret: str
) -> None:
    body = {"model": CHEAP, "messages": [{"role": "user", "content": PROMPT}], "stream": True}
    headers = {"authorization": f"Bearer {secret}"}
    padded = records(web.post("/v1/chat/completions", json=body, headers=headers).text)
    assert all(chunk["obfuscation"] for chunk in padded)
    lengths = {len(json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))) % 16 for chunk in padded}
    assert len(lengths) == 1
    plain = web.post(
        "/v1/chat/completions",
        json=body | {"stream_options": {"include_obfuscation": False}},
        headers=headers,
    )
    assert all("obfuscation" not in chunk for chunk in records(plain.text))
    response = {"model": CHEAP, "input": "Ciao", "stream": True}
    for options, status in (({"include_obfuscation": False}, 200), ({"include_obfuscation": "no"}, 400)):
        answer = web.post("/v1/responses", json=response | {"stream_options": options}, headers=headers)
        assert answer.status_code == status


def test_a_summary_of_the_reasoning_is_given_where_it_is_wished(sdk: openai.OpenAI) -> None:
    raw = sdk.responses.with_raw_response.create(
        model="gpt-5", input="Write about tea", reasoning={"effort": "low", "summary": "auto"}
    )
    response = examined(raw)
    assert response.output[0].summary[0].text.startswith("**Practice summary**")
    assert response.reasoning.summary == "auto"
    assert response.usage.output_tokens_details.reasoning_tokens == 64
    silent = sdk.responses.create(model=CHEAP, input="Ciao", reasoning={"summary": "auto", "effort": "none"})
    assert [item.type for item in silent.output] == ["message"]


def test_a_streamed_summary_comes_piece_by_piece_before_the_answer(
    sdk: openai.OpenAI, web: TestClient, secret: str
) -> None:
    asked: dict[str, Any] = {"model": "gpt-5", "input": PROMPT, "reasoning": {"summary": "detailed"}}
    headers = {"authorization": f"Bearer {secret}"}
    events = records(web.post("/v1/responses", json=asked | {"stream": True}, headers=headers).text)
    for event in events:
        assert complaints(event, ResponseStreamEvent) == []
    names = list(dict.fromkeys(event["type"].removeprefix("response.") for event in events))
    assert names[:8] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    with sdk.responses.stream(**asked) as stream:
        said = "".join(
            event.delta for event in stream if event.type == "response.reasoning_summary_text.delta"
        )
        final = stream.get_final_response()
    assert final.output[0].type == "reasoning"
    assert final.output[0].summary[0].text == said


TOOLS: Any = [
    {"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}, "strict": False}
    for name in ("weather", "time")
]


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", None),
        ("none", None),
        ("required", "weather"),
        ({"type": "function", "name": "time"}, "time"),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "time"}]},
            "time",
        ),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "time"}]}, None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_exactly_when_the_choice_forces_one(
    sdk: openai.OpenAI, choice: Any, called: str | None, stream: bool
) -> None:
    asked: dict[str, Any] = {"model": CHEAP, "input": "Ciao", "tools": TOOLS, "tool_choice": choice}
    if stream:
        with sdk.responses.stream(**asked) as events:
            response: Any = events.get_final_response()
    else:
        response = examined(sdk.responses.with_raw_response.create(**asked))
    assert [item.name for item in response.output if item.type == "function_call"] == [called] * bool(called)
    if isinstance(choice, dict) and choice["type"] == "allowed_tools":
        tools = [{"type": "function", "function": {"name": name}} for name in ("weather", "time")]
        inner = {"mode": choice["mode"], "tools": [{"type": "function", "function": {"name": "time"}}]}
        choice = {"type": "allowed_tools", "allowed_tools": inner}
    else:
        tools = [{"type": "function", "function": {"name": tool["name"]}} for tool in TOOLS]
        choice = (
            {"type": "function", "function": {"name": choice["name"]}} if isinstance(choice, dict) else choice
        )
    messages: Any = [{"role": "user", "content": "Ciao"}]
    chat_asked: dict[str, Any] = {"model": CHEAP, "messages": messages, "tools": tools, "tool_choice": choice}
    if stream:
        with sdk.chat.completions.stream(**chat_asked) as chunks:
            chat: Any = chunks.get_final_completion()
    else:
        chat = examined(sdk.chat.completions.with_raw_response.create(**chat_asked))
    calls = chat.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == [called] * bool(called)
    assert chat.choices[0].finish_reason == ("tool_calls" if called else "stop")


def test_a_conversation_goes_on_after_a_tool_was_called(sdk: openai.OpenAI) -> None:
    first = sdk.responses.create(model=CHEAP, input="Ciao", tools=TOOLS, tool_choice="required")
    call: Any = first.output[-1]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": '{"degrees": 21}'}
    said: Any = [call, output]
    second = sdk.responses.create(model=CHEAP, input=said, tools=TOOLS)
    assert second.output_text
    listed = sdk.responses.input_items.list(second.id, order="asc").data
    assert [item.type for item in listed] == ["function_call", "function_call_output"]
    for item in listed:
        assert complaints(item.to_dict(), type(item)) == []


def test_input_items_turn_pages_newest_first(sdk: openai.OpenAI) -> None:
    picture = {"type": "input_image", "image_url": data_url()}
    said: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Look"}, picture]},
        {"role": "assistant", "content": "I see."},
        {"role": "user", "content": "And now?"},
    ]
    response = sdk.responses.create(model=CHEAP, input=said)
    page = sdk.responses.input_items.list(response.id, limit=3)
    assert [item.role for item in page.data] == ["user", "assistant", "user"]  # type: ignore[union-attr]
    assert [item.role for item in page] == ["user", "assistant", "user", "developer"]  # type: ignore[union-attr]
    for item in page:
        assert complaints(item.to_dict(), type(item)) == []


def test_input_tokens_are_counted_without_a_bill(sdk: openai.OpenAI, funded: Platform) -> None:
    counted = examined(sdk.responses.input_tokens.with_raw_response.count(model=CHEAP, input=PROMPT))
    assert funded.usage.calls() == 0
    response = sdk.responses.create(model=CHEAP, input=PROMPT)
    assert response.usage is not None
    assert response.usage.input_tokens == counted.input_tokens


def test_a_response_that_is_there_at_once_cannot_be_cancelled(sdk: openai.OpenAI) -> None:
    response = sdk.responses.create(model=CHEAP, input="Ciao")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        sdk.responses.cancel(response.id)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.cancel("resp_unknown")


@pytest.mark.parametrize("stream", [False, True])
def test_a_stored_chat_is_listed_changed_and_deleted(sdk: openai.OpenAI, stream: bool) -> None:
    messages: Any = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": PROMPT}]},
    ]
    chats = sdk.chat.completions
    chats.create(model=CHEAP, messages=messages)  # not stored unless asked for
    made: Any = chats.create(model=CHEAP, messages=messages, store=True, metadata={"a": "b"}, stream=stream)
    if stream:
        made, *_rest = made  # a stream is kept once it has been read to its end
    chats.create(model=CHEAP, messages=messages, store=True)
    listed = chats.list().data
    assert len(listed) == 2
    assert listed[0].id == made.id
    assert [chat.id for chat in chats.list(metadata={"a": "b"})] == [made.id]
    assert [chat.id for chat in chats.list(limit=1, order="desc")][-1] == made.id
    again = examined(chats.with_raw_response.retrieve(made.id))
    assert again.choices[0].message.content
    assert examined(chats.with_raw_response.update(made.id, metadata={"c": "d"})).metadata == {"c": "d"}
    said = chats.messages.list(made.id).data
    assert [message.content for message in said] == ["Be brief.", None]
    assert examined(chats.with_raw_response.delete(made.id)).deleted
    with pytest.raises(openai.NotFoundError):
        chats.retrieve(made.id)


def test_what_is_stored_in_one_project_is_not_found_from_another(
    sdk: openai.OpenAI, web: TestClient, funded: Platform
) -> None:
    response = sdk.responses.create(model=CHEAP, input="Ciao")
    other = funded.create_key("k", funded.projects.create("Other").id)[1]
    answer = web.get(f"/v1/responses/{response.id}", headers={"authorization": f"Bearer {other}"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/responses", {"conversation": "conv_1"}),
        ("/responses", {"tools": [{"type": "file_search"}]}),
        ("/responses", {"tools": [{"type": "web_search_preview"}]}),
        ("/responses", {"tools": [{"type": "code_interpreter"}]}),
        ("/chat/completions", {"modalities": ["text", "audio"]}),
        ("/chat/completions", {"logprobs": True}),
        ("/chat/completions", {"functions": [{"name": "a"}]}),
    ],
)
def test_what_is_left_out_is_said_to_be_and_not_ignored(
    web: TestClient, secret: str, path: str, more: dict[str, Any]
) -> None:
    body = {"model": CHEAP} | (
        {"input": "x"} if path == "/responses" else {"messages": [{"role": "user", "content": "x"}]}
    )
    answer = web.post(f"/v1{path}", json=body | more, headers={"authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_in_practice")
