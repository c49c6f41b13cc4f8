"""What a platform reports is believed where it can be true, and never for less than it can mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.spending.cost import cost_of
from ppkit.spending.reported import MOST_TOKENS, Charge, JudgedReport, judged
from ppkit.spending.usage import Usage

from .strategies import CATALOGUE, NOW

RESPONSE = {
    "input_tokens": 300,
    "input_tokens_details": {
        "cached_tokens": 100,
        "cache_write_tokens": 150,
        "cache_write_tokens_details": {"ttl_30m_tokens": 110, "ttl_12h_tokens": 40},
    },
    "output_tokens": 400,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 700,
}
CHAT = {
    "prompt_tokens": 300,
    "completion_tokens": 400,
    "total_tokens": 700,
    "prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 64, "rejected_prediction_tokens": 9},
}
IMAGE = {
    "input_tokens": 1050,
    "input_tokens_details": {"text_tokens": 50, "image_tokens": 1000},
    "output_tokens": 1156,
    "output_tokens_details": {"image_tokens": 1056, "text_tokens": 100},
    "total_tokens": 2206,
}
ENDPOINTS = ["responses", "chat", "embeddings", "images"]
TEXT = "word " * 600


def answer(endpoint: str, text: str = TEXT) -> dict[str, Any]:
    """What an answer shows, beside its report."""
    if endpoint == "responses":
        return {"output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]}
    if endpoint == "chat":
        return {"choices": [{"message": {"role": "assistant", "content": text}}]}
    return {"data": [{"embedding": [0.1]} if endpoint == "embeddings" else {"b64_json": "AAAA"}]}


def judge(endpoint: str, report: object, **more: Any) -> JudgedReport:
    found = judged(endpoint, answer(endpoint) | more | {"usage": report})
    assert found is not None
    return found


def sure(endpoint: str, report: object, **more: Any) -> Usage:
    found = judge(endpoint, report, **more)
    assert (found.doubt, found.reason, len(found.readings)) == (None, "", 1)
    return found.readings[0]


def test_a_response_reports_cached_written_and_reasoning_tokens() -> None:
    assert sure("responses", RESPONSE) == Usage(300, 400, 100, 150, 64, cache_write_12h_tokens=40)


def test_the_last_event_of_a_streamed_response_is_unwrapped() -> None:
    event = {"type": "response.completed", "response": answer("responses") | {"usage": RESPONSE}}
    found = judged("responses", event)
    assert found is not None
    assert found.readings == (sure("responses", RESPONSE),)


def test_a_chat_reports_the_same_under_other_names() -> None:
    assert sure("chat", CHAT) == Usage(300, 400, cached_tokens=100, reasoning_tokens=64)


@pytest.mark.parametrize(
    "details",
    [
        {"prompt_tokens_details": {"text_tokens": 100, "image_tokens": 200, "cached_tokens": 250}},
        {"completion_tokens_details": {"text_tokens": 336, "reasoning_tokens": 64}},
        {"completion_tokens_details": {"accepted_prediction_tokens": 300, "rejected_prediction_tokens": 100}},
        {"prompt_tokens_details": None, "completion_tokens_details": None},
        {"total_tokens": None},
    ],
)
def test_every_honest_shape_of_a_chats_details_is_believed(details: dict[str, Any]) -> None:
    assert sure("chat", CHAT | details).input_tokens == 300


def test_embeddings_have_no_output() -> None:
    assert sure("embeddings", {"prompt_tokens": 8, "total_tokens": 8}) == Usage(8, 0)


def test_an_image_tells_text_from_picture_tokens() -> None:
    assert sure("images", IMAGE) == Usage(1050, 1156, image_input_tokens=1000, image_output_tokens=1056)


def test_a_streamed_image_without_details_is_all_picture() -> None:
    report = {
        "input_tokens": 50,
        "input_tokens_details": {"text_tokens": 50, "image_tokens": 0},
        "output_tokens": 1056,
        "total_tokens": 1106,
    }
    assert sure("images", report) == Usage(50, 1056, image_output_tokens=1056)


@sweep("endpoint", ENDPOINTS)
@sweep("body", [{}, {"usage": None}, {"usage": "free"}, {"usage": 3}])
def test_a_body_without_usage_reports_nothing(endpoint: str, body: dict[str, Any]) -> None:
    assert judged(endpoint, body) is None


def test_an_unknown_endpoint_reports_nothing() -> None:
    assert judged("audio", {"usage": CHAT}) is None


@sweep(
    "changes",
    [
        {"prompt_tokens": None},
        {"completion_tokens": None},
        {"prompt_tokens": "300"},
        {"prompt_tokens": True},
        {"prompt_tokens": 300.0},
        {"prompt_tokens": -1},
        {"completion_tokens": -1, "total_tokens": 299},
        {"completion_tokens": MOST_TOKENS + 1},
        {"completion_tokens": 10**30},
        {"total_tokens": 10**30},
        {"total_tokens": "700"},
        {"prompt_tokens": 0, "total_tokens": 400},
        {"completion_tokens": 0, "total_tokens": 300, "completion_tokens_details": None},
        {"completion_tokens": 3, "total_tokens": 303, "completion_tokens_details": None},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 99},
        {"completion_tokens": 63},
        {"prompt_tokens_details": {"cached_tokens": 301}},
        {"prompt_tokens_details": {"cached_tokens": -5}},
        {"prompt_tokens_details": {"cached_tokens": 5.0}},
        {"prompt_tokens_details": {"cache_write_tokens": 301}},
        {"prompt_tokens_details": {"text_tokens": 301}},
        {"prompt_tokens_details": {"audio_tokens": 5}},
        {"completion_tokens_details": {"audio_tokens": 5}},
        {"completion_tokens_details": {"accepted_prediction_tokens": 300, "rejected_prediction_tokens": 101}},
    ],
)
def test_a_report_that_contradicts_itself_is_not_believed(changes: dict[str, Any]) -> None:
    assert judge("chat", CHAT | changes).doubt == "contradicted"


@pytest.mark.parametrize(
    ("endpoint", "report", "readings"),
    [
        ("chat", CHAT | {"total_tokens": 1000}, {(600, 400), (300, 700)}),
        ("chat", CHAT | {"total_tokens": 650}, {(300, 400)}),
        ("chat", {"prompt_tokens": 0, "completion_tokens": 600, "total_tokens": 625}, {(25, 600)}),
        ("chat", {"prompt_tokens": 25, "completion_tokens": 0, "total_tokens": 625}, {(25, 600)}),
        ("responses", RESPONSE | {"total_tokens": 701}, {(301, 400), (300, 401)}),
        ("embeddings", {"prompt_tokens": 0, "total_tokens": 400}, {(400, 0)}),
        ("images", IMAGE | {"total_tokens": 3206}, {(2050, 1156), (1050, 2156)}),
    ],
)
def test_what_the_total_tells_beyond_its_parts_is_read_in_every_way_that_can_be(
    endpoint: str, report: dict[str, Any], readings: set[tuple[int, int]]
) -> None:
    found = judge(endpoint, report)
    assert found.doubt == "unexplained"
    assert {(usage.input_tokens, usage.output_tokens) for usage in found.readings} == readings


@pytest.mark.parametrize(
    "outputs", [{"image_tokens": 0, "text_tokens": 0}, {}, {"image_tokens": 100}, {"text_tokens": 100}]
)
def test_output_of_a_picture_that_its_details_do_not_explain_is_picture(outputs: dict[str, int]) -> None:
    found = judge("images", IMAGE | {"output_tokens_details": outputs})
    assert found.doubt == "unexplained"
    assert found.readings[0].image_output_tokens == 1156 - outputs.get("text_tokens", 0)


def test_input_of_a_picture_that_its_details_do_not_explain_is_picture() -> None:
    report = IMAGE | {"input_tokens_details": {"text_tokens": 50, "image_tokens": 0}}
    assert judge("images", report).doubt == "unexplained"
    assert judge("images", report).readings[0].image_input_tokens == 1000


def test_without_details_the_input_is_text_where_no_picture_was_sent() -> None:
    body = answer("images") | {"usage": IMAGE | {"input_tokens_details": None}}
    text, picture = (judged("images", body, request) for request in ({"prompt": "x"}, {"image": "x"}))
    assert text is not None
    assert picture is not None
    assert (text.doubt, text.readings[0].image_input_tokens) == (None, 0)
    assert (picture.doubt, picture.readings[0].image_input_tokens) == ("unexplained", 1050)


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("chat", {"choices": [{"message": {"content": None, "refusal": "no"}}]}),
        ("chat", {"choices": [{"message": {"content": None, "tool_calls": [{"id": "c"}]}}]}),
        ("chat", {"choices": [{"message": {"content": ""}}, {"message": {"content": "x"}}]}),
        ("responses", {"output": [{"type": "function_call", "name": "f", "arguments": "{}"}]}),
        ("responses", {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]}),
        ("responses", {"output": [{"type": "web_search_call"}]}),
        ("images", {"data": [{"b64_json": "AAAA"}]}),
    ],
)
def test_whatever_is_shown_took_output_tokens(endpoint: str, shown: dict[str, Any]) -> None:
    tokens = {"prompt_tokens": 9, "completion_tokens": 0, "input_tokens": 9, "output_tokens": 0}
    assert judge(endpoint, tokens | {"total_tokens": 9}, **shown).doubt == "contradicted"


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("chat", {"choices": [{"message": {"content": ""}}]}),
        ("chat", {"choices": []}),
        ("responses", {"output": []}),
        ("responses", {"output": [{"type": "reasoning", "summary": []}]}),
    ],
)
def test_an_answer_that_shows_nothing_may_have_no_output(endpoint: str, shown: dict[str, Any]) -> None:
    tokens = {"prompt_tokens": 9, "completion_tokens": 0, "input_tokens": 9, "output_tokens": 0}
    assert sure(endpoint, tokens | {"total_tokens": 9}, **shown).output_tokens == 0


def test_each_vector_took_a_token() -> None:
    report = {"prompt_tokens": 2, "total_tokens": 2}
    assert judge("embeddings", report, data=[{}, {}, {}]).doubt == "contradicted"
    assert judge("embeddings", report, data=[{}, {}]).doubt is None


@pytest.mark.parametrize(
    ("endpoint", "request_body"),
    [
        ("embeddings", {"input": TEXT}),
        ("embeddings", {"input": [TEXT]}),
        ("chat", {"messages": [{"role": "user", "content": TEXT}]}),
        ("responses", {"input": TEXT}),
        ("images", {"prompt": TEXT}),
    ],
)
def test_a_text_that_was_sent_took_as_many_tokens_as_it_must(
    endpoint: str, request_body: dict[str, Any]
) -> None:
    few = {"prompt_tokens": 3, "input_tokens": 3, "completion_tokens": 600, "output_tokens": 600}
    found = judged(endpoint, answer(endpoint) | {"usage": few}, request_body)
    assert found is not None
    assert found.doubt == "contradicted"


def test_the_author_of_an_svg_is_charged_beside_the_picture() -> None:
    author = {"model": "gpt-6-sol", "input_tokens": 5, "output_tokens": 7, "reasoning_tokens": 2}
    found = judge("images", IMAGE, svg_usage=author | {"total_tokens": 12})
    assert found.also == (Charge("gpt-6-sol", Usage(5, 7)),)
    item = {"type": "image_generation_call", "svg_usage": author}
    found = judge("responses", RESPONSE, output=[*answer("responses")["output"], item])
    assert found.also == (Charge("gpt-6-sol", Usage(5, 7)),)
    assert judge("images", IMAGE, svg_usage="free").doubt == "contradicted"


def test_what_a_tool_drew_is_charged_beside_the_text() -> None:
    drew = {
        "tool_usage": {"image_gen": IMAGE},
        "tools": [{"type": "image_generation", "model": "gpt-image-2"}],
    }
    found = judge("responses", RESPONSE, **drew)
    usage = Usage(1050, 1156, image_input_tokens=1000, image_output_tokens=1056)
    assert found.also == (Charge("gpt-image-2", usage),)


NOISE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*RESPONSE, *CHAT, "type", "content", "message"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(
    endpoint=st.sampled_from([*ENDPOINTS, "other"]),
    report=NOISE,
    body=st.dictionaries(
        st.sampled_from(
            ["output", "choices", "data", "svg_usage", "tool_usage", "response", "model", "tools"]
        ),
        NOISE,
    ),
    request_body=st.dictionaries(st.sampled_from(["input", "messages", "prompt", "image"]), NOISE),
)
def test_any_report_is_judged_and_nothing_is_raised(
    endpoint: str, report: Any, body: dict[str, Any], request_body: dict[str, Any]
) -> None:
    found = judged(endpoint, body | {"usage": report}, request_body)
    assert found is None or found.readings


@st.composite
def honest_chats(draw: st.DrawFn) -> tuple[dict[str, Any], Usage]:
    prompt, completion = draw(st.integers(1, 10**6)), draw(st.integers(12, 10**5))
    cached = draw(st.integers(0, prompt))
    written = draw(st.integers(0, prompt - cached))
    reasoning = draw(st.integers(0, completion))
    report = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    return report, Usage(prompt, completion, cached, written, reasoning)


@given(honest_chats())
def test_an_honest_report_is_taken_as_it_is(honest: tuple[dict[str, Any], Usage]) -> None:
    report, usage = honest
    assert sure("chat", report) == usage


FIGURES = st.integers(0, 3_000)
CHAT_PRICE = CATALOGUE.price_of("gpt-5.4-mini", NOW)


@given(prompt=FIGURES, completion=FIGURES, total=FIGURES, cached=FIGURES, written=FIGURES)
def test_no_report_is_read_for_less_than_its_figures_say(
    prompt: int, completion: int, total: int, cached: int, written: int
) -> None:
    report = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
    }
    found = judge("chat", report)
    dearest = max(cost_of(usage, CHAT_PRICE).total for usage in found.readings)
    rates = CHAT_PRICE.rates
    assert dearest >= rates.cached * min(prompt, cached) + rates.output * completion
    assert dearest >= rates.cached * (total - completion) + rates.output * completion
    if found.doubt is None:
        assert total == prompt + completion
        assert prompt >= max(1, cached + written)
        assert completion >= 12
