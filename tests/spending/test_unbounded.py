"""What has no known bound does not leave."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import image_edit_params, image_generate_params
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params
from sweeps import examples, sweep

from ppkit.money import Money
from ppkit.spending import request_parameters
from ppkit.spending.bounds import UnboundedRequest

from .requests import ceiling, chat, refusal, response
from .strategies import CATALOGUE, NOW

WORDS = (
    request_parameters.RESPONSE_PARAMETERS
    | request_parameters.CHAT_PARAMETERS
    | request_parameters.IMAGE_PARAMETERS
    | {
        "type",
        "role",
        "content",
        "output",
        "id",
        "ttl",
        "mode",
        "text",
        "input_text",
        "input_image",
        "message",
    }
)
HOSTED_TOOLS = [
    "image_generation", "computer", "computer_use_preview", "mcp", "shell", "local_shell", "apply_patch",
    "tool_search", "programmatic_tool_calling", "something_new",
]  # fmt: skip
TOOLS_WITH_A_FEE = ["web_search", "web_search_preview", "file_search", "code_interpreter"]


@sweep("tool", HOSTED_TOOLS)
@sweep("bound", [{}, {"max_tool_calls": 3}])
def test_a_tool_that_is_not_the_callers_own_and_has_no_known_fee_is_refused(
    tool: str, bound: dict[str, int]
) -> None:
    tools = [{"type": "function", "name": "f"}, {"type": tool}]
    assert refusal("responses", response(tools=tools, **bound)) == "hosted_tool"
    assert refusal("chat", chat(tools=[{"type": tool}])) == "hosted_tool"


@sweep("tool", TOOLS_WITH_A_FEE)
@sweep("number", [None, 0, -1, True, "3", 2.0])
def test_a_tool_with_a_fee_is_refused_where_the_number_of_its_calls_is_not_bounded(
    tool: str, number: Any
) -> None:
    body = response(tools=[{"type": tool}], max_tool_calls=number)
    assert refusal("responses", body) == "number_of_calls"
    brought = [{"type": "additional_tools", "tools": [{"type": tool}]}]
    assert refusal("responses", response(input=brought, max_tool_calls=number)) == "number_of_calls"
    in_a_chat = "web_search" if tool.startswith("web_search") else "hosted_tool"
    assert refusal("chat", chat(tools=[{"type": tool}])) == in_a_chat


@pytest.mark.parametrize("number", [{}, {"max_tool_calls": 1}])
def test_hosted_tools_hidden_in_a_namespace_or_an_item_are_refused(number: dict[str, int]) -> None:
    hidden = [{"type": "mcp"}]
    assert (
        refusal("responses", response(tools=[{"type": "namespace", "tools": hidden}], **number))
        == "hosted_tool"
    )
    assert (
        refusal("responses", response(input=[{"type": "additional_tools", "tools": hidden}], **number))
        == "hosted_tool"
    )


def test_the_callers_own_tools_are_free() -> None:
    own = [{"type": "function", "name": "f"}, {"type": "custom", "name": "c"}]
    assert ceiling("responses", response(tools=[*own, {"type": "namespace", "tools": own}])).total > Money(0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"prompt": {"id": "pmpt_1"}}, "hosted_tools_possible"),
        ({"context_management": [{"type": "compaction"}]}, "compaction"),
        ({"input": [{"type": "compaction_trigger"}]}, "compaction"),
        ({"reasoning": {"mode": "pro"}}, "pro_mode"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "audio"),
        ({"multi_agent": {"agents": 9}}, "unknown_parameter"),
    ],
)
def test_a_response_without_a_known_bound_is_refused(fields: dict[str, Any], reason: str) -> None:
    assert refusal("responses", response(**fields)) == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"web_search_options": {}}, "web_search"),
        ({"modalities": ["text", "audio"]}, "audio"),
        ({"audio": {"voice": "ash"}}, "audio"),
        ({"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}, "audio"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "audio"),
        ({"surprise": 1}, "unknown_parameter"),
    ],
)
def test_a_chat_without_a_known_bound_is_refused(fields: dict[str, Any], reason: str) -> None:
    assert refusal("chat", chat(**fields)) == reason


@pytest.mark.parametrize("model", ["gpt-4o-search-preview", "gpt-4o-mini-search-preview", "o3-deep-research"])
def test_models_that_search_on_their_own_are_refused(model: str) -> None:
    assert refusal("chat", chat(model=model), model) == "search_model"


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(WORDS)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(WORDS)), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(50))
@given(
    endpoint=st.sampled_from(["responses", "chat", "embeddings", "images"]),
    body=st.dictionaries(st.sampled_from(sorted(WORDS)), ANYTHING),
)
def test_any_body_gets_a_ceiling_or_is_refused(endpoint: str, body: dict[str, Any]) -> None:
    model = {"images": "gpt-image-2", "embeddings": "text-embedding-3-small"}.get(endpoint, "gpt-6-luna")
    try:
        bound = ceiling(endpoint, body, CATALOGUE.price_of(model, NOW))
    except UnboundedRequest:
        return
    assert bound.total >= bound.smallest >= Money(0)


def test_an_unknown_endpoint_is_refused() -> None:
    assert refusal("audio", {}) == "unknown_endpoint"


def test_harmless_parameters_change_nothing() -> None:
    body = response(
        background=False, reasoning={"effort": "low"}, store=True, metadata={}, background_options=None
    )
    assert ceiling("responses", body).output_tokens == 128_000


@pytest.mark.parametrize(
    ("known", "parameters"),
    [
        (request_parameters.RESPONSE_PARAMETERS, response_create_params.ResponseCreateParamsStreaming),
        (request_parameters.CHAT_PARAMETERS, completion_create_params.CompletionCreateParamsStreaming),
        (request_parameters.IMAGE_PARAMETERS, image_generate_params.ImageGenerateParamsStreaming),
        (request_parameters.IMAGE_PARAMETERS, image_edit_params.ImageEditParamsStreaming),
    ],
)
def test_every_parameter_of_the_sdk_has_been_judged(known: frozenset[str], parameters: Any) -> None:
    assert set(parameters.__required_keys__ | parameters.__optional_keys__) - known == set()
