"""Pictures of the person's own: what a model sees of them, what never leaves, and which are refused."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keys.canaries import key_of
from PIL import Image, ImageCms, PngImagePlugin

from ppkit.ai_assistant import Brief, InvalidBrief, NoPictureFile, PictureTooLarge, own_pictures
from ppkit.ai_assistant.own_pictures import LONGEST_SIDE, brief_picture, without_metadata
from ppkit.ai_assistant.picture_files import MADE_BY_A_MODEL
from ppkit.drafts.written_briefs import brief_from_json, brief_to_json, topic_of

from .conftest import Stage

SECRET = key_of("project", "in a photo")
GPS, COMMENT, TURNED = 0x8825, 0x9286, 0x0112


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """As a phone makes it: lying on its side, with the place, the hour, and here a key in its comment."""
    picture = Image.new("RGB", size, (20, 140, 60))
    exif = picture.getexif()
    exif[TURNED] = 6
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (45.0, 27.0, 51.0)
    exif.get_ifd(0x8769)[COMMENT] = SECRET.encode()
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", SECRET)
    if kind == "JPEG":
        options["comment"] = SECRET
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    output = io.BytesIO()
    picture.save(output, kind, exif=exif, icc_profile=profile, **options)
    return output.getvalue() + SECRET.encode()  # also behind its end


def told_by(data: bytes) -> set[str]:
    with Image.open(io.BytesIO(data)) as opened:
        names = map(str, opened.info)
        return {name for name in names if not name.startswith(("jfif", "loop", "background", "timestamp"))}


def shown(data: bytes) -> bytes:
    return brief_picture(data).data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("copied", [without_metadata, shown])
def test_only_the_picture_is_in_the_copy_and_it_stands_upright(
    kind: str, copied: Callable[[bytes], bytes]
) -> None:
    given = photo(kind)
    assert SECRET.encode() in given
    copy = copied(given)
    assert SECRET.encode() not in copy
    assert told_by(copy) == set()
    with Image.open(io.BytesIO(copy)) as opened:
        assert opened.size == (40, 60)
        assert not opened.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_that_a_model_made_it_is_still_said(kind: str) -> None:
    saying = {"xmp": MADE_BY_A_MODEL.encode()}
    if kind == "PNG":
        marks = PngImagePlugin.PngInfo()
        marks.add_itxt("XML:com.adobe.xmp", MADE_BY_A_MODEL)
        saying = {"pnginfo": marks}  # type: ignore[dict-item]
    output = io.BytesIO()
    Image.new("RGB", (8, 8)).save(output, kind, **saying)
    assert b"trainedAlgorithmicMedia" in without_metadata(output.getvalue())


def test_the_model_sees_no_more_than_networks_show() -> None:
    seen = brief_picture(photo(size=(4000, 3000)))
    assert (seen.width, seen.height) == (1080, LONGEST_SIDE)
    assert seen.data.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "I;16", "1"])
def test_every_kind_of_pixel_becomes_one_that_a_model_sees(mode: str) -> None:
    output = io.BytesIO()
    Image.new(mode, (8, 8)).save(output, "PNG")
    assert brief_picture(output.getvalue()).size == without_size(output.getvalue()) == "8x8"


def without_size(data: bytes) -> str:
    with Image.open(io.BytesIO(without_metadata(data))) as opened:
        return "{}x{}".format(*opened.size)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"%PDF-1.7", photo()[:200], b"\x89PNG\r\n\x1a\n" + bytes(40)]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    for take in (brief_picture, without_metadata, lambda data: Brief("A terrace", picture=data)):
        with pytest.raises(NoPictureFile):
            take(data)


def test_a_file_that_would_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pictures, "MOST_PIXELS", 2399)
    with pytest.raises(PictureTooLarge) as caught:
        brief_picture(photo())
    assert set(caught.value.facts) == {"megabytes", "megapixels"}
    monkeypatch.setattr(own_pictures, "MOST_PIXELS", 2400)
    assert brief_picture(photo()).size == "40x60"
    monkeypatch.setattr(own_pictures, "LARGEST_FILE_BYTES", 100)
    with pytest.raises(PictureTooLarge):
        brief_picture(photo())


def test_a_picture_alone_is_a_brief_and_is_sent_with_every_wish(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "terrace.jpg"
    path.write_bytes(photo())
    brief = Brief(picture=path, also_for=("x",))
    post = stage.assistant.write_post(brief)
    stage.assistant.refine(post, "shorter")
    stage.assistant.adapt(post)
    asked, refined, adapted = stage.requests
    assert asked["input"][0]["content"] == refined["input"][0]["content"]
    text, shown = asked["input"][0]["content"]
    assert "Argomento" not in text["text"]
    assert (shown["type"], shown["detail"]) == ("input_image", "high")
    sent = base64.b64decode(shown["image_url"].removeprefix("data:image/jpeg;base64,"))
    assert SECRET.encode() not in sent
    assert told_by(sent) == set()
    assert "image" not in str(adapted)  # what it is about stands in the post


def test_a_brief_says_something(stage: Stage) -> None:
    for topic in ("", " "):
        with pytest.raises(InvalidBrief):
            Brief(topic)
    with pytest.raises(InvalidBrief):  # nothing says what is to be drawn
        stage.assistant.draw(Brief(picture=photo()))
    stage.answer_with_image()
    stage.assistant.draw(Brief(picture=photo()), post=stage_post(stage))


def stage_post(stage: Stage) -> Any:
    before, stage.answer = stage.answer, type(stage)().answer
    post = stage.assistant.write_post(Brief("A terrace"))
    stage.answer = before
    return post


def test_a_file_of_ones_own_is_edited_and_described_without_its_metadata(stage: Stage) -> None:
    stage.assistant.alt_text(photo())
    stage.answer_with_image()
    stage.assistant.edit(photo(), "più luce")
    assert stage.forms
    for sent in (*map(str, stage.requests), *map(str, stage.forms)):
        assert SECRET not in sent
        assert base64.b64encode(SECRET.encode())[:-4].decode() not in sent


def test_a_kept_brief_keeps_its_picture_and_a_draft_of_it_has_a_name() -> None:
    brief = Brief(picture=photo(), language="en")
    assert brief_from_json(brief_to_json(brief)) == brief
    assert brief_from_json(brief_to_json(Brief("A terrace"))) == Brief("A terrace")
    assert topic_of(brief) == "A picture"
    assert topic_of(brief, "\n Look at this!\nMore") == "Look at this!"
    assert len(topic_of(brief, "long " * 50)) <= 80
    assert topic_of(Brief("A terrace", picture=photo()), "Look") == "A terrace"


def test_no_repr_is_full_of_bytes() -> None:
    assert len(repr(Brief(picture=photo()))) < 600
