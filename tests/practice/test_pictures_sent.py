"""Pictures that are sent along are looked at before anything is billed for them; nothing is ever fetched."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.practice_platform.platform import Platform

from .pictures_to_send import data_url, picture

NO_IMAGE = "does not represent a valid image"
WHOLE = data_url()
HALF = "data:image/png;base64," + base64.b64encode(picture(size=(64, 64))[:60]).decode()
TEXT = "data:image/png;base64," + base64.b64encode(b"no picture at all").decode()
WRONG: dict[str, tuple[str, str]] = {
    "data:image/png;base64,AAAA": (NO_IMAGE, "invalid_value"),
    HALF: (NO_IMAGE, "invalid_value"),
    TEXT: (NO_IMAGE, "invalid_value"),
    "data:image/svg+xml;base64,PHN2Zy8+": (NO_IMAGE, "invalid_value"),
    "data:image/png;base64,": ("but got empty base64-encoded bytes", "invalid_value"),
    "data:image/png;base64,%%%": ("but got invalid base64-encoded bytes", "invalid_value"),
    "data:text/plain;base64,AAAA": ("unsupported MIME type 'text/plain'", "invalid_value"),
    "data:image/png,AAAA": ("not base64-encoded", "invalid_value"),
    "http://localhost/a.png": ("Error while downloading", "invalid_image_url"),
    "http://127.0.0.1:8000/a.png": ("Error while downloading", "invalid_image_url"),
    "http://192.168.1.5/a.png": ("Error while downloading", "invalid_image_url"),
    "https://nothing.invalid/a.png": ("Error while downloading", "invalid_image_url"),
    "file:///etc/passwd": ("Error while downloading", "invalid_image_url"),
    "not an address": ("Error while downloading", "invalid_image_url"),
    "": ("Error while downloading", "invalid_image_url"),
}


def ask(web: TestClient, secret: str, kind: str, part: dict[str, Any]) -> Any:
    """A question about a picture, to chat completions, responses or moderations."""
    body: dict[str, Any]
    if kind == "responses":
        body = {
            "model": "gpt-6-luna",
            "input": [{"role": "user", "content": [{"type": "input_image"} | part]}],
        }
    elif kind == "chat/completions":
        content = [{"type": "image_url", "image_url": {"url": part["image_url"]}}]
        body = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": content}]}
    else:
        body = {"input": [{"type": "image_url", "image_url": {"url": part["image_url"]}}]}
    return web.post(f"/v1/{kind}", json=body, headers={"authorization": f"Bearer {secret}"})


@sweep("kind", ["responses", "chat/completions", "moderations"])
@sweep("address", WRONG)
def test_what_is_no_picture_is_refused_and_costs_nothing(
    web: TestClient, secret: str, funded: Platform, kind: str, address: str
) -> None:
    answer = ask(web, secret, kind, {"image_url": address})
    message, code = WRONG[address]
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert answer.json()["error"]["code"] == code
    assert "image_url" in answer.json()["error"]["param"]
    assert funded.usage.calls() == 0


@pytest.mark.parametrize("kind", ["responses", "chat/completions", "moderations"])
@pytest.mark.parametrize(
    "address", [*(data_url(kind) for kind in ("PNG", "JPEG", "GIF", "WEBP")), "https://www.example.com/a.png"]
)
def test_what_is_a_picture_or_could_be_one_on_the_web_is_taken(
    web: TestClient, secret: str, kind: str, address: str
) -> None:
    assert ask(web, secret, kind, {"image_url": address}).status_code == 200


def test_an_uploaded_file_is_told_as_left_out(web: TestClient, secret: str, funded: Platform) -> None:
    answer = ask(web, secret, "responses", {"file_id": "file-abc123"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_in_practice")
    assert funded.usage.calls() == 0


@pytest.mark.parametrize("part", [{}, {"image_url": 5}, {"image_url": WHOLE, "detail": "huge"}])
def test_a_part_without_its_picture_is_refused(web: TestClient, secret: str, part: dict[str, Any]) -> None:
    assert ask(web, secret, "responses", part).status_code == 400


WANTED = {"model": "gpt-image-2", "prompt": "x", "size": "256x256"}


@sweep(
    ("data", "kind", "code"),
    [
        (b"PNG", "image/png", "invalid_image_file"),
        (picture()[:40], "image/png", "invalid_image_file"),
        (picture(), "application/octet-stream", "unsupported_file_mimetype"),
        (picture("GIF"), "image/gif", "unsupported_file_mimetype"),
        (picture("GIF"), "image/png", "invalid_image_file"),
        (b"", "image/png", "invalid_image_file"),
    ],
)
@sweep("field", ["image", "image[]", "mask"])
def test_an_edit_takes_only_pictures(
    web: TestClient, secret: str, funded: Platform, field: str, data: bytes, kind: str, code: str
) -> None:
    files = [("image", ("a.png", picture(), "image/png"))] if field == "mask" else []
    answer = web.post(
        "/v1/images/edits",
        data=WANTED,
        files=[*files, (field, ("b.png", data, kind))],
        headers={"authorization": f"Bearer {secret}"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert answer.json()["error"]["param"] == {"image": "image", "image[]": "image[0]", "mask": "mask"}[field]
    assert funded.usage.calls() == 0


def edit_in_json(web: TestClient, secret: str, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {secret}"}
    return web.post("/v1/images/edits", json=WANTED | more, headers=headers)


def test_an_edit_may_come_as_json(web: TestClient, secret: str) -> None:
    answer = edit_in_json(web, secret, images=[{"image_url": WHOLE}], mask={"image_url": WHOLE})
    assert answer.status_code == 200
    assert answer.json()["usage"]["input_tokens_details"]["image_tokens"] > 0


@pytest.mark.parametrize(
    ("images", "status", "code"),
    [
        ([], 400, "missing_required_parameter"),
        ([{"image_url": TEXT}], 400, "invalid_value"),
        ([{"file_id": "file-abc"}], 501, "not_in_practice"),
        ([{"image_url": WHOLE}] * 17, 400, "array_above_max_length"),
        ([{"image_url": WHOLE, "more": 1}], 400, "unknown_parameter"),
        (["x"], 400, "invalid_type"),
    ],
)
def test_an_edit_in_json_is_looked_at_too(
    web: TestClient, secret: str, images: list[Any], status: int, code: str
) -> None:
    answer = edit_in_json(web, secret, images=images)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
