"""Practice edits: the picture that was sent, changed as the wish says, and only where the mask is open."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.picture_style import LIGHT, TINTS, effect_of
from ppkit.practice_platform.subjects import shortened
from ppkit.practice_platform.typesetting import drawable, largest_block

LONGEST_WISH = 60
INK = (20, 24, 40)


def edited(order: PictureOrder) -> Image.Image | None:
    """The changed picture in the asked size; None where the source cannot be read."""
    try:
        with Image.open(io.BytesIO(order.source)) as opened:
            before = ImageOps.fit(opened.convert("RGB"), order.size)
    except Exception:  # a broken file makes its reader raise anything
        return None
    region = _region(order)
    place = region.getbbox() or (0, 0, *order.size)
    after = _with_note(_changed(before, order.wish), order.wish, place)
    return Image.composite(after, before, region)


def _region(order: PictureOrder) -> Image.Image:
    """White where something may change: where the mask is transparent, or everywhere without one."""
    if not order.mask:
        return Image.new("L", order.size, 255)
    with Image.open(io.BytesIO(order.mask)) as mask:
        alpha = mask.convert("RGBA").getchannel("A").resize(order.size)
    return ImageOps.invert(alpha)


def _changed(picture: Image.Image, wish: str) -> Image.Image:
    effect = effect_of(wish)
    match effect:
        case "grey":
            return ImageOps.grayscale(picture).convert("RGB")
        case "darker":
            return ImageEnhance.Brightness(picture).enhance(0.55)
        case "contrast":
            return ImageEnhance.Contrast(picture).enhance(1.6)
        case "brighter":
            return Image.blend(picture, Image.new("RGB", picture.size, LIGHT), 0.4)
        case _:
            return Image.blend(picture, Image.new("RGB", picture.size, TINTS[effect]), 0.45)


def _with_note(picture: Image.Image, wish: str, place: tuple[int, int, int, int]) -> Image.Image:
    """The wish on a slip of paper in the middle of what was changed: practice shows what it was asked."""
    left, top, right, bottom = place
    short = min(picture.size)
    width, height = min(right - left, round(short * 0.5)), min(bottom - top, round(short * 0.22))
    text = drawable(shortened(wish, LONGEST_WISH))
    padding = max(6, round(short * 0.015))
    if not text or width < 8 * padding or height < 4 * padding:
        return picture
    block = largest_block(text, (width - 2 * padding, height - 2 * padding), round(short * 0.045), "Bold")
    height = min(height, block.height + 2 * padding)
    x, y = left + (right - left - width) // 2, top + (bottom - top - height) // 2
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((x, y, x + width, y + height), padding, fill=(255, 255, 255))
    block.draw(pen, (x + padding, y + padding), INK, None)
    return picture
