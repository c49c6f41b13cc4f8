"""Sizes of pictures, "WxH": which ones a model draws. Source: its documentation, read on 2026-11-28."""

from __future__ import annotations

import re

from ppkit.ai_assistant.networks import ANY_SIZE, shapes
from ppkit.errors import PpkitError

STEP = 16  # both sides are multiples of it
LONGEST_SIDE = 3_840
PIXELS = range(655_360, 8_294_400 + 1)
WIDEST = 3  # times the shorter side
_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")


class InvalidSize(PpkitError):
    """No size that this model draws; nothing was sent. Facts: size, model."""

    code = "invalid_size"


def takes_any_size(model: str) -> bool:
    return model.startswith(ANY_SIZE)


def checked_size(size: str, model: str) -> str:
    """The size, where the model draws it; "auto" leaves it to the model. Raises InvalidSize."""
    classic = {known["classic"] for known in shapes().values()}
    found = _SIZE.fullmatch(size)
    if size != "auto" and size not in classic and not (found and takes_any_size(model) and _is_drawn(found)):
        raise InvalidSize(size=size[:20], model=model)
    return size


def _is_drawn(found: re.Match[str]) -> bool:
    width, height = int(found[1]), int(found[2])
    short, long = sorted((width, height))
    is_in_steps = not width % STEP and not height % STEP
    return is_in_steps and long <= min(LONGEST_SIDE, WIDEST * short) and width * height in PIXELS
