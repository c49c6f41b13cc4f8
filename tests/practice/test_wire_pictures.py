"""Images and embeddings, examined by the official SDK."""

from __future__ import annotations

import base64
import io
import json
import math
from datetime import timedelta
from typing import Any

import openai
import pytest
from openai.types import ImageEditStreamEvent, ImageGenStreamEvent
from PIL import Image
from starlette.testclient import TestClient

from ppkit.money import Money
from ppkit.practice_platform import pictures
from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.platform import Platform

from .strictly import complaints, examined

MODEL = "gpt-image-2"
PROMPT = "Un manifesto per l’apertura della gelateria “Brina”"


def opened(encoded: str | None) -> Image.Image:
    assert encoded is not None
    return Image.open(io.BytesIO(base64.b64decode(encoded)))


@pytest.mark.parametrize("size", ["1024x1024", "1536x1024", "1024x1536", "512x768", "640x1920"])
def test_an_image_has_the_asked_size(sdk: openai.OpenAI, size: str) -> None:
    answer = examined(
        sdk.images.with_raw_response.generate(model=MODEL, prompt=PROMPT, size=size, quality="low")
    )
    picture = opened(answer.data[0].b64_json)
    assert (picture.format, f"{picture.width}x{picture.height}") == ("PNG", size)
    assert answer.size == size


@pytest.mark.parametrize("file_format", ["png", "jpeg", "webp"])
def test_an_image_has_the_asked_format(sdk: openai.OpenAI, file_format: Any) -> None:
    answer = sdk.images.generate(
        model=MODEL, prompt=PROMPT, size="256x256", quality="low", output_format=file_format
    )
    assert answer.data is not None
    assert opened(answer.data[0].b64_json).format == file_format.upper()


def test_image_tokens_follow_the_known_rule_and_price(sdk: openai.OpenAI, funded: Platform) -> None:
    before = funded.balance()
    answer = examined(
        sdk.images.with_raw_response.generate(
            model=MODEL, prompt=PROMPT, size="1024x1024", quality="medium", n=2
        )
    )
    assert answer.usage.output_tokens == 2 * 1756
    text_tokens = answer.usage.input_tokens_details.text_tokens
    assert before - funded.balance() == Money(text_tokens * 5_000_000 + 2 * 1756 * 30_000_000)


@pytest.mark.parametrize(
    ("model", "size", "quality", "tokens"),
    [
        (MODEL, "1024x1024", "low", 196),
        (MODEL, "1024x1024", "high", 7024),
        (MODEL, "1024x1536", "low", 158),
        (MODEL, "1536x1024", "medium", 1372),
        (MODEL, "1536x1024", "high", 5488),
        ("gpt-image-2.5-flare", "1024x1024", "medium", 439),
        ("gpt-image-2.5-flare", "1024x1024", "max", 7024),
        ("gpt-image-1.5", "1024x1024", "medium", 1056),
    ],
)
def test_image_tokens_are_those_of_the_known_tables(
    sdk: openai.OpenAI, model: str, size: str, quality: Any, tokens: int
) -> None:
    answer = sdk.images.generate(model=model, prompt="x", size=size, quality=quality)
    assert answer.usage is not None
    assert answer.usage.output_tokens == tokens


def test_a_growing_picture_is_painted_once_and_ends_as_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[object] = []
    paint = pictures._write_prompt

    def counted(*given: Any) -> None:
        painted.append(given)
        paint(*given)

    monkeypatch.setattr(pictures, "_write_prompt", counted)
    order = PictureOrder(PROMPT, (256, 320), "jpeg")
    *partial, finished = pictures.drawn_in_stages(order, (24, 12, 0))
    assert len(painted) == 1
    assert finished == pictures.draw(order)
    assert len(partial[0]) < len(partial[1]) < len(finished)  # the sharper, the more there is to tell


def test_partial_images_come_before_the_picture_and_cost_a_hundred_tokens(
    web: TestClient, secret: str
) -> None:
    body = {"model": MODEL, "prompt": PROMPT, "size": "256x256", "stream": True, "partial_images": 2}
    answer = web.post("/v1/images/generations", json=body, headers={"authorization": f"Bearer {secret}"})
    events = [
        json.loads(line.removeprefix("data: "))
        for line in answer.text.splitlines()
        if line.startswith("data: ")
    ]
    for event in events:
        assert complaints(event, ImageGenStreamEvent) == []
    assert [event["type"].split(".")[1] for event in events] == [
        "partial_image",
        "partial_image",
        "completed",
    ]
    plain = web.post(
        "/v1/images/generations",
        json=body | {"stream": False, "partial_images": 0},
        headers={"authorization": f"Bearer {secret}"},
    ).json()
    assert events[-1]["usage"]["output_tokens"] == plain["usage"]["output_tokens"] + 200
    assert events[-1]["b64_json"] == plain["data"][0]["b64_json"]


def test_an_edit_takes_pictures_and_bills_them_as_image_input(sdk: openai.OpenAI, funded: Platform) -> None:
    source = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(source, "PNG")
    answer = examined(
        sdk.images.with_raw_response.edit(
            model=MODEL, prompt=PROMPT, image=("a.png", source.getvalue(), "image/png"), size="256x256", n=2
        )
    )
    assert len(answer.data) == 2
    assert answer.usage.input_tokens_details.image_tokens > 0
    assert funded.usage_by("endpoint")[0].images == 2


@pytest.mark.parametrize(
    ("arguments", "param"),
    [
        ({"size": "1000x1000"}, "size"),
        ({"size": "big"}, "size"),
        ({"quality": "hd"}, "quality"),
        ({"n": 11}, "n"),
        ({"prompt": " "}, "prompt"),
        ({"output_format": "jpeg", "background": "transparent"}, "background"),
        ({"response_format": "url"}, "response_format"),
        ({"model": "gpt-image-1.5", "size": "512x512"}, "size"),
    ],
)
def test_what_an_image_cannot_be_is_refused_and_not_billed(
    sdk: openai.OpenAI, funded: Platform, arguments: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        sdk.images.generate(**({"model": MODEL, "prompt": PROMPT} | arguments))
    assert refusal.value.param == param
    assert funded.usage.calls() == 0


def test_embeddings_are_stable_of_unit_length_and_nearer_for_nearer_texts(sdk: openai.OpenAI) -> None:
    texts = ["la gelateria apre domani", "la gelateria apre oggi", "quarterly tax report"]
    answer = examined(
        sdk.embeddings.with_raw_response.create(
            model="text-embedding-3-small", input=texts, encoding_format="float"
        )
    )
    near, other, far = (part.embedding for part in answer.data)
    assert len(near) == 1536
    assert math.isclose(sum(value * value for value in near), 1, rel_tol=1e-5)

    def dot(one: list[float], two: list[float]) -> float:
        return sum(a * b for a, b in zip(one, two, strict=True))

    assert dot(near, other) > dot(near, far) + 0.2
    encoded = sdk.embeddings.create(model="text-embedding-3-small", input=texts).data  # base64 on the wire
    assert encoded[0].embedding == pytest.approx(near)


def test_embeddings_have_the_asked_dimensions_and_are_billed_by_token(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    before = funded.balance()
    answer = sdk.embeddings.create(model="text-embedding-3-large", input="ciao a tutti", dimensions=256)
    assert len(answer.data[0].embedding) == 256
    assert before - funded.balance() == Money(answer.usage.prompt_tokens * 130_000)


def test_a_streamed_edit_has_the_events_of_an_edit(sdk: openai.OpenAI, funded: Platform) -> None:
    source = io.BytesIO()
    Image.new("RGB", (64, 64)).save(source, "PNG")
    before = funded.balance()
    events = list(
        sdk.images.edit(
            model=MODEL,
            prompt=PROMPT,
            image=[("a.png", source.getvalue(), "image/png")] * 2,
            mask=("m.png", source.getvalue(), "image/png"),
            size="256x256",
            quality="low",
            stream=True,
            partial_images=1,
        )
    )
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]
    for event in events:
        assert complaints(event.to_dict(), ImageEditStreamEvent) == []
    usage = events[-1].usage  # type: ignore[union-attr]
    details = usage.input_tokens_details
    spent = details.text_tokens * 5 + details.image_tokens * 8 + usage.output_tokens * 30
    assert before - funded.balance() == Money(spent * 10**6)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"max_images_per_1_minute": 2}, "images per min (IPM): Limit 2, Used 2"),
        ({"max_requests_per_1_day": 1}, "requests per day (RPD): Limit 1, Used 1"),
    ],
)
def test_images_a_minute_and_requests_a_day_are_limited(
    sdk: openai.OpenAI, admin: openai.OpenAI, funded: Platform, limit: dict[str, Any], words: str
) -> None:
    project = funded.projects.default().id
    rates = admin.admin.organization.projects.rate_limits
    rates.update_rate_limit(f"rl-{MODEL}", project_id=project, **limit)

    def paint() -> None:
        sdk.images.generate(model=MODEL, prompt="x", size="256x256", quality="low", n=2)

    paint()
    with pytest.raises(openai.RateLimitError) as refusal:
        paint()
    assert words in str(refusal.value)
    assert refusal.value.code == "rate_limit_exceeded"
    funded.advance(timedelta(seconds=int(refusal.value.response.headers["retry-after"])))
    paint()
