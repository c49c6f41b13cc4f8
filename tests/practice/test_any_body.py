"""Whatever JSON is sent, the answer is one of OpenAI's: no failure of ours, no money for a refusal."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from sweeps import examples, sweep

from ppkit.practice_platform.api import chat_request, embeddings, image_request, moderations, response_request
from ppkit.practice_platform.errors import PracticeError
from ppkit.practice_platform.platform import Platform

GOOD: dict[str, tuple[dict[str, Any], frozenset[str]]] = {
    "/responses": ({"model": "gpt-6-luna", "input": "Ciao"}, response_request.KNOWN),
    "/responses/input_tokens": ({"model": "gpt-6-luna", "input": "Ciao"}, response_request.KNOWN),
    "/chat/completions": (
        {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Ciao"}]},
        chat_request.KNOWN,
    ),
    "/embeddings": ({"model": "text-embedding-3-small", "input": "Ciao", "dimensions": 4}, embeddings.KNOWN),
    # A size that is refused last: drawing hundreds of pictures would take the time of all the other tests.
    "/moderations": ({"input": "Ciao"}, moderations.KNOWN),
    "/images/generations": (
        {"model": "gpt-image-2", "prompt": "Ciao", "size": "8x8"},
        image_request.GENERATING,
    ),
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
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
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


ADMIN: dict[str, dict[str, Any]] = {
    "projects": {"name": "p"},
    "projects/{project}": {"name": "p"},
    "projects/{project}/service_accounts": {"name": "s", "expires_in_seconds": 60},
    "projects/{project}/api_keys/{key}": {"scopes": [], "expires_in_seconds": 60},
    "projects/{project}/rate_limits/rl-gpt-6-luna": {"max_requests_per_1_minute": 5},
    "projects/{project}/model_permissions": {"mode": "deny_list", "model_ids": []},
    "spend_limit": {"threshold_amount": 5, "currency": "USD", "interval": "month"},
    "projects/{project}/spend_alerts": {
        "threshold_amount": 5,
        "currency": "USD",
        "interval": "month",
        "notification_channel": {"type": "email", "recipients": ["a@example.com"], "subject_prefix": "x"},
    },
    "admin_api_keys": {"name": "a", "expires_in_seconds": 60},
    "invites": {"email": "luca@example.com", "role": "reader", "projects": []},
    "projects/{project}/users": {"email": "anna@example.com", "user_id": "user-x", "role": "member"},
}
"""A body that each admin route takes."""


@pytest.mark.parametrize("path", ADMIN)
@given(data=st.data())
@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_of_an_admin_route_is_taken_or_refused_in_the_envelope(
    web: TestClient, funded: Platform, path: str, data: st.DataObject
) -> None:
    key = funded.create_key("k")[0]
    name = data.draw(st.sampled_from(sorted(ADMIN[path])))
    body = json.dumps(ADMIN[path] | {name: data.draw(ANYTHING)})
    admin = funded.keys.create_admin("r")
    at = path.format(project=funded.projects.default().id, key=key.id)
    headers = {"authorization": f"Bearer {admin[1]}"}
    answer = web.post(f"/v1/organization/{at}", content=body, headers=headers)
    assert answer.status_code in (200, 400, 404), (answer.status_code, body)
    for invite in funded.members.invites():
        funded.members.withdraw(invite.id)
    if answer.status_code != 200:
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    for used in (key.id, admin[0].id):
        with suppress(PracticeError):
            funded.revoke_key(used)  # or there would be too many of them in the end


REPORT_QUERIES = st.dictionaries(
    st.sampled_from(
        [
            *("start_time", "end_time", "bucket_width", "group_by", "group_by[]", "limit", "page", "sizes[]"),
            *("project_ids[]", "models[]", "line_items[]", "batch", "after", "before", "order"),
        ]
    ),
    st.text(max_size=8)
    | st.integers(-5, 10**20).map(str)
    | st.sampled_from(["1d", "1m", "model", "page_5", "desc"]),
    max_size=4,
)


@given(
    query=REPORT_QUERIES,
    path=st.sampled_from(
        ["costs", "usage/completions", "usage/images", "projects", "admin_api_keys", "spend_alerts"]
    ),
)
@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_of_a_report_or_list_is_taken_or_refused_in_the_envelope(
    web: TestClient, funded: Platform, query: dict[str, str], path: str
) -> None:
    admin, secret = funded.keys.create_admin("r")
    headers = {"authorization": f"Bearer {secret}"}
    answer = web.get(f"/v1/organization/{path}", params={"start_time": "1"} | query, headers=headers)
    funded.revoke_key(admin.id)
    assert answer.status_code in (200, 400), (answer.status_code, query)
    if answer.status_code != 200:
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@sweep("path", ["%00", "a%2Fb", "..%2f..%2fetc", "%ff", "a b", "💥", "a" * 5_000, "..", "."])
@sweep("route", ["models", "responses", "chat/completions", "organization/projects"])
def test_any_id_in_a_path_is_found_or_not(web: TestClient, funded: Platform, route: str, path: str) -> None:
    secret = funded.create_key("k")[1] if "projects" not in route else funded.keys.create_admin("a")[1]
    answer = web.get(f"/v1/{route}/{path}", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code in (200, 404, 405)
    if answer.status_code != 200:
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
