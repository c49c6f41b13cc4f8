"""A report of fewer tokens than the text in the call must have taken is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.prices import PriceCatalogue

from .callers import Caller
from .fake_platform import FakePlatform
from .reported_calls import (
    CATALOGUE,
    CREATE,
    DRAW,
    EMBED,
    MINI,
    RESP,
    RESPOND,
    TEXT,
    USD_OF_600_TOKENS,
    booked,
    chat,
    paid,
    response,
    tokens,
)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


@pytest.mark.parametrize(
    "input_",
    [
        [{"role": "user", "content": "Ciao " * 2000}],
        [{"role": "user", "content": [{"type": "input_text", "text": "Ciao " * 2000}]}],
        "Ciao " * 2000,
    ],
)
def test_a_responses_input_takes_the_tokens_that_its_text_must_have(
    caller: Caller, meter: Meter, platform: FakePlatform, input_: Any
) -> None:
    entry = booked(
        caller, meter, platform, RESPOND, answer=response("gpt-5.4-mini", 1, 600), **RESP | {"input": input_}
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_instructions_are_input_too(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    entry = booked(
        caller,
        meter,
        platform,
        RESPOND,
        answer=response("gpt-5.4-mini", 1, 600),
        **RESP,
        instructions="Ciao " * 2000,
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_the_parts_of_a_message_are_input(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    msgs = [{"role": "user", "content": [{"type": "text", "text": "Ciao " * 2000}]}]
    entry = booked(caller, meter, platform, CREATE, answer=chat(tokens(1, 600)), **MINI | {"messages": msgs})
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


@pytest.mark.parametrize("inp", [list(range(1, 401)), [[1, 2, 3] * 50, [4] * 250], ["Ciao"] * 400])
@pytest.mark.parametrize("dims", [{}, {"dimensions": 256}])
def test_ready_made_tokens_and_many_texts_are_counted_at_least_once(
    caller: Caller, meter: Meter, platform: FakePlatform, inp: Any, dims: Any
) -> None:
    answer = {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    entry = booked(
        caller, meter, platform, EMBED, answer=answer, model="text-embedding-3-small", input=inp, **dims
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_embeddings_whose_report_cannot_be_read_count_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    usage: Any
    for usage in (
        [],
        None,
        {"total_tokens": 400},
        {"prompt_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": "4", "total_tokens": 4},
    ):
        answer = {
            "object": "list",
            "model": "text-embedding-3-small",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
            "usage": usage,
        }
        entry = booked(
            caller, meter, platform, EMBED, answer=answer, model="text-embedding-3-small", input="Ciao"
        )
        assert entry.mark in ("ceiling", "estimated")
        assert paid(entry) >= entry.reserved, usage


def tool_call(args: str) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": args}}


def chat_tools(usage: Any, args: str) -> dict[str, Any]:
    answer = chat(usage)
    answer["choices"][0]["message"] = {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [tool_call(args)],
    }
    answer["choices"][0]["finish_reason"] = "tool_calls"
    return answer


@pytest.mark.parametrize(("out", "ok"), [(0, False), (1, False), (700, True)])
def test_the_arguments_of_a_tool_call_took_output(
    caller: Caller, meter: Meter, platform: FakePlatform, out: int, ok: bool
) -> None:
    entry = booked(
        caller, meter, platform, CREATE, answer=chat_tools(tokens(25, out), json.dumps({"x": TEXT})), **MINI
    )
    if ok:
        assert entry.mark is None
    else:
        assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


@pytest.mark.parametrize(("out", "ok"), [(0, False), (1, False), (700, True)])
def test_the_arguments_of_a_streamed_tool_call_took_output(
    caller: Caller, meter: Meter, platform: FakePlatform, out: int, ok: bool
) -> None:
    base: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5.4-mini",
    }
    d = {
        "index": 0,
        "delta": {
            "role": "assistant",
            "content": None,
            "tool_calls": [tool_call(json.dumps({"x": TEXT})) | {"index": 0}],
        },
        "finish_reason": None,
    }
    s = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    ev = [
        base | {"choices": [d]},
        base | {"choices": [s]},
        base | {"choices": [], "usage": tokens(25, out)},
        "[DONE]",
    ]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    if ok:
        assert entry.mark is None
    else:
        assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_refusal_took_output(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = chat(tokens(25, 0))
    answer["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": TEXT}
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_all_choices_together_took_output(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = chat(tokens(25, 20))
    answer["choices"] = [answer["choices"][0] | {"index": i} for i in range(3)]
    entry = booked(caller, meter, platform, CREATE, answer=answer, n=3, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")
    answer["usage"] = tokens(25, 1800)
    entry = booked(caller, meter, platform, CREATE, answer=answer, n=3, **MINI)
    assert entry.mark is None


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_a_word_may_have_taken_no_output(
    caller: Caller, meter: Meter, platform: FakePlatform, stream: bool
) -> None:
    if stream:
        base: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-5.4-mini",
        }
        answer: Any = [
            base
            | {
                "choices": [
                    {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
                ]
            },
            base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]},
            base | {"choices": [], "usage": tokens(25, 0)},
            "[DONE]",
        ]
    else:
        answer = chat(tokens(25, 0), text="")
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI)
    assert (entry.cost, entry.mark) == (Money.usd("0.00001875"), None)


def test_each_picture_took_output(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    usage = {
        "input_tokens": 23,
        "output_tokens": 1,
        "total_tokens": 24,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
    }
    answer = {"created": 1, "data": [{"b64_json": "AAAA"}] * 4, "usage": usage}
    entry = booked(
        caller,
        meter,
        platform,
        DRAW,
        answer=answer,
        model="gpt-image-1.5",
        prompt="x",
        n=4,
        quality="low",
        size="1024x1024",
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_details_of_zeros_are_honest(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    u = tokens(25, 600) | {
        "completion_tokens_details": {
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
    }
    entry = booked(caller, meter, platform, CREATE, answer=chat(u), **MINI)
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)


def test_thinking_alone_is_honest(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = response("gpt-5.4-mini", 25, 600, status="incomplete")
    answer["output"] = [{"id": "rs_1", "type": "reasoning", "summary": []}]
    answer["usage"]["output_tokens_details"]["reasoning_tokens"] = 600
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)


def test_the_arguments_of_a_function_call_took_output(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.4-mini", 25, 2)
    answer["output"] = [
        {
            "id": "fc_1",
            "type": "function_call",
            "call_id": "c",
            "name": "f",
            "arguments": json.dumps({"x": TEXT}),
        }
    ]
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")
