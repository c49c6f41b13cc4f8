"""What OpenAI's API has and the practice platform has not is refused as such, by the installed SDK's list."""

from __future__ import annotations

import json
import re

import openai
import operations as script
import pytest
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.practice_platform.api.operations import nameless, operation_of, operations
from ppkit.practice_platform.api.wire_routes import ROUTES

HERE = {f"{method} {nameless(path)}" for method, path, _handler in ROUTES}


def test_the_kept_list_is_what_the_installed_sdk_calls() -> None:
    news = script.news(script.kept_list())
    assert not news, f"{chr(10).join(news)}\nRenew the list: python scripts/operations.py write"


def test_news_are_told_by_name() -> None:
    kept = json.loads(json.dumps(script.kept_list()))
    del kept["operations"]["POST /responses/compact"]
    kept["operations"]["GET /nowhere"] = {"from": ["sdk"], "sends": []}
    kept["operations"]["POST /embeddings"]["sends"].remove("dimensions")
    kept["models"]["embedding"].remove("text-embedding-ada-002")
    assert script.news(kept) == [
        "new operation: POST /responses/compact",
        "operation gone: GET /nowhere",
        "new parameter of POST /embeddings: dimensions",
        "new embedding model: text-embedding-ada-002",
    ]


def test_every_imitated_route_is_one_of_openais() -> None:
    assert set(operations()) >= HERE


@sweep("name", sorted(set(operations()) - HERE))
def test_every_operation_that_is_left_out_says_so(web: TestClient, name: str) -> None:
    method, _, path = name.partition(" ")
    answer = web.request(method, f"/v1{re.sub('{}', 'x-1', path)}")
    assert answer.status_code == 501
    assert answer.json()["error"]["code"] == "not_in_practice"
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("path", ["/nothing", "/audio", "/organization/nothing", "/files/a/b/c"])
def test_what_openai_has_not_is_an_invalid_url(web: TestClient, path: str) -> None:
    answer = web.get(f"/v1{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Invalid URL (GET /v1{path})"


def test_a_wrong_method_is_told_with_those_that_are_right(web: TestClient) -> None:
    answer = web.put("/v1/chat/completions")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_literal_parts_of_a_path_win_over_names() -> None:
    assert operation_of("POST", "/responses/compact") == "POST /responses/compact"
    assert operation_of("POST", "/responses/resp_1/cancel") == "POST /responses/{}/cancel"


def test_a_parameter_that_is_left_out_is_told_from_one_that_does_not_exist(
    web: TestClient, secret: str
) -> None:
    headers = {"authorization": f"Bearer {secret}"}
    good = {"model": "gpt-image-2", "prompt": "x", "size": "8x8"}
    known = web.post("/v1/images/generations", json=good | {"svg": {}}, headers=headers)
    assert (known.status_code, known.json()["error"]["code"]) == (501, "not_in_practice")
    unknown = web.post("/v1/images/generations", json=good | {"svgg": {}}, headers=headers)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "unknown_parameter")


def test_every_model_of_the_sdk_that_is_here_answers_by_its_name(sdk: openai.OpenAI) -> None:
    names = {model.id for model in sdk.models.list()}
    assert {"text-embedding-ada-002", "chatgpt-image-latest", "omni-moderation-latest"} <= names
    assert sdk.models.retrieve("chatgpt-image-latest").shutdown_date == "2026-12-01"
    vector = sdk.embeddings.create(model="text-embedding-ada-002", input="tè").data[0].embedding
    assert len(vector) == 1_536
