"""No request costs more than its ceiling, and what has no ceiling does not leave."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import examples, sweep

from ppkit.money import Money
from ppkit.spending.bounds import MESSAGE_FRAME_TOKENS
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.cost import cost_of
from ppkit.spending.token_rates import Price
from ppkit.spending.usage import Usage

from .requests import DATA_URL, LUNA, ceiling, chat, response
from .strategies import CATALOGUE, EMBEDDING_MODELS, NOW, TEXT_MODELS

LONG_TEXT = "ciao 🌻 " * 40_000
TEXT_PRICES = st.builds(
    lambda model, tier: CATALOGUE.price_of(model, NOW, tier),
    st.sampled_from(TEXT_MODELS),
    st.sampled_from(["default", "flex", "batch"]),
)
MONEY = st.integers(0, 10**14).map(Money)


@st.composite
def text_calls(draw: st.DrawFn) -> tuple[str, dict[str, Any], Price, Usage]:
    """A request, and a usage that the platform could report for it."""
    price = draw(TEXT_PRICES)
    text = draw(st.text() | st.just(LONG_TEXT))
    cap = draw(st.none() | st.integers(1, 2_000_000))
    choices = draw(st.none() | st.integers(1, 128))
    earlier = draw(st.booleans())
    twelve_hours = draw(st.booleans())
    options = {"prompt_cache_options": {"ttl": "12h"}} if twelve_hours else {}
    if draw(st.booleans()):
        endpoint, body = "responses", response(input=text, max_output_tokens=cap, **options)
        if earlier:
            body["previous_response_id"] = "resp_1"
        choices = None
    else:
        earlier = False
        messages = [{"role": "user", "content": [{"type": "text", "text": text}]}]
        endpoint, body = "chat", chat(messages=messages, n=choices, max_completion_tokens=cap, **options)
    most_input = (
        price.context_window
        if earlier
        else min(len(text.encode("utf-8", "replace")) + 30, price.context_window)
    )
    most_output = (choices or 1) * min(cap or price.max_output_tokens, price.max_output_tokens)
    input_tokens = draw(st.integers(0, most_input) | st.just(most_input))
    cached = draw(st.integers(0, input_tokens))
    written = draw(st.integers(0, input_tokens - cached) | st.just(input_tokens - cached))
    usage = Usage(
        input_tokens,
        draw(st.integers(0, most_output) | st.just(most_output)),
        cached_tokens=cached,
        cache_write_tokens=written,
        cache_write_12h_tokens=draw(st.integers(0, written)) if twelve_hours else 0,
    )
    return endpoint, body, price, usage


@settings(max_examples=examples(100))
@given(text_calls())
def test_no_text_call_costs_more_than_its_ceiling(call: tuple[str, dict[str, Any], Price, Usage]) -> None:
    endpoint, body, price, usage = call
    assert cost_of(usage, price).total <= ceiling(endpoint, body, price).total


@given(
    model=st.sampled_from(EMBEDDING_MODELS), texts=st.lists(st.text(min_size=1), min_size=1), data=st.data()
)
def test_no_embedding_costs_more_than_its_ceiling(model: str, texts: list[str], data: st.DataObject) -> None:
    price = CATALOGUE.price_of(model, NOW)
    tokens = data.draw(st.integers(0, sum(len(text.encode("utf-8", "replace")) for text in texts)))
    body = {"model": model, "input": texts}
    assert cost_of(Usage(tokens, 0), price).total <= ceiling("embeddings", body, price).total


@given(price=TEXT_PRICES, body_bytes=st.integers(0, 3_000_000), more=st.integers(0, 1_000_000))
def test_more_bytes_never_lower_a_ceiling(price: Price, body_bytes: int, more: int) -> None:
    for endpoint, body in (("responses", response()), ("chat", chat())):
        small = ceiling_of(endpoint, body, body_bytes, price)
        large = ceiling_of(endpoint, body, body_bytes + more, price)
        assert small.total <= large.total
        assert small.smallest <= large.smallest


@given(price=TEXT_PRICES, body_bytes=st.integers(0, 3_000_000))
def test_a_reference_to_something_elsewhere_never_lowers_a_ceiling(price: Price, body_bytes: int) -> None:
    inside = ceiling_of("responses", response(), body_bytes, price)
    outside = ceiling_of("responses", response(conversation="conv_1"), body_bytes, price)
    assert inside.total <= outside.total


def test_a_caption_with_an_output_bound_has_a_ceiling_near_its_cost() -> None:
    body = response(input="x" * 900, max_output_tokens=400)
    bound = ceiling("responses", body)
    assert bound.output_tokens == 400
    assert bound.input_tokens == len(json.dumps(body)) + MESSAGE_FRAME_TOKENS
    assert Money.usd("0.00023") < bound.total < Money.usd("0.0004")


def test_without_an_output_bound_the_models_own_maximum_counts() -> None:
    bound = ceiling("responses", response())
    assert (bound.output_tokens, bound.output_bounded) == (128_000, False)
    assert bound.total > Money.usd("0.064") > bound.smallest


def test_a_bound_above_the_models_maximum_does_not_raise_the_ceiling() -> None:
    assert ceiling("responses", response(max_output_tokens=10**9)).output_tokens == 128_000


@pytest.mark.parametrize(
    ("fields", "output_tokens"),
    [
        ({"max_completion_tokens": 50}, 50),
        ({"max_tokens": 50}, 50),
        ({"max_completion_tokens": 50, "max_tokens": 90}, 90),
        ({"max_completion_tokens": 50, "n": 3}, 150),
        ({"n": 3}, 384_000),
        ({"n": "many", "max_tokens": 1}, 128),
        ({"max_completion_tokens": "50"}, 128_000),
        ({"max_completion_tokens": True}, 128_000),
        ({"max_completion_tokens": -5}, 128_000),
        ({"max_completion_tokens": 0}, 128_000),
    ],
)
def test_every_choice_of_a_chat_counts(fields: dict[str, Any], output_tokens: int) -> None:
    assert ceiling("chat", chat(**fields)).output_tokens == output_tokens


def test_writing_to_the_cache_is_dearer_than_reading_afresh() -> None:
    bound = ceiling("responses", response(max_output_tokens=16))
    assert bound.input_cost == LUNA.rates.cache_write * bound.input_tokens


@pytest.mark.parametrize(
    "body",
    [
        response(prompt_cache_options={"ttl": "12h"}),
        response(
            input=[
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "input_text",
                            "text": "x",
                            "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"},
                        }
                    ],
                }
            ]
        ),
    ],
)
def test_twelve_hours_in_the_cache_raise_the_ceiling(body: dict[str, Any]) -> None:
    bound = ceiling("responses", body)
    assert bound.input_cost == LUNA.rates.cache_write_12h * bound.input_tokens


def test_input_that_may_pass_the_threshold_is_bounded_at_the_long_rates() -> None:
    bound = ceiling("responses", response(input="x" * 272_000, max_output_tokens=16))
    longer = LUNA.long_context_rates
    assert longer is not None
    assert bound.total == longer.cache_write * bound.input_tokens + longer.output * 16


def test_a_huge_body_is_bounded_by_the_context_window() -> None:
    assert ceiling("responses", response(input="x" * 2_000_000)).input_tokens == 1_050_000


STORED = {"type": "item_reference", "id": "msg_1"}


@sweep(
    "fields",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"conversation": {"id": "conv_1"}},
        {"prompt": {"id": "pmpt_1"}, "tools": []},
        {"input": [STORED]},
        {"input": [{"id": "msg_1"}]},
        {"input": [{"type": "reasoning", "id": "rs_1", "encrypted_content": "AAAA"}]},
        {"input": [{"type": "compaction", "encrypted_content": "AAAA"}]},
        {"input": [{"type": "something_new"}]},
        {"input": ["something odd"]},
        {"input": 7},
        {"input": [{"role": "user", "content": {"type": "input_text"}}]},
        {"input": [{"role": "user", "content": ["odd"]}]},
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file_1"}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "JVBERi0="}]}]},
        {"input": [{"type": "function_call_output", "call_id": "c", "output": [{"type": "input_file"}]}]},
    ],
)
def test_what_is_not_in_the_body_is_bounded_by_the_context_window(fields: dict[str, Any]) -> None:
    assert ceiling("responses", response(**fields)).input_tokens == 1_050_000


def picture_message(url: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "input_image", "image_url": url, "detail": "auto"}]}]


def test_a_tiny_file_of_a_huge_picture_is_bounded_as_a_picture() -> None:
    bound = ceiling("responses", response(input=picture_message("data:image/png;base64,AAAA")))
    assert LUNA.image_tokens_at_most is not None
    assert bound.input_tokens > LUNA.image_tokens_at_most >= 10_000 * 246 // 100


def test_a_picture_in_the_body_is_not_billed_as_half_a_million_characters() -> None:
    parts = [{"type": "image_url", "image_url": {"url": DATA_URL}}]
    body = chat(messages=[{"role": "user", "content": parts}])
    assert ceiling("chat", body).input_tokens < 31_000
    assert ceiling("responses", response(input=picture_message(DATA_URL))).input_tokens < 31_000


def test_a_picture_for_a_model_without_a_picture_bound_may_fill_the_window() -> None:
    price = CATALOGUE.with_user_price("gpt-9", input="1", output="1").price_of("gpt-9", NOW)
    bound = ceiling("responses", response(input=picture_message("https://example.org/cat.png")), price)
    assert bound.input_tokens == price.context_window


def test_a_prediction_is_billed_beyond_the_answer_and_cannot_be_capped() -> None:
    body = chat(prediction={"type": "content", "content": "x" * 1000})
    bound = ceiling("chat", body)
    assert bound.output_tokens > 129_000
    assert bound.affordable_output_tokens(Money.usd("1")) is None
    assert bound.smallest == bound.total
