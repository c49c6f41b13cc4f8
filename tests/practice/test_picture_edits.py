"""Practice edits change what the mask opens and nothing else; pictures show what their brief is about."""

from __future__ import annotations

import base64
import io

import openai
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from ppkit.practice_platform.motifs import MOTIFS, motif_for
from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.pictures import draw

SIZE = (128, 160)
BRIEF = "Argomento: Colazione al bar\nUn’immagine per un post: luce naturale. Niente scritte."


def png(picture: Image.Image) -> bytes:
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def left_half_open() -> bytes:
    mask = Image.new("RGBA", SIZE, (0, 0, 0, 255))
    ImageDraw.Draw(mask).rectangle((0, 0, SIZE[0] // 2 - 1, SIZE[1]), fill=(0, 0, 0, 0))
    return png(mask)


@pytest.mark.parametrize("wish", ["più luce", "in bianco e nero", "tutto blu", "un gatto", "night", "🎉"])
def test_an_edit_changes_the_open_part_and_leaves_the_rest_to_the_pixel(wish: str) -> None:
    before = draw(PictureOrder(BRIEF, SIZE))
    after = draw(PictureOrder(wish, SIZE, source=before, mask=left_half_open(), wish=wish))
    changed = ImageChops.difference(opened(before), opened(after)).getbbox()
    assert changed
    assert changed[2] <= SIZE[0] // 2
    assert before != after


def test_without_a_mask_the_whole_picture_may_change_and_is_still_the_same_one() -> None:
    before = opened(draw(PictureOrder(BRIEF, SIZE)))
    after = opened(draw(PictureOrder("più luce", SIZE, source=png(before), wish="più luce")))
    assert sum(ImageStat.Stat(after).mean) > sum(ImageStat.Stat(before).mean) + 60


def test_a_picture_from_elsewhere_gets_the_mark_of_practice_whatever_the_mask_opens() -> None:
    elsewhere = png(Image.new("RGB", SIZE, (10, 10, 10)))
    order = PictureOrder("night", SIZE, source=elsewhere, mask=left_half_open(), wish="night")
    assert opened(draw(order)).getpixel((SIZE[0] - 2, SIZE[1] - 2)) != (10, 10, 10)


def test_what_cannot_be_read_is_drawn_anew() -> None:
    order = PictureOrder("più luce", SIZE, source=b"nothing", wish="più luce")
    assert opened(draw(order)).size == SIZE


def test_a_mask_reaches_the_edit_over_the_wire(sdk: openai.OpenAI) -> None:
    before = draw(PictureOrder(BRIEF, SIZE))
    answer = sdk.images.edit(
        model="gpt-image-2",
        prompt="in bianco e nero",
        image=("image.png", before, "image/png"),
        mask=("mask.png", left_half_open(), "image/png"),
        size="128x160",
    )
    after = base64.b64decode(answer.data[0].b64_json or "")  # type: ignore[index]
    changed = ImageChops.difference(opened(before), opened(after)).getbbox()
    assert changed
    assert changed[2] <= SIZE[0] // 2


@pytest.mark.parametrize(
    ("subject", "other"),
    [("Saldi di gennaio", "Colazione al bar"), ("Christmas dinner", "We open on Sunday")],
)
def test_pictures_of_different_things_have_different_motifs(subject: str, other: str) -> None:
    one, two = (motif_for(text, 64, (200, 100, 50)) for text in (subject, other))
    assert one
    assert two
    assert one.tobytes() != two.tobytes()
    assert motif_for("Corso di yoga", 64, (0, 0, 0)) is None


def test_every_motif_can_be_drawn() -> None:
    for draws in MOTIFS.values():
        layer = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
        draws(ImageDraw.Draw(layer), (1, 2, 3, 255), (4, 5, 6, 255))
        assert layer.getbbox()
