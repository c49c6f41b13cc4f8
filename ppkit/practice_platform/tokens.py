"""Plausible token counts without a tokenizer: never more tokens than UTF-8 bytes, and additive over pieces.

Clients bound the input of a request by the bytes of its body, so a practice count must stay below that too.
"""

from __future__ import annotations

import re
from math import ceil

_PIECE = re.compile(r"[ ]?[^\W\d_]+|\d{1,3}|[ ]?[^\w\s]+|\s+|_")
LETTERS_PER_TOKEN = 6


def pieces(text: str) -> list[str]:
    """The text cut into tokens; joined they give the text back."""
    found: list[str] = []
    for piece in _PIECE.findall(text):
        step = LETTERS_PER_TOKEN if piece.isascii() else LETTERS_PER_TOKEN // 2
        if len(piece) <= step:  # most are, and this is most of the work for a short answer
            found.append(piece)
        else:
            found += [piece[start : start + step] for start in range(0, len(piece), step)]
    return found


def count_tokens(text: str) -> int:
    """How many tokens the text is: about four characters each in Latin scripts, fewer in others."""
    return sum(
        ceil(len(piece) / (LETTERS_PER_TOKEN if piece.isascii() else LETTERS_PER_TOKEN // 2))
        for piece in _PIECE.findall(text)
    )


QUALITY_STEPS = {
    "gpt-image-2.5": {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96},  # as users report it
    "gpt-image-2": {"low": 16, "medium": 48, "high": 96},
}
"""How fine the grid of a picture is, by the beginning of the model's name."""
OLDER_TABLE = {
    "low": {"1024x1024": 272, "1024x1536": 408, "1536x1024": 400},
    "medium": {"1024x1024": 1056, "1024x1536": 1584, "1536x1024": 1568},
    "high": {"1024x1024": 4160, "1024x1536": 6240, "1536x1024": 6208},
}
"""Tokens of the models before gpt-image-2, which draw three sizes only."""


def image_output_tokens(model: str, width: int, height: int, quality: str) -> int:
    """Tokens of one generated image.

    The rule found for gpt-image-2: q = 16/48/96 for low/medium/high, s = round(q x short / long), and
    ceil(q x s x (2,000,000 + width x height) / 4,000,000).
    """
    steps = next((found for beginning, found in QUALITY_STEPS.items() if model.startswith(beginning)), None)
    if steps is None:
        return OLDER_TABLE[quality][f"{width}x{height}"]
    factor = steps[quality]
    short, long = sorted((width, height))
    scaled = (2 * factor * short + long) // (2 * long)  # round half up, in whole numbers
    return -(-factor * scaled * (2_000_000 + width * height) // 4_000_000)


PARTIAL_IMAGE_TOKENS = 100
"""What each partial image of a stream costs on top, in image output tokens."""


def image_input_tokens(width: int, height: int) -> int:
    """Tokens of an image that is looked at: 85, and 170 per square of 512 pixels, scaled to fit."""
    scale = min(1.0, 2048 / max(width, height), 768 / min(width, height))
    squares = ceil(width * scale / 512) * ceil(height * scale / 512)
    return 85 + 170 * squares
