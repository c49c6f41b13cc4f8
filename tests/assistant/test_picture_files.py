"""Picture files: as they came where the network takes them, else a copy that says that a model made it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from ppkit.ai_assistant import NoPictureFile, Picture, networks
from ppkit.ai_assistant.picture_files import MADE_BY_A_MODEL, as_taken, format_of, is_taken
from ppkit.extras import ExtraMissing

SOURCE_TYPE = "trainedAlgorithmicMedia"


def file(kind: str, *, mode: str = "RGB", side: int = 64, noise: bool = False) -> bytes:
    picture = Image.effect_noise((side, side), 100).convert(mode) if noise else Image.new(mode, (side, side))
    output = io.BytesIO()
    picture.save(output, kind, **({"xmp": MADE_BY_A_MODEL.encode()} if kind != "PNG" else {}))
    return output.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_format_is_told_by_the_first_bytes(kind: str) -> None:
    assert format_of(file(kind)) == kind.lower()


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"RIFF0000WAVE", b"<svg>"])
def test_anything_else_is_no_picture(data: bytes) -> None:
    with pytest.raises(NoPictureFile):
        format_of(data)


def test_a_file_that_the_network_takes_is_kept_byte_for_byte() -> None:
    data = file("JPEG")
    assert all(
        as_taken(data, network.image) is data
        for network in networks().values()
        if is_taken(data, network.image)
    )
    assert as_taken(data, networks()["instagram"].image) is data


@pytest.mark.parametrize("name", ["instagram", "tiktok"])
def test_a_png_becomes_jpeg_where_it_is_refused_and_says_that_a_model_made_it(name: str) -> None:
    copy = as_taken(file("PNG", mode="RGBA"), networks()[name].image)
    assert format_of(copy) == "jpeg"
    with Image.open(io.BytesIO(copy)) as picture:
        assert picture.getpixel((0, 0)) == (255, 255, 255)  # what was clear
        assert SOURCE_TYPE in str(picture.info["xmp"])


def test_a_copy_is_as_large_as_the_network_allows() -> None:
    rules = networks()["bluesky"].image
    data = file("PNG", side=1900, noise=True)
    assert len(data) > rules.most_bytes
    copy = as_taken(data, rules)
    assert is_taken(copy, rules)


def test_a_damaged_file_is_told() -> None:
    with pytest.raises(NoPictureFile):
        as_taken(file("PNG")[:40], networks()["instagram"].image)


def test_a_picture_is_saved_under_its_own_suffix_and_as_it_came(tmp_path: Path) -> None:
    picture = Picture(file("WEBP"), "64x64", "")
    assert picture.save(tmp_path / "post.png").name == "post.webp"
    assert (tmp_path / "post.webp").read_bytes() == picture.data
    taken = picture.save(str(tmp_path / "post"), networks()["linkedin"])
    assert (taken.name, format_of(taken.read_bytes())) == ("post.jpg", "jpeg")


def test_without_pillow_a_copy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file("PNG")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ExtraMissing):
        as_taken(data, networks()["instagram"].image)
