"""Everything the wire refuses: keys, rights, money, parameters, routes; and the rehearsed failures."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.money import Money
from ppkit.practice_platform.address import TOKEN_HEADER
from ppkit.practice_platform.platform import Platform

from .conftest import CONTROL_TOKEN
from .strictly import BASE_URL, examined

CHEAP = "gpt-6-luna"
ENVELOPE = {"message", "type", "param", "code"}


def post(web: TestClient, secret: str, path: str, body: Any) -> Any:
    return web.post(f"/v1{path}", json=body, headers={"authorization": f"Bearer {secret}"})


def sdk_with(web: TestClient, secret: str) -> openai.OpenAI:
    return openai.OpenAI(api_key=secret, base_url=f"{BASE_URL}/v1", http_client=web, max_retries=0)


def test_models_fit_the_types_of_the_sdk_and_tell_their_end(sdk: openai.OpenAI) -> None:
    models = {model.id: model for model in examined(sdk.models.with_raw_response.list()).data}
    assert models["gpt-5"].shutdown_date == "2026-12-11"
    assert models[CHEAP].shutdown_date is None
    assert examined(sdk.models.with_raw_response.retrieve(CHEAP)).owned_by == "practice-platform"


def test_a_model_is_gone_from_its_shutdown_day_on(sdk: openai.OpenAI, funded: Platform) -> None:
    funded.advance(timedelta(days=18))
    assert "gpt-5" not in {model.id for model in sdk.models.list()}
    with pytest.raises(openai.NotFoundError) as refusal:
        sdk.responses.create(model="gpt-5", input="Ciao")
    assert refusal.value.code == "model_not_found"


def test_every_answer_has_the_headers_of_the_real_one(sdk: openai.OpenAI) -> None:
    headers = sdk.responses.with_raw_response.create(model=CHEAP, input="Ciao").headers
    assert headers["x-request-id"].startswith("req_")
    assert headers["openai-version"] == "2020-10-01"
    assert headers["openai-organization"].startswith("org-")
    assert int(headers["openai-processing-ms"]) >= 1
    for what in ("limit", "remaining", "reset"):
        for unit in ("requests", "tokens"):
            assert headers[f"x-ratelimit-{what}-{unit}"]


def test_no_key_and_a_wrong_key_are_told_apart(web: TestClient, funded: Platform) -> None:
    nothing = web.get("/v1/models")
    assert nothing.status_code == 401
    assert nothing.json()["error"]["code"] is None
    assert nothing.json()["error"]["message"].startswith("You didn't provide an API key.")
    wrong = "sk-practice-" + "CANARY" * 8
    answer = web.get("/v1/models", headers={"authorization": f"Bearer {wrong}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert wrong not in answer.text
    assert "sk-practice-********NARY" in answer.text


@pytest.mark.parametrize("how", ["revoked", "expired", "reset"])
def test_a_key_that_has_ended_is_answered_like_a_wrong_one(
    web: TestClient, funded: Platform, how: str
) -> None:
    row, secret = funded.create_key("k", expires_in=timedelta(days=1))
    with sdk_with(web, secret) as sdk:
        sdk.models.list()
        if how == "revoked":
            funded.revoke_key(row.id)
        elif how == "expired":
            funded.advance(timedelta(days=1))
        else:
            funded.reset()
        with pytest.raises(openai.AuthenticationError) as refusal:
            sdk.models.list()
    assert refusal.value.code == "invalid_api_key"


def test_a_restricted_key_is_told_which_right_it_lacks(web: TestClient, funded: Platform) -> None:
    with sdk_with(web, funded.create_key("k", permissions="restricted")[1]) as sdk:
        with pytest.raises(openai.PermissionDeniedError) as models:
            sdk.models.list()
        assert (models.value.code, models.value.type) == (None, None)  # the error is a plain string here
        assert "api.model.read" in str(models.value.response.text)
        for make, scope in (
            (lambda: sdk.responses.create(model=CHEAP, input="x"), "api.responses.write"),
            (lambda: sdk.embeddings.create(model="text-embedding-3-small", input="x"), "model.request"),
            (lambda: sdk.images.generate(model="gpt-image-2", prompt="x"), "api.model.images.request"),
        ):
            with pytest.raises(openai.AuthenticationError, match=f"Missing scopes: {scope}"):
                make()


def test_a_read_only_key_lists_but_does_not_generate(web: TestClient, funded: Platform) -> None:
    with sdk_with(web, funded.create_key("k", permissions="read_only")[1]) as sdk:
        assert sdk.models.list().data
        with pytest.raises(openai.AuthenticationError, match="Missing scopes"):
            sdk.responses.create(model=CHEAP, input="x")


def test_without_credit_nothing_is_made_and_the_list_of_models_still_is(
    web: TestClient, platform: Platform
) -> None:
    platform.sign_up("Anna", "anna@example.com", "Studio")
    with sdk_with(web, platform.create_key("k")[1]) as sdk:
        assert sdk.models.list().data
        with pytest.raises(openai.RateLimitError) as refusal:
            sdk.responses.create(model=CHEAP, input="Ciao")
        assert (refusal.value.code, refusal.value.type) == ("credit_balance_exhausted", "insufficient_quota")
        assert "x-should-retry" not in refusal.value.response.headers
        platform.billing.give_credits(Money(1))
        sdk.responses.create(model=CHEAP, input="Ciao")  # one pico-dollar is enough to begin
        assert platform.balance() < Money(0)
        with pytest.raises(openai.RateLimitError):
            sdk.responses.create(model=CHEAP, input="Ciao")


def test_credit_is_looked_at_before_parameters_and_the_model_before_credit(
    web: TestClient, platform: Platform
) -> None:
    platform.sign_up("Anna", "anna@example.com", "Studio")
    secret = platform.create_key("k")[1]
    assert (
        post(web, secret, "/responses", {"model": "gpt-9", "n": 1}).json()["error"]["code"]
        == "model_not_found"
    )
    bad = {"model": CHEAP, "nonsense": 1}
    assert post(web, secret, "/responses", bad).json()["error"]["code"] == "credit_balance_exhausted"
    platform.billing.give_credits(Money.usd(5))
    assert post(web, secret, "/responses", bad).json()["error"]["code"] == "unknown_parameter"


MESSAGES = [{"role": "user", "content": "Ciao"}]
GOOD: dict[str, dict[str, Any]] = {
    "/responses": {"model": CHEAP, "input": "Ciao"},
    "/chat/completions": {"model": CHEAP, "messages": MESSAGES},
    "/embeddings": {"model": "text-embedding-3-small", "input": "Ciao"},
    "/images/generations": {"model": "gpt-image-2", "prompt": "Ciao"},
}
"""A body that each route takes; the cases below change one thing in it."""


@sweep(
    ("path", "change", "param", "code"),
    [
        ("/responses", {"model": None}, None, None),
        ("/responses", {"model": 3}, "model", "invalid_type"),
        ("/responses", {"input": None}, "input", "missing_required_parameter"),
        ("/responses", {"input": 3}, "input", "invalid_type"),
        ("/responses", {"input": [3]}, "input[0]", "invalid_type"),
        ("/responses", {"max_output_tokens": 5}, "max_output_tokens", "integer_below_min_value"),
        ("/responses", {"max_output_tokens": "5"}, "max_output_tokens", "invalid_type"),
        ("/responses", {"temperature": 3}, "temperature", "decimal_above_max_value"),
        ("/responses", {"stream": "yes"}, "stream", "invalid_type"),
        ("/responses", {"reasoning": {"effort": "huge"}}, "reasoning.effort", "invalid_value"),
        (
            "/responses",
            {"model": "gpt-4.1", "reasoning": {"effort": "low"}},
            "reasoning.effort",
            "unsupported_parameter",
        ),
        ("/responses", {"model": "gpt-4.1", "service_tier": "flex"}, "service_tier", None),
        ("/responses", {"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ("/responses", {"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ("/chat/completions", {"messages": None}, "messages", "missing_required_parameter"),
        ("/chat/completions", {"messages": []}, "messages", "empty_array"),
        (
            "/chat/completions",
            {"messages": [{"role": "boss", "content": "x"}]},
            "messages[0].role",
            "invalid_value",
        ),
        (
            "/chat/completions",
            {"messages": [{"role": "user"}]},
            "messages[0].content",
            "missing_required_parameter",
        ),
        ("/chat/completions", {"max_tokens": 9}, "max_tokens", "unsupported_parameter"),
        ("/chat/completions", {"n": 0}, "n", "integer_below_min_value"),
        ("/chat/completions", {"stop": list("abcde")}, "stop", "array_above_max_length"),
        ("/chat/completions", {"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ("/chat/completions", {"response_format": {"type": "yaml"}}, "response_format.type", "invalid_value"),
        ("/embeddings", {"input": None}, "input", "missing_required_parameter"),
        ("/embeddings", {"input": ""}, "input", "invalid_value"),
        ("/embeddings", {"dimensions": 9999}, "dimensions", "integer_above_max_value"),
        ("/embeddings", {"model": CHEAP}, "model", "invalid_value"),
        ("/images/generations", {"prompt": None}, "prompt", "missing_required_parameter"),
    ],
)
def test_a_wrong_parameter_is_named_in_the_envelope(
    web: TestClient,
    secret: str,
    funded: Platform,
    path: str,
    change: Any,
    param: str | None,
    code: str | None,
) -> None:
    answer = post(web, secret, path, GOOD[path] | change)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert set(error) == ENVELOPE
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")
    assert funded.usage.calls() == 0


@pytest.mark.parametrize("raw", [b"{", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000, b""])
def test_broken_json_is_answered_in_the_envelope(web: TestClient, secret: str, raw: bytes) -> None:
    answer = web.post("/v1/responses", content=raw, headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == ENVELOPE


def test_unknown_routes_and_wrong_methods_are_answered_in_the_envelope(web: TestClient, secret: str) -> None:
    unknown = web.post("/v1/wonders", json={})
    expected = (404, "Invalid URL (POST /v1/wonders)")
    assert (unknown.status_code, unknown.json()["error"]["message"]) == expected
    wrong = web.put("/v1/chat/completions")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_supported")
    left_out = web.post("/v1/audio/speech", json={})
    assert (left_out.status_code, left_out.json()["error"]["code"]) == (501, "not_in_practice")
    for answer in (unknown, wrong, left_out):
        assert set(answer.json()["error"]) == ENVELOPE


def test_a_body_that_is_too_large_is_refused(web: TestClient, secret: str) -> None:
    answer = web.post(
        "/v1/responses", content=b" " * (17 * 2**20), headers={"authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:80:80", ""])
def test_other_host_names_are_refused(web: TestClient, host: str) -> None:
    assert web.get("/v1/models", headers={"host": host}).status_code == 400
    assert web.get("/v1/models", headers={"host": "localhost:8123"}).status_code == 401


def test_limits_can_be_rehearsed_to_be_enforced_late(sdk: openai.OpenAI, funded: Platform) -> None:
    funded.limits.set_limit(6, funded.projects.default().id)
    funded.faults.switch("late_limits", on=True)

    def paint() -> None:
        sdk.images.generate(model="gpt-image-2", prompt="x", size="1024x1024", quality="low")

    for _ in range(11):  # 0.5885 cents each: the eleventh passes 6 cents, the twelfth would pass 6.6
        paint()
    assert funded.limits.spent() > Money.usd("0.06")
    paint()
    with pytest.raises(openai.RateLimitError) as refusal:
        paint()
    assert refusal.value.code == "project_spend_limit_exceeded"


def test_slow_answers_keep_every_caller_waiting_before_the_first_byte(
    sdk: openai.OpenAI, funded: Platform, slept: list[float]
) -> None:
    sdk.models.list()
    assert slept == []
    funded.faults.switch("slow_answers", on=True)
    sdk.responses.create(model=CHEAP, input="Ciao")
    sdk.models.list()
    assert slept == [3.0, 3.0]


@pytest.mark.parametrize("pace_milliseconds", [0, 100, 400])
def test_a_slow_stream_pauses_after_every_piece_of_text(
    sdk: openai.OpenAI, web: TestClient, funded: Platform, slept: list[float], pace_milliseconds: int
) -> None:
    funded.faults.switch("slow_stream", on=True)
    headers = {TOKEN_HEADER: CONTROL_TOKEN}
    web.post("/control/pace", json={"milliseconds": pace_milliseconds}, headers=headers)
    pause_seconds = max(0.25, pace_milliseconds / 1000)
    events = list(sdk.responses.create(model=CHEAP, input="Ciao", stream=True))
    pieces = [event for event in events if event.type == "response.output_text.delta"]
    assert slept == [pause_seconds] * len(pieces)
    messages: Any = [{"role": "user", "content": "Ciao"}]
    slept.clear()
    chunks = list(sdk.chat.completions.create(model=CHEAP, messages=messages, stream=True))
    texts = [chunk for chunk in chunks if chunk.choices[0].delta.content]
    assert slept == [pause_seconds] * len(texts)


def test_no_secret_is_in_the_database(funded: Platform, secret: str) -> None:
    admin_secret = funded.keys.create_admin("a")[1]
    dump = json.dumps(
        [
            [str(value) for value in tuple(row)]
            for table in ("api_key", "mail", "note", "stored_response")
            for row in funded.database.rows(f"SELECT * FROM {table}")
        ]
    )
    assert secret not in dump
    assert admin_secret not in dump
    assert secret.removeprefix("sk-practice-")[:40] not in dump


@pytest.mark.parametrize("number", ["²", "--5", "1.5", "", "9" * 400, "-1"])
def test_a_number_in_a_query_or_a_form_that_is_none_is_refused(
    web: TestClient, secret: str, funded: Platform, number: str
) -> None:
    admin = {"authorization": f"Bearer {funded.keys.create_admin('a')[1]}"}
    for path, query in (
        ("projects", {"limit": number}),
        ("costs", {"start_time": number}),
        ("costs", {"start_time": "1", "limit": number}),
        ("costs", {"start_time": "1", "page": f"page_{number}"}),
    ):
        answer = web.get(f"/v1/organization/{path}", params=query, headers=admin)
        assert answer.status_code == 400, (path, query)
        assert set(answer.json()["error"]) == ENVELOPE
    edit = web.post(
        "/v1/images/edits",
        data={"prompt": "x", "model": "gpt-image-2", "n": number},
        files={"image": ("a.png", b"PNG", "image/png")},
        headers={"authorization": f"Bearer {secret}"},
    )
    assert (edit.status_code, edit.json()["error"]["param"]) == (400, "n")
