from __future__ import annotations

import pytest
from sweeps import sweep

from ppkit.metering.routes import may_tell_a_cost, route_of


@sweep("prefix", ["/v1", "/user/ada/proxy/8123/v1", "/openai/deployments/mine", ""])
@sweep(
    ("path", "endpoint"),
    [
        ("/responses", "responses"),
        ("/chat/completions", "chat"),
        ("/embeddings", "embeddings"),
        ("/images/generations", "images"),
        ("/images/edits", "images"),
        ("/responses/", "responses"),
    ],
)
def test_the_metered_routes_are_known_below_any_prefix(prefix: str, path: str, endpoint: str) -> None:
    assert route_of("POST", prefix + path) == endpoint


@sweep(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("GET", "/v1/responses/resp_1"),
        ("DELETE", "/v1/responses/resp_1"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("POST", "/v1/responses/input_tokens"),
        ("POST", "/v1/chat/completions/chatcmpl-1"),
        ("POST", "/v1/moderations"),
        ("POST", "/v1/files"),
        ("POST", "/v1/uploads/upload_1/parts"),
        ("POST", "/v1/batches/batch_1/cancel"),
        ("POST", "/v1/conversations/conv_1/items"),
        ("POST", "/v1/organization/spend_limit"),
        ("POST", "/v1/organization/projects/proj_1/service_accounts"),
        ("POST", "/v1/projects/proj_1/roles"),
        ("POST", "/v1/projects/proj_1/users/user_1/roles"),
    ],
)
def test_what_costs_nothing_is_free(method: str, path: str) -> None:
    assert route_of(method, path) == "free"


@sweep(
    "path",
    [
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/batches",
        "/v1/completions",
        "/v1/fine_tuning/jobs",
        "/v1/fine_tuning/jobs/ft_1/resume",
        "/v1/images/variations",
        "/v1/responses/compact",
        "/v1/threads/thread_1/runs",
        "/v1/videos",
        "/v1/containers/cntr_1/files",
        "/v1/vector_stores",
        "/v1/realtime/client_secrets",
        "/v1/evals/eval_1/runs",
        "/v1/something/new",
        "/v1/organization/../audio/speech",
        "/projects/mine/audio/speech",
        "/v1",
    ],
)
def test_every_other_route_is_taken_for_a_paid_one(path: str) -> None:
    assert route_of("POST", path) == "unmetered"


@pytest.mark.parametrize(
    ("method", "path", "tells"),
    [
        ("GET", "/v1/responses/resp_1", True),
        ("GET", "/user/ada/proxy/8123/v1/responses/resp_1", True),
        ("GET", "/v1/chat/completions/chatcmpl-1", True),
        ("GET", "/v1/chat/completions", True),
        ("POST", "/v1/responses/resp_1/cancel", True),
        ("GET", "/v1/responses/resp_1/input_items", False),
        ("DELETE", "/v1/responses/resp_1", False),
        ("POST", "/v1/chat/completions/chatcmpl-1", False),
        ("GET", "/v1/models", False),
        ("POST", "/v1/batches/batch_1/cancel", False),
    ],
)
def test_what_may_tell_the_cost_of_an_earlier_call_is_known(method: str, path: str, tells: bool) -> None:
    assert may_tell_a_cost(method, path) is tells
