"""The same request in every framing that HTTP allows; odd paths and bodies answered inside the envelope."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.practice_platform.api import call, images
from ppkit.practice_platform.platform import Platform

from .pictures_to_send import picture

ENVELOPE = {"message", "type", "param", "code"}
BOUNDARY = "practice-boundary"


def form(pictures: int = 1, *, fields: dict[str, str] | None = None, kind: str = "image/png") -> bytes:
    """A multipart body of an edit."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (
            {"model": "gpt-image-2", "prompt": "x", "size": "256x256"} | (fields or {})
        ).items()
    ]
    for number in range(pictures):
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image[]"; filename="{number}.png"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        parts.append(head.encode() + picture() + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def edit(web: TestClient, secret: str, body: Any) -> Any:
    headers = {
        "authorization": f"Bearer {secret}",
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    return web.post("/v1/images/edits", content=body, headers=headers)


def in_chunks(body: bytes, size: int = 50) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def test_a_form_may_come_in_chunks_and_costs_the_same(web: TestClient, secret: str) -> None:
    whole, chunked = edit(web, secret, form()), edit(web, secret, in_chunks(form()))
    assert "content-length" not in chunked.request.headers
    assert (whole.status_code, chunked.status_code) == (200, 200)
    assert chunked.json()["usage"] == whole.json()["usage"]


def test_a_chunked_form_is_refused_as_soon_as_it_is_too_large(
    web: TestClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "LARGEST_UPLOAD_BYTES", 300)
    answer = edit(web, secret, in_chunks(form(9)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_a_body_that_stops_arriving_is_given_up(
    web: TestClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, "BODY_SECONDS", 0)
    sent: list[Any] = []

    async def nothing_more() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/responses",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {secret}".encode())],
    }
    asyncio.run(web.app(scope, nothing_more, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


def test_sixteen_pictures_are_edited_and_seventeen_are_refused(
    web: TestClient, secret: str, funded: Platform
) -> None:
    assert edit(web, secret, form(16)).status_code == 200
    calls = funded.usage.calls()
    answer = edit(web, secret, form(17))
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, "image", "array_above_max_length")
    assert funded.usage.calls() == calls


@pytest.mark.usefixtures("plan")
@sweep("prefix", ["/v1", "/plan/v1"])
@sweep("method", ["GET", "POST", "DELETE"])
@sweep("path", ["/models/x%0d%0a", "/models%0a", "%0a", "/%0A/models", "/chat/completions%0d%0a", "/x%0ay"])
def test_a_path_with_a_line_break_is_answered_inside_the_envelope(
    web: TestClient, prefix: str, method: str, path: str
) -> None:
    answer = web.request(method, f"{prefix}{path}")
    assert answer.status_code in (404, 405)
    assert set(answer.json()["error"]) == ENVELOPE
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    "path",
    [
        "/models/",
        "//models",
        "/models//x",
        "/models/%2e%2e/x",
        "/%2fmodels",
        "/models%3fx",
        "/",
        "/models/%ff",
    ],
)
def test_other_odd_paths_are_answered_inside_the_envelope(web: TestClient, secret: str, path: str) -> None:
    answer = web.get(f"/v1{path}", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code in (404, 405)
    assert set(answer.json()["error"]) == ENVELOPE


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PATCH", "PUT", "TRACE"])
def test_methods_without_a_route_are_refused_and_no_page_elsewhere_is_let_in(
    web: TestClient, method: str
) -> None:
    headers = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    answer = web.request(method, "/v1/chat/completions", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert not [name for name in answer.headers if name.startswith("access-control")]


GOOD = {"model": "gpt-6-luna", "input": "Ciao"}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (None, json.dumps(GOOD).encode(), 200),
        ("application/json", json.dumps(GOOD).encode(), 200),
        ("application/json; charset=utf-8", json.dumps(GOOD).encode(), 200),
        ("Application/JSON", json.dumps(GOOD).encode(), 200),
        ("application/json", b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), 200),
        ("application/json", json.dumps(GOOD).encode("utf-16"), 400),
        ("application/json", b"", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"model": "gpt-6-luna", "input": "x", "temperature": 1e999}', 400),
        ("application/json", gzip.compress(json.dumps(GOOD).encode(), mtime=0), 400),
        ("text/plain", json.dumps(GOOD).encode(), 400),
        ("application/x-www-form-urlencoded", json.dumps(GOOD).encode(), 400),
        ("multipart/form-data; boundary=x", json.dumps(GOOD).encode(), 400),
    ],
)
def test_a_body_is_json_in_utf8_or_refused(
    web: TestClient, secret: str, content_type: str | None, body: bytes, status: int
) -> None:
    headers = {"authorization": f"Bearer {secret}"} | ({"content-type": content_type} if content_type else {})
    answer = web.post("/v1/responses", content=body, headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert set(answer.json()["error"]) == ENVELOPE


def test_another_content_type_is_refused_by_its_name(web: TestClient, secret: str) -> None:
    answer = web.post(
        "/v1/responses",
        content=b"{}",
        headers={"authorization": f"Bearer {secret}", "content-type": "text/plain"},
    )
    assert answer.json()["error"]["code"] == "unsupported_content_type"
    assert "'Content-Type: text/plain'" in answer.json()["error"]["message"]
