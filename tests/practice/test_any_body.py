"""Whatever JSON is sent, the answer is one of OpenAI's: no failure of ours, no money for a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ppkit.practice.api import chat_request, embeddings, image_request, response_request
from ppkit.practice.platform import Platform

GOOD: dict[str, tuple[dict[str, Any], frozenset[str]]] = {
    "/responses": ({"model": "gpt-6-luna", "input": "Ciao"}, response_request.KNOWN),
    "/responses/input_tokens": ({"model": "gpt-6-luna", "input": "Ciao"}, response_request.KNOWN),
    "/chat/completions": (
        {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Ciao"}]},
        chat_request.KNOWN,
    ),
    "/embeddings": ({"model": "text-embedding-3-small", "input": "Ciao", "dimensions": 4}, embeddings.KNOWN),
    # A size that is refused last: drawing hundreds of pictures would take the time of all the other tests.
    "/images/generations": ({"model": "gpt-image-2", "prompt": "Ciao", "size": "8x8"}, image_request.KNOWN),
}
NAMES = (
    *("type", "name", "function", "content", "role", "text", "schema", "json_schema", "format", "image_url"),
    *(
        "url",
        "parameters",
        "properties",
        "strict",
        "$ref",
        "anyOf",
        "enum",
        "items",
        "effort",
        "summary",
        "id",
    ),
    *("arguments", "output", "call_id", "tool_calls", "tools", "mode", "include_usage", "required"),
)
WORDS = (
    *("function", "auto", "required", "json_schema", "text", "message", "user", "assistant", "low"),
    *("object", "string", "allowed_tools", "#"),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(WORDS)
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("path", GOOD)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_of_any_parameter_is_taken_or_refused_in_the_envelope(
    web: TestClient, funded: Platform, secret: str, path: str, data: st.DataObject
) -> None:
    good, known = GOOD[path]
    names = data.draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=2))
    body = json.dumps(good | {name: data.draw(ANYTHING) for name in names})
    calls = funded.usage.calls()
    answer = web.post(f"/v1{path}", content=body, headers={"authorization": f"Bearer {secret}"})
    if answer.status_code == 200:
        return
    assert answer.status_code in (400, 403, 404, 501), (answer.status_code, body)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert funded.usage.calls() == calls


@pytest.mark.parametrize(
    "body",
    [
        '{"model": "gpt-6-luna", "input": "\\ud800"}',
        '{"model": "gpt-6-luna", "input": "x", "temperature": NaN}',
        '{"model": "gpt-6-luna", "input": "x", "temperature": Infinity}',
        '{"model": "gpt-6-luna", "input": "x", "temperature": ' + "9" * 5_000 + "}",
    ],
)
def test_what_json_cannot_say_is_no_json(web: TestClient, secret: str, body: str) -> None:
    answer = web.post("/v1/responses", content=body, headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 400
    assert "could not parse the JSON body" in answer.json()["error"]["message"]
