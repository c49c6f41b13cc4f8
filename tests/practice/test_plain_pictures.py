"""Pictures in plain Python: any reader takes them, and they say what they show, as those of Pillow do."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import pytest
from PIL import Image

from ppkit.practice_platform import drawing_tools, plain_pictures, seen_pictures
from ppkit.practice_platform.mosaic_files import mosaic_in
from ppkit.practice_platform.picture_order import FormatNotDrawn, PictureOrder

PROMPT = "Topic: Saldi d’estate"


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("file_format", ["png", "jpeg"])
@pytest.mark.parametrize("size", [(1024, 1536), (1536, 1024), (1030, 1021), (64, 64)])
def test_a_reader_finds_the_format_size_and_colours_asked_for(
    size: tuple[int, int], file_format: str
) -> None:
    data = plain_pictures.draw(PictureOrder(PROMPT, size, file_format))
    picture, mosaic = opened(data), mosaic_in(data)
    assert (picture.format or "").lower() == file_format
    assert picture.size == size
    assert mosaic
    for column, row in (
        (0, 0),
        (mosaic.columns // 2, mosaic.rows // 3),
        (mosaic.columns // 2, mosaic.rows - 1),
    ):
        drawn = picture.convert("RGB").getpixel((8 * column, 8 * row))
        meant = mosaic.squares[row * mosaic.columns + column][:3]
        assert isinstance(drawn, tuple)
        assert max(abs(one - other) for one, other in zip(drawn, meant, strict=True)) <= 3


def test_the_same_order_gives_the_same_picture_and_another_variant_another() -> None:
    one, same, other = (
        plain_pictures.draw(PictureOrder(PROMPT, (256, 256), variant=variant)) for variant in (0, 0, 1)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize("file_format", ["png", "jpeg"])
def test_it_is_seen_alike_with_and_without_pillow(file_format: str) -> None:
    data = plain_pictures.draw(PictureOrder(PROMPT, (256, 512), file_format))
    assert plain_pictures.seen_in(data) == seen_pictures.seen_in(data)
    assert plain_pictures.seen_in(data)[0].subject == "Saldi d’estate"
    assert plain_pictures.seen_in(b"no picture") == []


def test_an_edit_changes_only_what_the_mask_opens() -> None:
    before = plain_pictures.draw(PictureOrder(PROMPT, (512, 512)))
    mask = Image.new("RGBA", (512, 512), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (128, 128, 256, 256))
    written = io.BytesIO()
    mask.save(written, "PNG")
    order = PictureOrder(PROMPT, (512, 512), source=before, mask=written.getvalue(), wish="in bianco e nero")
    one, other = opened(before).convert("RGB"), opened(plain_pictures.draw(order)).convert("RGB")
    for place in ((0, 0), (120, 120), (260, 200), (200, 300)):
        assert one.getpixel(place) == other.getpixel(place)
    grey = other.getpixel((200, 200))
    assert isinstance(grey, tuple)
    assert len(set(grey)) == 1


def test_a_partial_picture_is_coarser_and_a_transparent_one_clear() -> None:
    whole = mosaic_in(plain_pictures.draw(PictureOrder(PROMPT, (512, 512))))
    partial = mosaic_in(plain_pictures.draw(PictureOrder(PROMPT, (512, 512)), blur=24))
    assert whole
    assert partial
    assert len(set(partial.squares)) < len(set(whole.squares))
    clear = opened(plain_pictures.draw(PictureOrder(PROMPT, (512, 512), transparent=True)))
    assert clear.getpixel((4, 4)) == (0, 0, 0, 0)


def test_webp_is_not_drawn() -> None:
    with pytest.raises(FormatNotDrawn):
        plain_pictures.draw(PictureOrder(PROMPT, (64, 64), "webp"))


def test_a_picture_of_somebody_elses_is_drawn_anew_and_a_broken_one_of_ours_too() -> None:
    ours = plain_pictures.draw(PictureOrder(PROMPT, (64, 64)))
    head = ours.index(b"ppkit-squares:") + len(b"ppkit-squares:")
    wider = ours[:head] + b"\0\x09" + ours[head + 2 :]  # than what follows
    none = ours[:head] + bytes(8) + ours[head + 8 :]  # squares
    raw = zlib.compress(bytes(4 * 1_001 * 1_000))
    vast = ours[:head] + struct.pack(">HHI", 1_001, 1_000, len(raw)) + raw
    assert mosaic_in(ours)
    assert mosaic_in(wider) is mosaic_in(none) is mosaic_in(vast) is None
    for source in (b"", b"anything", ours[: len(ours) // 8], wider, none):
        assert opened(plain_pictures.draw(PictureOrder(PROMPT, (64, 64), source=source))).size == (64, 64)


def test_where_pillow_is_missing_plain_python_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    order = PictureOrder(PROMPT, (64, 64))
    assert mosaic_in(drawing_tools.draw(order)) is None
    monkeypatch.setitem(sys.modules, "PIL", None)
    data = drawing_tools.draw(order)
    assert mosaic_in(data)
    assert drawing_tools.seen_in(data)
    assert drawing_tools.format_in(data, ["PNG"]) == "PNG"
    assert drawing_tools.format_in(data, ["JPEG"]) is None
    assert drawing_tools.format_in(data[:20], ["PNG"]) is None
