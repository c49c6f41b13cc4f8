"""The bounds are those of OpenAI's document: nothing stricter of our own, and what it forbids is refused."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.practice_platform.platform import Platform

CHEAP = "gpt-6-luna"
MONTH = {"currency": "USD", "interval": "month"}
CHANNEL = {"notification_channel": {"type": "email", "recipients": ["anna@example.com"]}}


def asked(web: TestClient, secret: str, path: str, body: Any) -> tuple[int, Any]:
    answer = web.post(f"/v1/{path}", json=body, headers={"authorization": f"Bearer {secret}"})
    return answer.status_code, answer.json()


@pytest.fixture
def admin_secret(funded: Platform) -> str:
    return funded.keys.create_admin("a")[1]


def schema_of(**keywords: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"n": keywords}, "required": ["n"], "additionalProperties": False}


@sweep(
    "keywords",
    [
        {"type": "integer", "minimum": -9007199254740991, "maximum": 9007199254740991},
        {"type": "integer", "minimum": -(10**30)},
        {"type": "number", "maximum": 1e300},
        {"type": "number", "minimum": 10**400, "maximum": 10**400 + 5},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-300},
        {"type": "string", "minLength": 0, "maxLength": 10**12},
        {"type": "array", "items": {"type": "string"}, "maxItems": 10**12},
        {"type": "string", "pattern": "^[a-z]+$", "description": "x" * 5_000},
    ],
)
@sweep("strict", [True, False])
def test_no_magnitude_in_a_schema_is_too_large(
    web: TestClient, secret: str, keywords: dict[str, Any], strict: bool
) -> None:
    form = {"type": "json_schema", "name": "n", "schema": schema_of(**keywords), "strict": strict}
    status, body = asked(web, secret, "responses", {"model": CHEAP, "input": "x", "text": {"format": form}})
    assert status == 200, body
    tool = {"type": "function", "function": {"name": "n", "parameters": schema_of(**keywords)}}
    chat = {"model": CHEAP, "messages": [{"role": "user", "content": "x"}], "tools": [tool]}
    assert asked(web, secret, "chat/completions", chat | {"tool_choice": "required"})[0] == 200


@pytest.mark.parametrize("cents", [0, 1, 100_000_001, 2**53, 2**63 - 1])
def test_an_alert_may_be_any_amount_from_nothing_up(web: TestClient, admin_secret: str, cents: int) -> None:
    status, body = asked(
        web, admin_secret, "organization/spend_alerts", {"threshold_amount": cents} | MONTH | CHANNEL
    )
    assert (status, body["threshold_amount"]) == (200, cents)
    again = {"threshold_amount": 0} | MONTH | CHANNEL
    assert asked(web, admin_secret, f"organization/spend_alerts/{body['id']}", again)[0] == 200


@pytest.mark.parametrize(("cents", "status"), [(0, 400), (-1, 400), (1, 200), (2**53, 200), (2**63, 400)])
def test_a_limit_is_at_least_a_cent(web: TestClient, admin_secret: str, cents: int, status: int) -> None:
    body = {"threshold_amount": cents} | MONTH
    assert asked(web, admin_secret, "organization/spend_limit", body)[0] == status


def test_an_alert_of_nothing_tells_at_once(web: TestClient, admin_secret: str, funded: Platform) -> None:
    asked(web, admin_secret, "organization/spend_alerts", {"threshold_amount": 0} | MONTH | CHANNEL)
    assert funded.mails()[0].kind == "spend_alert"


TEXT: dict[str, dict[str, Any]] = {
    "responses": {"model": CHEAP, "input": "x"},
    "chat/completions": {"model": CHEAP, "messages": [{"role": "user", "content": "x"}]},
}
OTHERS: dict[str, dict[str, Any]] = {
    "embeddings": {"model": "text-embedding-3-small", "input": "x"},
    "images/generations": {"model": "gpt-image-2", "prompt": "x", "size": "256x256", "quality": "low"},
}


@sweep("path", TEXT)
@sweep(
    ("name", "value", "status"),
    [
        ("prompt_cache_retention", "for ever", 400),
        ("prompt_cache_retention", 24, 400),
        ("prompt_cache_retention", "24h", 200),
        ("prompt_cache_retention", "in_memory", 200),
        ("prompt_cache_options", {"mode": "sometimes"}, 400),
        ("prompt_cache_options", {"mode": "explicit", "ttl": "30m"}, 200),
        ("prompt_cache_options", "explicit", 400),
        ("user", {}, 400),
        ("user", "anna", 200),
        ("safety_identifier", "x" * 65, 400),
        ("safety_identifier", "x" * 64, 200),
        ("store", "yes", 400),
        ("stream", 1, 400),
        ("prompt_cache_key", [], 400),
        ("metadata", {"a": 1}, 400),
        ("nonsense", None, 400),
        ("moderation", None, 200),
    ],
)
def test_what_the_document_forbids_a_text_is_refused(
    web: TestClient, secret: str, path: str, name: str, value: Any, status: int
) -> None:
    found, body = asked(web, secret, path, TEXT[path] | {name: value})
    assert found == status, body


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("embeddings", "user", {}),
        ("embeddings", "dimensions", 0),
        ("images/generations", "user", {}),
        ("images/generations", "style", "vivid"),
        ("images/generations", "style", "loud"),
        ("images/generations", "response_format", "url"),
        ("images/generations", "n", 11),
        ("images/generations", "moderation", "high"),
        ("images/generations", "image", "x"),
        ("images/generations", "input_fidelity", "high"),
    ],
)
def test_what_the_document_forbids_the_others_is_refused(
    web: TestClient, secret: str, funded: Platform, path: str, name: str, value: Any
) -> None:
    status, body = asked(web, secret, path, OTHERS[path] | {name: value})
    assert (status, body["error"]["param"]) == (400, name)
    assert funded.usage.calls() == 0


ADMIN: dict[str, dict[str, Any]] = {
    "projects": {"name": "p"},
    "projects/{project}": {"name": "p"},
    "projects/{project}/service_accounts": {"name": "s"},
    "projects/{project}/service_accounts/{account}": {"name": "s"},
    "projects/{project}/service_accounts/{account}/api_keys": {"name": "s"},
    "projects/{project}/api_keys/{key}": {"scopes": []},
    "projects/{project}/rate_limits/rl-gpt-6-luna": {"max_requests_per_1_minute": 5},
    "projects/{project}/model_permissions": {"mode": "deny_list", "model_ids": []},
    "projects/{project}/users": {"email": "luca@example.com", "role": "member"},
    "spend_limit": {"threshold_amount": 5} | MONTH,
    "spend_alerts": {"threshold_amount": 5} | MONTH | CHANNEL,
    "projects/{project}/spend_limit": {"threshold_amount": 5} | MONTH,
    "projects/{project}/spend_alerts": {"threshold_amount": 5} | MONTH | CHANNEL,
    "admin_api_keys": {"name": "a"},
    "invites": {"email": "luca@example.com", "role": "reader"},
}


def place(funded: Platform, path: str) -> str:
    project = funded.projects.create("lesson")
    account = funded.projects.create_service_account(project.id, "s")
    key = funded.create_key("k", project.id)[0]
    return "organization/" + path.format(project=project.id, account=account.id, key=key.id)


@sweep("path", ADMIN)
def test_an_admin_body_takes_no_unknown_field(
    web: TestClient, funded: Platform, admin_secret: str, path: str
) -> None:
    at = place(funded, path)
    status, body = asked(web, admin_secret, at, ADMIN[path] | {"nonsense": 1})
    assert (status, body["error"]["code"], body["error"]["param"]) == (400, "unknown_parameter", "nonsense")


def test_a_nested_unknown_field_is_refused_too(web: TestClient, admin_secret: str) -> None:
    channel = {"notification_channel": CHANNEL["notification_channel"] | {"nonsense": 1}}
    body = {"threshold_amount": 5} | MONTH | channel
    assert asked(web, admin_secret, "organization/spend_alerts", body)[0] == 400


def test_a_field_that_openai_takes_and_we_do_not_is_told_as_that(web: TestClient, admin_secret: str) -> None:
    status, body = asked(web, admin_secret, "organization/projects", {"name": "p", "residency": "EU_STORAGE"})
    assert (status, body["error"]["code"]) == (501, "not_in_practice")


@pytest.mark.parametrize("path", [path for path in ADMIN if "{project}" in path])
def test_an_archived_project_takes_no_change(
    web: TestClient, funded: Platform, admin_secret: str, path: str
) -> None:
    at = place(funded, path)
    funded.projects.archive(at.split("/")[2])
    status, body = asked(web, admin_secret, at, ADMIN[path])
    assert (status, body["error"]["code"]) == (400, "not_authorized_invalid_project")


@pytest.mark.parametrize("keyword", ["allOf", "oneOf", "not"])
def test_what_a_strict_schema_may_not_say_is_refused(web: TestClient, secret: str, keyword: str) -> None:
    part = {"type": "string"} if keyword == "not" else [{"type": "string"}]
    form = {"type": "json_schema", "name": "n", "schema": schema_of(**{keyword: part}), "strict": True}
    status, body = asked(web, secret, "responses", {"model": CHEAP, "input": "x", "text": {"format": form}})
    assert (status, body["error"]["code"]) == (400, "invalid_json_schema")
    assert f"'{keyword}' is not permitted" in body["error"]["message"]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "objekt"}, "'objekt' is not valid under any of the given schemas"),
        ({"type": "object", "properties": []}, "[] is not of type 'object'"),
        ({"type": "object", "properties": {"a": {"minLength": -1}}}, "-1 is less than the minimum of 0"),
        ({"type": "object", "required": "a"}, "'a' is not of type 'array'"),
        ({"type": "object", "properties": {"a": {"enum": []}}}, "enum"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}}, "reference can't be resolved"),
    ],
)
def test_what_is_no_schema_is_refused_in_the_words_of_the_standard(
    web: TestClient, secret: str, schema: dict[str, Any], told: str
) -> None:
    form = {"type": "json_schema", "name": "n", "schema": schema}
    status, body = asked(web, secret, "responses", {"model": CHEAP, "input": "x", "text": {"format": form}})
    assert (status, body["error"]["code"]) == (400, "invalid_json_schema")
    assert told in body["error"]["message"]
