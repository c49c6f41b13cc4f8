"""Variants, refinements, adaptations, edits, words for images: what is sent, and what comes back."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image

from ppkit.ai_assistant import (
    AsyncAssistant,
    Brief,
    InvalidBrief,
    InvalidMask,
    InvalidSize,
    NothingWritten,
    Picture,
    Post,
    Refinement,
    picture_files,
)
from ppkit.ai_assistant import networks as known_networks
from ppkit.ai_assistant.async_assistant import stoppable
from ppkit.keys import KeyInText
from ppkit.money import Money

from .conftest import PNG, POST, Stage, deltas, event, response, stream_of

BRIEF = Brief("Il nuovo negozio apre domenica", "x", also_for=("linkedin", "instagram"))
SAMPLES = ("Primo post", "Secondo post", "Terzo post")


@pytest.fixture
def post(stage: Stage) -> Post:
    written = stage.assistant.write_post(BRIEF)
    stage.requests.clear()
    return written


def test_variants_differ_in_how_they_are_asked_to_open(stage: Stage) -> None:
    posts = stage.assistant.variants(BRIEF, 3)
    assert len({body["input"] for body in stage.requests}) == len(posts) == 3
    assert {body["instructions"] for body in stage.requests} == {stage.requests[0]["instructions"]}
    assert stage.credits.amount == 97


def test_the_estimate_of_several_is_the_sum_of_theirs(stage: Stage, post: Post) -> None:
    assert stage.assistant.estimate_post(BRIEF).highest_cost == Money.usd("0.001")
    several = stage.assistant.estimate_variants(BRIEF, 3)
    assert (several.highest_cost, several.credits) == (Money.usd("0.003"), 3)
    assert stage.assistant.estimate_adaptation(post).credits == 2
    assert stage.assistant.estimate_refinement(post, "con un gatto").credits == 1
    assert stage.requests == []


def test_those_that_were_made_stay_when_the_next_one_fails(stage: Stage) -> None:
    answers = iter([httpx2.Response(200, json=response()), httpx2.Response(500, json={})])
    stage.answers = lambda: next(answers)
    posts = stage.assistant.variants(BRIEF, 3)
    assert [one.text for one in posts] == [POST]
    assert posts.trouble
    assert stage.credits.amount == 99
    stage.answers = lambda: httpx2.Response(500, json={})
    with pytest.raises(openai.InternalServerError):
        stage.assistant.variants(BRIEF, 3)


def test_a_stop_ends_the_series_and_keeps_what_there_is(stage: Stage) -> None:
    stage.answer = stream_of(*deltas("Ecco"), event("response.completed", response=response("Ecco")))
    seen: list[tuple[int, str]] = []
    posts = stage.assistant.variants(
        BRIEF, 3, lambda number, piece: seen.append((number, piece)), lambda: bool(seen)
    )
    assert seen == [(0, "Ecco")]
    assert [one.text for one in posts] == ["Ecco"]


def test_a_wish_goes_on_from_all_that_was_said(stage: Stage, post: Post) -> None:
    shorter = stage.assistant.refine(post, Refinement.SHORTER)
    warmer = stage.assistant.refine(shorter.edited("A mano"), "più caldo, con un gatto")
    first, second = stage.requests
    assert [turn["role"] for turn in first["input"]] == ["user", "assistant", "user"]
    assert [turn["content"] for turn in second["input"]][3:] == [
        "A mano",
        "Cambia il post: più caldo, con un gatto",
    ]
    assert second["input"][:3] == first["input"]
    assert second["instructions"] == first["instructions"]
    assert warmer.network is post.network


def test_a_post_in_another_language_is_asked_for_in_that_language(stage: Stage, post: Post) -> None:
    english = stage.assistant.refine(post, Refinement.IN_ENGLISH)
    assert stage.requests[0]["instructions"].startswith("Write a post in English")
    stage.assistant.refine(english, Refinement.LONGER)
    assert stage.requests[1]["input"][-1]["content"].startswith("Make the post longer")


def test_a_post_that_is_too_long_is_flagged_and_can_be_shortened_to_fit(stage: Stage) -> None:
    stage.answer = httpx2.Response(200, json=response("parola… " * 50))
    post = stage.assistant.write_post(BRIEF)
    assert not post.fits
    stage.answer = httpx2.Response(200, json=response("Breve."))
    fitted = stage.assistant.refine(post, Refinement.TO_FIT)
    assert fitted.fits
    asked = stage.requests[-1]["input"][-1]["content"]
    assert "supera di" in asked
    assert int(asked.rsplit("massimo ", 1)[1].split()[0]) < 280


def test_a_post_is_adapted_to_all_the_networks_of_its_brief(stage: Stage, post: Post) -> None:
    adapted = stage.assistant.adapt(post)
    assert [one.network.name for one in adapted] == ["linkedin", "instagram"]
    assert all(f"<post>\n{POST}\n</post>" in body["input"] for body in stage.requests)
    assert ["LinkedIn" in body["instructions"] for body in stage.requests] == [True, False]
    [again] = stage.assistant.adapt(adapted[0], ["bluesky"])
    assert again.network.name == "bluesky"


@pytest.mark.parametrize("to", [["myspace"], []])
def test_a_network_that_nobody_knows_is_refused_before_anything_is_sent(
    stage: Stage, post: Post, to: list[str]
) -> None:
    with pytest.raises(InvalidBrief):
        stage.assistant.adapt(post, to)
    with pytest.raises(InvalidBrief):
        stage.assistant.refine(post, " ")
    assert stage.requests == []


def test_a_post_from_elsewhere_can_be_refined_as_well(stage: Stage, post: Post) -> None:
    stage.assistant.refine(replace(post, conversation=None, text="Da un altro strumento"), Refinement.WARMER)
    assert stage.requests[0]["input"][1]["content"] == "Da un altro strumento"


def test_an_image_is_asked_for_in_the_size_and_format_of_its_network(stage: Stage, post: Post) -> None:
    stage.answer_with_image()
    picture = stage.assistant.draw(BRIEF, post=post)
    assert (picture.size, picture.network) == ("1792x1008", "x")
    [body] = stage.requests
    assert (body["size"], body["output_format"]) == ("1792x1008", "jpeg")
    assert POST in body["prompt"]


def test_an_image_that_is_watched_comes_in_parts_first(stage: Stage) -> None:
    stage.answer_with_image()
    answer = stage.answer
    assert isinstance(answer, httpx2.Response)
    encoded = json.loads(answer.content)["data"][0]["b64_json"]
    facts = {"b64_json": encoded, "partial_image_index": 0, "usage": None}
    stage.answer = stream_of(
        event("image_generation.partial_image", **facts), event("image_generation.completed", **facts)
    )
    seen: list[bytes] = []
    picture = stage.assistant.draw(BRIEF, on_partial=seen.append)
    assert (seen, picture.data) == ([PNG], PNG)
    assert stage.requests[0]["partial_images"] == 2


def test_an_image_that_never_came_is_nothing_and_costs_no_credits(stage: Stage) -> None:
    stage.answer = stream_of()
    with pytest.raises(NothingWritten):
        stage.assistant.draw(BRIEF, on_partial=lambda _data: None)
    assert stage.credits.amount == 100


def blank(opaque: int = 255, width: int = 8) -> bytes:
    """A small PNG, transparent where it is not `opaque`."""
    output = io.BytesIO()
    Image.new("RGBA", (width, 8), (0, 0, 0, opaque)).save(output, "PNG")
    return output.getvalue()


@pytest.mark.parametrize("mask", [blank(), blank(opaque=0, width=9), b"no picture", PNG[:4]])
def test_a_mask_that_opens_nothing_or_is_of_another_size_costs_nothing(stage: Stage, mask: bytes) -> None:
    with pytest.raises(InvalidMask):
        stage.assistant.edit(Picture(blank(), "auto", ""), "more light", mask=mask)
    assert stage.forms == []
    assert stage.credits.amount == 100


def test_without_pillow_a_mask_of_another_size_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    mask, picture = blank(opaque=0, width=9), blank()
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setattr(picture_files, "alpha_in", lambda _data: pytest.fail("unfolded"))
    with pytest.raises(InvalidMask):
        picture_files.check_mask(mask, picture)


def test_several_images_are_composed_each_in_its_own_way_and_each_has_its_receipt(stage: Stage) -> None:
    stage.answer_with_image()
    estimate = stage.assistant.estimate_pictures(BRIEF, 3)
    made = stage.assistant.pictures(BRIEF, 3)
    assert (len(made), made.trouble, estimate.credits) == (3, None, 30)
    assert len({request["prompt"] for request in stage.requests}) == 3
    assert [picture.credits for picture in made] == [10, 10, 10]
    assert stage.assistant.pictures(BRIEF, 3, stopped=lambda: True)[1:] == ()
    for number in (0, 5):
        with pytest.raises(InvalidBrief):
            stage.assistant.pictures(BRIEF, number)


def test_when_credits_run_out_in_the_middle_the_images_made_are_kept(stage: Stage) -> None:
    stage.answer_with_image()
    stage.credits.amount = 25
    made = stage.assistant.pictures(BRIEF, 4)
    assert len(made) == 2
    assert made.trouble
    assert made.trouble.code == "needs_key"


@pytest.mark.parametrize(
    "size", ["1000x1000", "512x512", "3856x2160", "4000x1328", "12", "1088X1360", "-16x16"]
)
def test_a_size_that_the_model_does_not_draw_is_refused_before_anything_is_sent(
    stage: Stage, size: str
) -> None:
    with pytest.raises(InvalidSize):
        stage.assistant.draw(BRIEF, size)
    assert stage.requests == []


@pytest.mark.parametrize("size", ["1088x1360", "1200x640", "3840x1280", "1024x1536", "auto"])
def test_a_size_in_steps_of_sixteen_is_asked_for_as_it_is(stage: Stage, size: str) -> None:
    stage.answer_with_image()
    stage.assistant.draw(BRIEF, size)
    assert stage.requests[0]["size"] == size


def test_an_edit_sends_the_picture_its_mask_and_the_wish(stage: Stage) -> None:
    stage.answer_with_image()
    before = Picture(blank(), "1088x1360", "Una terrazza", language="en")
    after = stage.assistant.edit(before, "more light", mask=blank(opaque=200))
    assert (after.size, after.alt, after.credits) == ("1088x1360", "Una terrazza", 10)
    [form] = stage.forms
    for expected in (b'name="image"; filename="image.png"', b'name="mask"', b"more light\nChange only what"):
        assert expected in form


def test_words_for_an_image_keep_to_the_networks_limit(stage: Stage) -> None:
    stage.answer = httpx2.Response(200, json=response("Una terrazza al tramonto."))
    found = stage.assistant.alt_text(blank(), "pinterest")
    assert (found.text, found.credits) == ("Una terrazza al tramonto.", 1)
    [content] = [turn["content"] for turn in stage.requests[0]["input"]]
    assert "300 caratteri" in content[0]["text"]
    assert content[1]["image_url"].startswith("data:image/png;base64,")


def test_a_brands_voice_comes_from_three_posts_and_goes_into_a_brief(stage: Stage) -> None:
    stage.answer = httpx2.Response(200, json=response("Frasi brevi. Niente emoji."))
    voice = stage.assistant.brand_voice(SAMPLES)
    assert stage.assistant.estimate_voice(SAMPLES).credits == 1
    stage.assistant.write_post(Brief("x", voice=voice.text))
    assert "<voice>\nFrasi brevi. Niente emoji.\n</voice>" in stage.requests[1]["instructions"]
    for samples in (SAMPLES[:2], ("", *SAMPLES[:2]), SAMPLES * 4, ("x" * 2001, *SAMPLES)):
        with pytest.raises(InvalidBrief):
            stage.assistant.brand_voice(samples)


@pytest.mark.parametrize("call", ["refine", "edit", "brand_voice", "adapt", "draw"])
def test_a_key_in_a_wish_or_in_a_text_is_refused(stage: Stage, post: Post, call: str) -> None:
    secret = "sk-practice-" + "CANARY" * 8
    assistant = stage.assistant
    calls: dict[str, Any] = {
        "refine": lambda: assistant.refine(post, f"metti {secret}"),
        "edit": lambda: assistant.edit(blank(), f"metti {secret}"),
        "brand_voice": lambda: assistant.brand_voice((*SAMPLES, secret)),
        "adapt": lambda: assistant.adapt(post.edited(secret)),
        "draw": lambda: assistant.draw(BRIEF, post=post.edited(secret)),
    }
    with pytest.raises(KeyInText) as refused:
        calls[call]()
    assert secret not in str(refused.value)
    assert stage.requests == []


def test_every_call_can_be_awaited(stage: Stage) -> None:
    async def all_of_them() -> list[str]:
        awaited = AsyncAssistant(stage.assistant)
        post = await awaited.write_post(BRIEF)
        texts = [post.text, (await awaited.refine(post, Refinement.WARMER)).text]
        texts += [one.text for one in await awaited.variants(BRIEF, 2)]
        texts += [one.text for one in await awaited.adapt(post)]
        texts += [(await awaited.alt_text(blank())).text, (await awaited.brand_voice(SAMPLES)).text]
        stage.answer_with_image()
        pictures = [await awaited.draw(BRIEF), await awaited.edit(blank(), "più luce")]
        assert {picture.data for picture in pictures} == {PNG}
        return texts

    assert asyncio.run(all_of_them()) == [POST] * 8


def test_pieces_come_in_the_loop(stage: Stage) -> None:
    stage.answer = stream_of(*deltas("Ec", "co"), event("response.completed", response=response("Ecco")))

    async def watched() -> list[str]:
        seen: list[str] = []
        loop = asyncio.get_running_loop()

        def on_delta(piece: str) -> None:
            assert asyncio.get_running_loop() is loop
            seen.append(piece)

        await AsyncAssistant(stage.assistant).write_post(BRIEF, on_delta)
        await asyncio.sleep(0)
        return seen

    assert asyncio.run(watched()) == ["Ec", "co"]


def test_a_call_whose_wait_is_cancelled_is_told_to_stop() -> None:
    begun, told = threading.Event(), threading.Event()

    def call(stopped: Callable[[], bool]) -> None:
        begun.set()
        while not stopped():
            told.wait(0.001)
        told.set()

    async def cancelled() -> None:
        waiting = asyncio.create_task(stoppable(call))
        await asyncio.to_thread(begun.wait)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asyncio.to_thread(told.wait, 10)

    asyncio.run(cancelled())


def test_every_network_can_be_written_for_and_drawn_for(stage: Stage) -> None:
    for name in known_networks():
        stage.answer = httpx2.Response(200, json=response())
        assert stage.assistant.write_post(Brief("x", name)).network.name == name
        stage.answer_with_image()
        stage.credits.amount = 100
        assert stage.assistant.draw(Brief("x", name)).network == name
