"""What a response reports becomes a Usage, or an error; never a guess."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.spending.usage import ImpossibleUsage, Usage, usage_of

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


def test_a_response_reports_cached_written_and_reasoning_tokens() -> None:
    assert usage_of("responses", {"usage": RESPONSE}) == Usage(
        300, 400, 100, 150, 64, cache_write_12h_tokens=40
    )


def test_the_last_event_of_a_streamed_response_is_unwrapped() -> None:
    event = {"type": "response.completed", "response": {"usage": RESPONSE}}
    assert usage_of("responses", event) == usage_of("responses", {"usage": RESPONSE})


def test_a_chat_reports_the_same_under_other_names() -> None:
    assert usage_of("chat", {"usage": CHAT}) == Usage(300, 400, cached_tokens=100, reasoning_tokens=64)


def test_embeddings_have_no_output() -> None:
    assert usage_of("embeddings", {"usage": {"prompt_tokens": 8, "total_tokens": 8}}) == Usage(8, 0)


def test_an_image_tells_text_from_picture_tokens() -> None:
    report = {
        "input_tokens": 1050,
        "input_tokens_details": {"text_tokens": 50, "image_tokens": 1000},
        "output_tokens": 1156,
        "output_tokens_details": {"image_tokens": 1056, "text_tokens": 100},
        "total_tokens": 2206,
    }
    assert usage_of("images", {"usage": report}) == Usage(
        1050, 1156, image_input_tokens=1000, image_output_tokens=1056
    )


def test_a_streamed_image_without_details_is_all_picture() -> None:
    report = {
        "input_tokens": 50,
        "input_tokens_details": {"text_tokens": 50, "image_tokens": 0},
        "output_tokens": 1056,
        "total_tokens": 1106,
    }
    usage = usage_of("images", {"type": "image_generation.completed", "usage": report})
    assert usage == Usage(50, 1056, image_output_tokens=1056)


@pytest.mark.parametrize("endpoint", ["responses", "chat", "embeddings", "images"])
@pytest.mark.parametrize("body", [{}, {"usage": None}, {"usage": "free"}])
def test_a_body_without_usage_gives_none(endpoint: str, body: dict[str, Any]) -> None:
    assert usage_of(endpoint, body) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prompt_tokens": None}, "missing"),
        ({"prompt_tokens": "300"}, "not_whole"),
        ({"prompt_tokens": True}, "not_whole"),
        ({"prompt_tokens": 300.0}, "not_whole"),
        ({"prompt_tokens": -1}, "negative"),
        ({"prompt_tokens": 99}, "parts_exceed_whole"),
        ({"completion_tokens": 63}, "parts_exceed_whole"),
        ({"prompt_tokens_details": {"audio_tokens": 5}}, "audio"),
        ({"completion_tokens_details": {"audio_tokens": 5}}, "audio"),
    ],
)
def test_an_impossible_report_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImpossibleUsage) as refusal:
        usage_of("chat", {"usage": CHAT | changes})
    assert refusal.value.facts["reason"] == reason


def test_an_svg_author_is_not_taken_for_free() -> None:
    with pytest.raises(ImpossibleUsage):
        usage_of("images", {"usage": RESPONSE, "svg_usage": {"input_tokens": 5, "model": "gpt-6-sol"}})


def test_an_unknown_endpoint_is_refused() -> None:
    with pytest.raises(ImpossibleUsage):
        usage_of("audio", {"usage": CHAT})


@pytest.mark.parametrize(
    "parts",
    [
        {"cached_tokens": 6, "cache_write_tokens": 5},
        {"image_input_tokens": 11},
        {"cached_tokens": 5, "image_input_tokens": 6},
        {"cached_image_tokens": 1},
        {"cached_tokens": 3, "image_input_tokens": 5, "cached_image_tokens": 4},
        {"cache_write_12h_tokens": 1},
        {"reasoning_tokens": 6, "image_output_tokens": 5},
    ],
)
def test_parts_never_exceed_their_whole(parts: dict[str, int]) -> None:
    with pytest.raises(ImpossibleUsage):
        Usage(10, 10, **parts)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RESPONSE, *CHAT]), inner),
    max_leaves=10,
)


@given(endpoint=st.sampled_from(["responses", "chat", "embeddings", "images"]), report=json_values)
def test_any_report_gives_a_usage_none_or_impossible_usage(endpoint: str, report: Any) -> None:
    try:
        usage = usage_of(endpoint, {"usage": report})
    except ImpossibleUsage:
        return
    assert usage is None or isinstance(usage, Usage)
